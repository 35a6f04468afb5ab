/** What is wrong with a YAML text. */

interface Details {
  readonly hint?: string | undefined;
  /** Whether the message or the hint quotes more of the text than keys: it may hold secrets. */
  readonly quotes?: boolean;
  /** Where what the message speaks of stands first. */
  readonly first?: number;
}

export class YamlMistake extends Error {
  /** Where, in characters from the text's beginning. */
  readonly offset: number;
  readonly details: Details;

  constructor(message: string, offset: number, details: Details = {}) {
    super(message);
    this.offset = offset;
    this.details = details;
  }
}
