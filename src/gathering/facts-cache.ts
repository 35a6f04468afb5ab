/** Facts of hosts kept on the control machine, for those who ask for them again within a while. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../base/project.ts";
import type { HostFacts } from "../facts/host-facts.ts";

/** Counted up when the facts' form changes: what an older Showrunner kept is then read afresh. */
const form = 1;

interface Kept {
  readonly form: number;
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly readAt: number;
  readonly facts: HostFacts;
}

interface Host {
  readonly name: string;
  /** Another inventory may have another host of this name. */
  readonly address: string;
}

/**
 * The facts kept of a host.
 *
 * @param age milliseconds: those that are older are no longer good
 * @returns undefined where there are none
 */
export function keptFacts(host: Host, age: number, now = Date.now()): HostFacts | undefined {
  try {
    const kept: Kept = JSON.parse(readFileSync(fileOf(host), "utf8"));
    const good = kept.form === form && kept.address === host.address;
    return good && kept.readAt <= now && now - kept.readAt <= age ? kept.facts : undefined;
  } catch {
    return undefined; // none, or not to be read: the host knows better anyway
  }
}

/** Keeps them, for their owner's eyes only. */
export function keepFacts(host: Host, facts: HostFacts, now = Date.now()): void {
  const kept: Kept = { form, address: host.address, readAt: now, facts };
  mkdirSync(folder(), { recursive: true, mode: 0o700 });
  const beside = `${fileOf(host)}.${process.pid}`;
  try {
    writeFileSync(beside, `${JSON.stringify(kept, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(beside, fileOf(host));
  } finally {
    rmSync(beside, { force: true });
  }
}

function folder(): string {
  return join(projectRoot(), ".showrunner", "facts");
}

function fileOf({ name }: Host): string {
  return join(folder(), `${encodeURIComponent(name)}.json`);
}
