/** A warning of a command that has no reporter. */
import { say, styleFor } from "../report/index.ts";

export function warnOnStderr(text: string): void {
  say(process.stderr, `${styleFor(process.stderr)("yellow", "warning:")} ${text}`);
}
