/** The site as visitors and proofs reach it: through its address. */
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type LabSpec, run as runInside } from "../../src/lab/index.ts";
import type { LoadOptions } from "../../test/load.ts";
import type { Site } from "../site-project.ts";

const execute = promisify(execFile);
/** Where the site's hosts keep the certificate of its authority. */
const authorityFile = "/usr/local/share/ca-certificates/site.crt";

/** Runs a script, or a command of several words, as root on a host, and gives what it printed. */
export async function inside(spec: LabSpec, host: string, command: string | string[]): Promise<string> {
  const words = typeof command === "string" ? ["sh", "-c", command] : command;
  return (await runInside(spec, host, words)).trim();
}

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the project's own `run`. */
export function runIn({ project, cli }: Site, ...args: string[]): Promise<Ended> {
  return execute(process.execPath, [cli, ...args], { cwd: project, maxBuffer: 1 << 28 }).then(
    ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      status: error.code,
      stdout: error.stdout,
      stderr: error.stderr,
    }),
  );
}

/** What a load on the site needs. */
export interface Entry {
  /** The address that moves between the balancers. */
  readonly address: string;
  readonly url: string;
  readonly options: LoadOptions;
}

/** @throws Error where the inventory names no address that moves */
export async function entryOf({ hosts, spec }: Site): Promise<Entry> {
  const [balancer] = hosts.group("lb");
  const [address] = [balancer?.vars["siteAddresses"]].flat();
  if (balancer === undefined || typeof address !== "string")
    throw new Error("the inventory has no siteAddresses");
  const ca = await inside(spec, balancer.name, `cat ${authorityFile}`);
  return { address, url: `https://${address}/healthz`, options: { ca, connections: 1000, longest: 600 } };
}

/** The balancer that holds the address. */
export async function holderOf({ spec, hosts }: Site, address: string): Promise<string> {
  const names = hosts.group("lb").map(({ name }) => name);
  const shown = await Promise.all(
    names.map((name) => inside(spec, name, "ip -o -4 address show dev host0").catch(() => "")),
  );
  const holders = names.filter((_, index) => shown[index]?.includes(` ${address}/`));
  const [holder, other] = holders;
  if (holder === undefined || other !== undefined)
    throw new Error(`${address} is held by ${holders.join(" and ") || "no balancer"}`);
  return holder;
}

/** Waits until all web servers answer through the address, and one balancer has it. */
export async function isWhole(site: Site, { address, url }: Entry): Promise<void> {
  const until = performance.now() + 90_000;
  const webs = site.hosts.group("web").length;
  // who has signed the certificate is verified by the load; this asks which server answers
  const ask = ["-ksS", "-D", "-", "-o", "/dev/null", "--max-time", "5", url];
  for (;;) {
    try {
      await holderOf(site, address);
      const asked = await Promise.all(Array.from({ length: 4 * webs }, () => execute("curl", ask)));
      const names = asked.map(({ stdout }) => /^x-served-by: (\S+)/im.exec(stdout)?.[1] ?? stdout);
      if (new Set(names).size === webs) return;
      throw new Error(`only ${[...new Set(names)].join(", ")} answer`);
    } catch (error) {
      if (performance.now() > until) throw error;
      await sleep(500);
    }
  }
}
