/**
 * The far end of a fleet: one SSH server, in a process of its own, behind which are the lab's five hosts. Whoever
 * connects gets onto one of them, in turn, as root. So a thousand hosts are a thousand connections, and five disks.
 *
 * Started with `process.fork`, and told what it needs by a message; answers with its port.
 */
import { spawn } from "node:child_process";
import ssh2 from "ssh2";

/** What the server is told. */
export interface FarEnd {
  /** Its private key. */
  readonly hostKey: string;
  /** The public key that it lets in, as in a `.pub` file. */
  readonly accepts: string;
  /** The process ids of the hosts' inits. */
  readonly leaders: readonly number[];
}

process.once("message", (told: FarEnd) => void listen(told));
process.once("disconnect", () => process.exit());

async function listen({ hostKey, accepts, leaders }: FarEnd): Promise<void> {
  const accepted = ssh2.utils.parseKey(accepts);
  if (accepted instanceof Error) throw accepted;
  let connections = 0;
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (peer) => {
    const leader = leaders[connections++ % leaders.length] ?? 0;
    peer.on("error", () => undefined);
    peer.on("authentication", (context) => {
      if (context.method !== "publickey" || !context.key.data.equals(accepted.getPublicSSH()))
        return context.reject(["publickey"]);
      // without a signature the client only asks whether the key would do
      const { signature, blob, hashAlgo } = context;
      if (!signature || !blob || accepted.verify(blob, signature, hashAlgo) === true) context.accept();
      else context.reject(["publickey"]);
    });
    peer.on("session", (acceptSession) => {
      acceptSession().on("exec", (accept, _reject, { command }) => {
        const channel = accept();
        const child = spawn("nsenter", [...wordsFor(leader), "sh", "-c", command], { stdio: "pipe" });
        channel.pipe(child.stdin);
        child.stdin.on("error", () => undefined);
        child.stdout.pipe(channel, { end: false });
        child.stderr.pipe(channel.stderr, { end: false });
        child.once("close", (status) => {
          channel.exit(status ?? 255);
          channel.end();
        });
        channel.on("close", () => child.kill());
      });
    });
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (address !== null && typeof address === "object") process.send?.(address.port);
  });
}

/** Into a host, with the environment that a login has there. */
function wordsFor(leader: number): string[] {
  const namespaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"];
  const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  return [`--target=${leader}`, ...namespaces, "--", "env", "-i", "HOME=/root", "USER=root", `PATH=${path}`];
}
