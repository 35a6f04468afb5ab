/** Removes the one newline that editors and commands add at the end of a text. */
export function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, "");
}
