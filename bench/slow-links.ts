/** The lab's hosts as they are from far away: each behind a slow link of its own, with 50 ms for a round trip. */
import { readFile } from "node:fs/promises";
import { labFiles } from "../src/lab/index.ts";
import { loopbackInventory, loopbackKnownHosts } from "./inventories.ts";
import { lab, sshOptions } from "./lab.ts";
import { slowLink } from "./slow-link.ts";

/** Milliseconds, each way. */
const delay = 25;

export interface SlowLinks {
  readonly inventory: string;
  /** The same for OpenSSH's client: the words of its command line for each host. */
  readonly ways: readonly (readonly string[])[];
  close(): void;
}

export async function slowLinks(): Promise<SlowLinks> {
  const links = await Promise.all(lab.hosts.map(({ address }) => slowLink(address, 22, delay)));
  const ports = new Map(lab.hosts.map(({ name }, index) => [name, links[index]?.port ?? 0]));
  const known = (await readFile(labFiles(lab).knownHosts, "utf8")).trim().split("\n");
  const keys = known.flatMap((line) => {
    const [names = "", ...key] = line.split(" ");
    const port = ports.get(names.split(",")[0] ?? "");
    return port === undefined ? [] : [{ port, key: key.join(" ") }];
  });
  const knownHosts = await loopbackKnownHosts("slow", keys);
  const login = { user: lab.user, identityFile: labFiles(lab).key, knownHosts };
  return {
    inventory: await loopbackInventory("slow", login, ports),
    ways: [...ports.values()].map((port) => [
      ...sshOptions(knownHosts),
      "-p",
      String(port),
      `${lab.user}@127.0.0.1`,
    ]),
    close() {
      for (const link of links) link.close();
    },
  };
}
