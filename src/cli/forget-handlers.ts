/** `run handlers --forget`: which owed handlers are meant, and their removal from the host. */
import { ShowrunnerError } from "../base/errors.ts";
import type { InventoryView } from "../base/host.ts";
import { requireContext } from "../core/engine/context.ts";
import { allDebts, hostState, type KeptDebt } from "../core/lease/host-state.ts";
import { forgetScript } from "../core/lease/pending-records.ts";
import { shell } from "../modules/commands/shell.ts";
import { redact } from "../redaction/redact.ts";
import { say, sayText } from "../report/index.ts";
import { count } from "../report/words.ts";
import { visibleLine } from "../text/controls.ts";
import type { Become } from "../transport/transport.ts";
import { InputLines } from "./input-lines.ts";

/** What a host owes, and whether that is a living run's own. */
export interface Owed {
  readonly busy: boolean;
  readonly debts: readonly KeptDebt[];
}

/** Enough of an id to tell a host's handlers apart, and to name one. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

interface Chosen {
  /** The hosts that are named; undefined where none is. */
  readonly pattern: string | undefined;
  /** What is meant of what was found. */
  of(owed: ReadonlyMap<string, Owed>): ReadonlyMap<string, readonly KeptDebt[]>;
}

/**
 * What `--forget` names.
 *
 * @param names each `HOST` or `HOST/ID`; none: whatever is found
 * @throws ShowrunnerError `inventory.pattern` for a host that there is not; `usage`, by `of`, for a handler that is not
 *   owed there
 */
export function chosen(names: readonly string[], inventory: InventoryView): Chosen {
  const all = names.map((name) => {
    const [, host = name, id = ""] = /^(.*)\/([0-9a-f]+)$/.exec(name) ?? [];
    return { host: inventory.host(host).name, id };
  });
  return {
    pattern: all.length === 0 ? undefined : all.map(({ host }) => host).join(","),
    of(owed) {
      const meant = (host: string, debts: readonly KeptDebt[]) =>
        all.length === 0
          ? debts
          : debts.filter((debt) => all.some((one) => one.host === host && debt.id.startsWith(one.id)));
      for (const { host, id } of all)
        if (id !== "" && owed.has(host) && meant(host, owed.get(host)?.debts ?? []).length === 0)
          throw new ShowrunnerError("usage", `no handler ${id} is owed on ${host}`, {
            hint: "`npx run handlers` shows the ids",
          });
      const rows = [...owed].map(([host, { debts }]) => [host, meant(host, debts)] as const);
      return new Map(rows.filter(([, debts]) => debts.length > 0));
    },
  };
}

/** @throws ShowrunnerError `usage` where the input ends before there is an answer */
export async function confirmForgetting(debts: ReadonlyMap<string, readonly KeptDebt[]>): Promise<boolean> {
  const lines = new InputLines();
  try {
    for (const [host, owed] of debts)
      for (const { id, label } of owed)
        say(process.stderr, visibleLine(`forget ${host}/${shortId(id)}: ${redact(label)}`));
    const all = [...debts.values()].flat().length;
    for (;;) {
      sayText(process.stderr, `${count(all, "handler")} will never be run. Forget: (y)es, (n)o? `);
      const answer = (await lines.next())?.trim().toLowerCase();
      if (answer === undefined) {
        sayText(process.stderr, "\n");
        throw new ShowrunnerError("usage", "--forget: the input ended before it was said whether to", {
          hint: "it asks on the terminal: where there is none, say --yes",
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
 * Removes debts from the host whose step this is. Each folder is its user's alone, so each is entered as that user.
 *
 * @throws ShowrunnerError `task.failed` where one is in the folder of a user that we may not become
 */
export async function forgetOn(name: string, debts: readonly KeptDebt[]): Promise<void> {
  const { host } = requireContext("run handlers", undefined);
  const ids = new Set(debts.map(({ id }) => id));
  const others = debts.flatMap(({ keeper }) => (keeper === undefined ? [] : host.becomeAs(keeper)));
  const users = new Map([undefined, host.becomeAs(true), ...others].map((become) => [become?.user, become]));
  for (const become of users.values()) await forgetAs(become, ids);
  const left = await readAll([undefined, host.becomeAs(true)]);
  const kept = left.filter(({ id }) => ids.has(id));
  if (kept.length > 0)
    throw new ShowrunnerError(
      "task.failed",
      `not forgotten: ${kept.map(({ id, label }) => `${shortId(id)} (${label})`).join(", ")}`,
      {
        hint: "they are in the folder of a user that could not be become: remove them there, in /var/tmp/showrunner-UID/owed",
      },
    );
  say(process.stderr, visibleLine(`${name}: forgot ${count(debts.length, "handler")}`));
}

async function forgetAs(become: Become | undefined, ids: ReadonlySet<string>): Promise<void> {
  const { host } = requireContext("run handlers", undefined);
  const found = await unlessRefused(host.facts.read(become, hostState, host.run.leases.terms.holder.run));
  const mine = (found?.value.debts ?? []).filter(({ id }) => ids.has(id));
  if (mine.length === 0) return;
  await shell({ cmd: forgetScript(mine) }, { name: "forget", become: become?.user ?? false });
}

async function readAll(users: readonly (Become | undefined)[]): Promise<readonly KeptDebt[]> {
  const { host } = requireContext("run handlers", undefined);
  const read = users.map((become) => unlessRefused(host.facts.read(become, allDebts, "")));
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
