/** Equal texts as one string: many hosts hold the same ones, each made anew. */
export class TextTable {
  readonly #texts = new Map<string, string>();

  /** The string that was first given for this text. */
  same(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}
