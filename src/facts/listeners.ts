/** Who listens on a host's TCP ports. */
import { defineFact, lines, rawScript, sh } from "../kit/index.ts";

/** A process that listens on a port. */
export interface Listener {
  /** The address: `0.0.0.0` and `*` are all of the host's. */
  readonly address: string;
  /** The processes' name; undefined where only root may see it. */
  readonly process: string | undefined;
}

/** Who listens on a TCP port; undefined on a host without `ss` (iproute2), where nobody can tell. */
export const portListeners = defineFact<{ readonly port: number }, readonly Listener[] | undefined>({
  name: "net.listeners",
  about: "services",
  script: (keys) => {
    const ports = [...new Set(keys.map(({ port }) => `sport = :${port}`))].join(" or ");
    return lines(
      rawScript("command -v ss >/dev/null || { echo no ss; exit 0; }"),
      sh`ss -Hltnp ${`( ${ports} )`}`,
    );
  },
  parse(stdout, keys) {
    const text = stdout.toString();
    if (text.startsWith("no ss")) return new Map(keys.map((key) => [key, undefined]));
    const found = new Map<number, Listener[]>();
    for (const line of text.split("\n")) {
      // state, two queues, `address:port`, the peer, and `users:(("nginx",pid=1,fd=2))`
      const [, , , local = "", , users = ""] = line.split(/ +/, 6);
      const at = local.lastIndexOf(":");
      if (at < 0) continue;
      const port = Number(local.slice(at + 1));
      const address = local.slice(0, at).replace(/^\[|\]$/g, "");
      const listener = { address, process: users.split('"', 2)[1] };
      const others = found.get(port);
      if (others) others.push(listener);
      else found.set(port, [listener]);
    }
    return new Map(keys.map((key) => [key, found.get(key.port) ?? []]));
  },
});
