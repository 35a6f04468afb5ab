/** Runs ssh-keygen, which signs and verifies with keys of OpenSSH: also those in an agent or on a token. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf, ShowrunnerError } from "../../base/errors.ts";
import { onInterrupt } from "../../base/interrupts.ts";

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs ssh-keygen. It asks for a passphrase on the terminal, or through SSH_ASKPASS.
 *
 * @param input what it gets on its standard input; default: the terminal
 * @throws ShowrunnerError `usage` where there is no ssh-keygen
 */
export function sshKeygen(args: readonly string[], input?: Buffer): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn("ssh-keygen", args, {
      stdio: [input ? "pipe" : "inherit", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout?.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    // it asks on the terminal, and leaves that as it was when it is ended
    const stop = onInterrupt(() => child.kill());
    child.once("error", (error) => {
      stop();
      reject(
        new ShowrunnerError("usage", `ssh-keygen can't be run: ${messageOf(error)}`, {
          hint: "keys of OpenSSH need it (Debian's package openssh-client); ed25519 keys in PEM do not",
        }),
      );
    });
    child.once("close", (status, signal) => {
      stop();
      if (signal === null) resolve({ status, stdout, stderr });
      else reject(new ShowrunnerError("interrupted", "interrupted while ssh-keygen was at work"));
    });
    // it may end without having read
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

/** Files for as long as they are used, in a folder that only their owner may enter. */
export async function withFiles<T>(
  files: Readonly<Record<string, string | Buffer>>,
  use: (path: (name: string) => string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "showrunner-signature-"));
  const path = (name: string) => join(folder, name);
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(path(name), content);
    return await use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
