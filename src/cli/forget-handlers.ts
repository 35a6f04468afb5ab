/** `run handlers --forget`: which pending handlers are meant, and their removal from the host. */
import { ShowrunnerError } from "../base/errors.ts";
import type { InventoryView } from "../base/host.ts";
import { requireContext } from "../core/engine/context.ts";
import { allPendingHandlers, hostState, type KeptHandler } from "../core/lease/host-state.ts";
import { forgetScript } from "../core/lease/pending-records.ts";
import { shell } from "../modules/commands/shell.ts";
import { redact } from "../redaction/redact.ts";
import { say, sayText } from "../report/index.ts";
import { count } from "../report/words.ts";
import { visibleLine } from "../text/controls.ts";
import type { Become } from "../transport/transport.ts";
import { InputLines } from "./input-lines.ts";

/** The pending handlers of a host, and whether they are a living run's own. */
export interface HostHandlers {
  readonly busy: boolean;
  readonly pendingHandlers: readonly KeptHandler[];
}

/** Enough of an id to tell a host's handlers apart, and to name one. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

interface Chosen {
  /** The hosts that are named; undefined where none is. */
  readonly pattern: string | undefined;
  /** What is meant of what was found. */
  of(found: ReadonlyMap<string, HostHandlers>): ReadonlyMap<string, readonly KeptHandler[]>;
}

/**
 * What `--forget` names.
 *
 * @param names each `HOST` or `HOST/ID`; none: whatever is found
 * @throws ShowrunnerError `inventory.pattern` for a host that there is not; `usage`, by `of`, for a handler that is not
 *   pending there
 */
export function chosen(names: readonly string[], inventory: InventoryView): Chosen {
  const all = names.map((name) => {
    const [, host = name, id = ""] = /^(.*)\/([0-9a-f]+)$/.exec(name) ?? [];
    return { host: inventory.host(host).name, id };
  });
  return {
    pattern: all.length === 0 ? undefined : all.map(({ host }) => host).join(","),
    of(found) {
      const meant = (host: string, pendingHandlers: readonly KeptHandler[]) =>
        all.length === 0
          ? pendingHandlers
          : pendingHandlers.filter((pending) =>
              all.some((one) => one.host === host && pending.id.startsWith(one.id)),
            );
      for (const { host, id } of all)
        if (id !== "" && found.has(host) && meant(host, found.get(host)?.pendingHandlers ?? []).length === 0)
          throw new ShowrunnerError("usage", `no handler ${id} is pending on ${host}`, {
            hint: "`npx run handlers` shows the ids",
          });
      const rows = [...found].map(
        ([host, { pendingHandlers }]) => [host, meant(host, pendingHandlers)] as const,
      );
      return new Map(rows.filter(([, pendingHandlers]) => pendingHandlers.length > 0));
    },
  };
}

/** @throws ShowrunnerError `usage` where the input ends before there is an answer */
export async function confirmForgetting(
  pendingHandlers: ReadonlyMap<string, readonly KeptHandler[]>,
): Promise<boolean> {
  const lines = new InputLines();
  try {
    for (const [host, found] of pendingHandlers)
      for (const { id, label } of found)
        say(process.stderr, visibleLine(`forget ${host}/${shortId(id)}: ${redact(label)}`));
    const all = [...pendingHandlers.values()].flat().length;
    for (;;) {
      sayText(process.stderr, `${count(all, "handler")} will never be run. Forget: (y)es, (n)o? `);
      const answer = (await lines.next())?.trim().toLowerCase();
      if (answer === undefined) {
        sayText(process.stderr, "\n");
        throw new ShowrunnerError("usage", "--forget: the input ended before an answer", {
          hint: "--forget asks on the terminal: where there is none, say --yes",
        });
      }
      if (["y", "yes"].includes(answer)) return true;
      if (["n", "no"].includes(answer)) return false;
    }
  } finally {
    lines.close();
  }
}

/**
 * Removes the records of handlers from the host whose step this is. Each folder is its user's alone, so each is entered
 * as that user.
 *
 * @throws ShowrunnerError `task.failed` where one is in the folder of a user that we may not become
 */
export async function forgetOn(name: string, pendingHandlers: readonly KeptHandler[]): Promise<void> {
  const { host } = requireContext("run handlers", undefined);
  const ids = new Set(pendingHandlers.map(({ id }) => id));
  const others = pendingHandlers.flatMap(({ keeper }) => (keeper === undefined ? [] : host.becomeAs(keeper)));
  const users = new Map([undefined, host.becomeAs(true), ...others].map((become) => [become?.user, become]));
  for (const become of users.values()) await forgetAs(become, ids);
  const left = await readAll([undefined, host.becomeAs(true)]);
  const kept = left.filter(({ id }) => ids.has(id));
  if (kept.length > 0)
    throw new ShowrunnerError(
      "task.failed",
      `not forgotten: ${kept.map(({ id, label }) => `${shortId(id)} (${label})`).join(", ")}`,
      {
        hint: "their records belong to a user that we could not become: remove them in /var/tmp/showrunner-UID/owed on the host",
      },
    );
  say(process.stderr, visibleLine(`${name}: forgot ${count(pendingHandlers.length, "handler")}`));
}

async function forgetAs(become: Become | undefined, ids: ReadonlySet<string>): Promise<void> {
  const { host } = requireContext("run handlers", undefined);
  const found = await unlessRefused(host.facts.read(become, hostState, host.run.leases.terms.holder.run));
  const mine = (found?.value.pendingHandlers ?? []).filter(({ id }) => ids.has(id));
  if (mine.length === 0) return;
  await shell({ cmd: forgetScript(mine) }, { name: "forget", become: become?.user ?? false });
}

async function readAll(users: readonly (Become | undefined)[]): Promise<readonly KeptHandler[]> {
  const { host } = requireContext("run handlers", undefined);
  const read = users.map((become) => unlessRefused(host.facts.read(become, allPendingHandlers, "")));
  return (await Promise.all(read)).flatMap((known) => known?.value ?? []);
}

/** A user that we may not become has nothing that we could know of. */
async function unlessRefused<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ShowrunnerError && error.code === "become.refused") return undefined;
    throw error;
  }
}
