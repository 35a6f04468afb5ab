/** A host that exists only in a test: answers scripts from a function, and dies when told to. */
import { PassThrough } from "node:stream";
import type { Connection, Output, RemoteProcess } from "./transport.ts";

export interface FakeHost {
  /** What a script prints and how it ends. `"die"`: the connection is lost while it runs. */
  respond(
    script: string,
  ): (Partial<Pick<Output, "status">> & { stdout?: string; stderr?: string }) | "die" | "hang";
}

/** One fake connection, with everything that was sent over it. */
export class FakeConnection implements Connection {
  /** The scripts received, each as it would have run. */
  readonly scripts: string[] = [];
  /** How often something was written to a shell: the round trips. */
  writes = 0;
  readonly #host: FakeHost;
  readonly #open = new Set<RemoteProcess>();

  constructor(host: FakeHost) {
    this.#host = host;
  }

  async spawn(): Promise<RemoteProcess> {
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    let end: (reason?: string) => void = () => undefined;
    const closed = new Promise<{ status: null; reason?: string | undefined }>((resolve) => {
      end = (reason) => resolve({ status: null, reason });
    });
    const process: RemoteProcess = { stdin, stdout, stderr, closed, close: () => end("closed") };
    this.#open.add(process);
    stdin.on("data", (chunk: Buffer) => {
      this.writes++;
      for (const { token, id, script } of requests(chunk.toString())) {
        this.scripts.push(script);
        const answer = script === "echo $$" ? { stdout: "1\n" } : this.#host.respond(script);
        if (answer === "hang") return;
        if (answer === "die") return end("the connection was lost");
        const begin = `${token} > ${id}\n`;
        stdout.write(`${begin}${answer.stdout ?? ""}${token} < ${id} ${answer.status ?? 0} 0\n`);
        stderr.write(`${begin}${answer.stderr ?? ""}${token} < ${id}\n`);
      }
    });
    return process;
  }

  dial(): Promise<never> {
    return Promise.reject(new Error("connection refused"));
  }

  async close(): Promise<void> {
    for (const process of this.#open) process.close();
  }
}

/** Takes apart what the shell protocol wrote; see frames.ts. */
function requests(text: string): { token: string; id: string; script: string }[] {
  const pattern =
    /(SR''[0-9a-f]+) > (\d+)\\n' >&2(?:; |\n)(?:sr_idle=.*?; )??\( eval ('(?:[^']|'\\'')*'|[^\s']+) \) <\/dev\/null; /g;
  return [...text.matchAll(pattern)].map(([, token = "", id = "", word = ""]) => ({
    token: token.replace("''", ""),
    id,
    script: word.startsWith("'") ? word.slice(1, -1).replaceAll("'\\''", "'") : word,
  }));
}
