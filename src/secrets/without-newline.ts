/** Editors and commands end a text with a newline that is not meant. */
export function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, "");
}
