/** Content of any size, streamed to a script on the host that takes it. */
import { ShowrunnerError } from "../base/errors.ts";
import { statedRefusal } from "../base/refusal.ts";
import { quote } from "../base/script.ts";
import { Kept } from "./output.ts";
import { withTimeLimit } from "./time-limit.ts";
import type { RemoteProcess } from "./transport.ts";

/** The longest output of a script that only writes a file, in bytes. */
const complaintLimit = 64 * 1024;

/** A script that writes what it is sent into a new file, which only its owner can read. A partial file is removed again. */
export function receiveInto(path: string, size: number): string {
  const target = quote(path);
  return `umask 077; cat >${target} && [ "$(wc -c <${target})" -eq ${size} ] || { rm -f -- ${target}; exit 1; }`;
}

/**
 * Sends content to a script that runs.
 *
 * @param path the file that the script writes, which the error names
 * @param timeout milliseconds
 * @returns what the script printed
 * @throws ShowrunnerError `change.failed`, `host.lost`, `task.timeout`
 */
export async function sendInto(
  process: RemoteProcess,
  path: string,
  content: Buffer,
  timeout: number | undefined,
): Promise<string> {
  const printed = new Kept(complaintLimit);
  const complaint = new Kept(complaintLimit);
  process.stdout.on("data", (chunk: Buffer) => printed.push(chunk));
  process.stderr.on("data", (chunk: Buffer) => complaint.push(chunk));
  process.stdin.on("error", () => undefined); // the exit status and `complaint` give the reason
  process.stdin.end(content);
  const late = () => {
    process.close();
    return new ShowrunnerError("task.timeout", `${path} was not written within ${(timeout ?? 0) / 1000} s`);
  };
  const { closed } = process;
  const { status, reason } = await (timeout === undefined ? closed : withTimeLimit(closed, timeout, late));
  if (status === 0) return printed.all("standard output").toString();
  const said = complaint.lastText.trim().split("\n");
  const stated = statedRefusal(said);
  const why = reason ?? stated?.reason;
  throw new ShowrunnerError(
    status === null ? "host.lost" : "change.failed",
    `${path} could not be written${why ? `: ${why}` : ""}`,
    { details: (stated?.rest ?? said).slice(-10), hint: stated?.hint },
  );
}
