/** A long text where there is room for one line. */
import { redact } from "./secret.ts";

/** A title stands in lists, rows and messages: it takes one line, and not a whole script. */
export function oneLine(text: string): string {
  // redacted before it is cut or joined: half a secret is in no known spelling
  const line = redact(text).trim().replace(/\s+/g, " ");
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}
