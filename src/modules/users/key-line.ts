/** Lines of a file of public keys, as sshd(8) reads them. A key is recognised by its type and its base64 text. */
export type KeyLine = Readonly<Record<"options" | "key" | "comment", string>>;

/** A quoted value in the options may have spaces in it. There is one way only to read a line: others write these files. */
const form =
  /^(?!#)(?:((?:[^\s"]|"(?:\\"|[^"\\]|\\(?!"))*")+)\s+)?([a-z][\w.@-]*)\s+(AAAA[A-Za-z\d+/]+={0,2})(?:\s+(.*))?$/;

/** What a line says; undefined where it is no key, but a comment or empty. */
export function parseKey(line: string): KeyLine | undefined {
  const [, options = "", type, blob, comment = ""] = form.exec(line.trim()) ?? [];
  return type === undefined ? undefined : { options, key: `${type} ${blob}`, comment };
}

/** The line, with its end. */
export function showKey({ options, key, comment }: KeyLine): string {
  return `${[options, key, comment].filter((part) => part !== "").join(" ")}\n`;
}
