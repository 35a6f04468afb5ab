/** `run handlers [PATTERN]` */
import type { Command } from "commander";
import { ShowrunnerError } from "../../base/errors.ts";
import type { HostInfo } from "../../base/host.ts";
import { requireContext } from "../../core/engine/context.ts";
import { allPendingHandlers, hostState, isBusy } from "../../core/lease/host-state.ts";
import type { PendingHandler } from "../../core/lease/pending-handler.ts";
import { type Play, play, playbook } from "../../core/plays/play.ts";
import { redact } from "../../redaction/redact.ts";
import { say, sayText, styleFor } from "../../report/index.ts";
import { count } from "../../report/words.ts";
import { type PlaybookRun, runPlaybook } from "../../run-playbook.ts";
import { redactValue } from "../../secrets/redact-value.ts";
import { jsonText } from "../../text/controls.ts";
import type { Become } from "../../transport/transport.ts";
import { chosen, confirmForgetting, forgetOn, type HostHandlers, shortId } from "../forget-handlers.ts";
import { interruptible } from "../interrupt.ts";
import { findInventory, type LoadedInventory } from "../inventories.ts";
import { type LeaseFlags, leaseOf, leaseOptions } from "../lease-options.ts";
import { inventoryOption, positive } from "../options.ts";
import { type PasswordFlags, passwordOptions } from "../passwords.ts";
import { tellFailures, tellWarnings } from "../tell-failures.ts";
import { table } from "../text.ts";

interface Flags extends PasswordFlags, LeaseFlags {
  readonly inventory?: readonly string[];
  readonly json?: boolean;
  /** True: whatever is found. */
  readonly forget?: true | readonly string[];
  readonly yes?: boolean;
  readonly forks?: number;
}

export function configure(command: Command, exitWith: (code: number) => void): void {
  passwordOptions(
    inventoryOption(
      command
        .description(
          "Shows the pending handlers on hosts, which runs left that were killed or whose handlers failed.\nThe next run of the same playbook on such a host runs them. Changes nothing, but with --forget.",
        )
        .argument("[pattern]", "the hosts: all, web, web1, web:!web2", "all"),
    ),
  )
    .option("--json", "everything, as JSON by host")
    .option(
      "--forget [what...]",
      "removes pending handlers, so that no run runs them: all that are shown, or those of a HOST, or one HOST/ID",
    )
    .option("-y, --yes", "forgets without asking")
    .option("-f, --forks <number>", "how many hosts at a time (default: 20)", positive);
  leaseOptions(command).action(async (pattern: string, flags: Flags) =>
    exitWith(await handlers(pattern, flags)),
  );
}

async function handlers(pattern: string, flags: Flags): Promise<number> {
  const found = await findInventory(flags.inventory, flags);
  if (flags.forget === undefined) return (await print(found, pattern, flags)).exitCode;
  const named = flags.forget === true ? [] : flags.forget;
  const wanted = chosen(named, found.inventory);
  const { exitCode, byHost } = await print(found, wanted.pattern ?? pattern, flags);
  const pendingHandlers = wanted.of(byHost);
  if (pendingHandlers.size === 0) return exitCode;
  if (!flags.yes && !(await confirmForgetting(pendingHandlers))) return exitCode;
  const forgetting = play(
    "forget",
    { hosts: [...pendingHandlers.keys()].join(",") },
    { forget: ({ host }) => forgetOn(host.name, pendingHandlers.get(host.name) ?? []) },
  );
  const forgot = await runOn(found, forgetting, flags, leaseOf(flags));
  return Math.max(exitCode, forgot);
}

async function print(
  found: LoadedInventory,
  pattern: string,
  flags: Flags,
): Promise<{ exitCode: number; byHost: ReadonlyMap<string, HostHandlers> }> {
  const byHost = new Map<string, HostHandlers>();
  const look = play(
    "handlers",
    { hosts: pattern },
    { look: async ({ host }) => void byHost.set(host.name, await pendingHere()) },
  );
  const withoutLease = (host: HostInfo) => ({ ...found.access(host), lease: false });
  const exitCode = await runOn(found, look, flags, { access: withoutLease });
  const names = found.inventory.select(pattern).map(({ name }) => name);
  if (flags.json) sayText(process.stdout, asJson(names, byHost));
  else say(process.stdout, ...asTable(names, byHost));
  return { exitCode, byHost };
}

async function runOn(
  { inventory, shown, access }: LoadedInventory,
  one: Play,
  { forks }: Flags,
  request: Partial<PlaybookRun>,
): Promise<number> {
  const { signal, stop } = interruptible((interrupted) => say(process.stderr, interrupted));
  try {
    const { exitCode } = await runPlaybook({
      playbook: playbook([one]),
      name: "handlers",
      inventoryName: shown,
      inventory,
      access,
      ...request,
      subscribers: [tellWarnings, tellFailures],
      signal,
      ...(forks === undefined ? {} : { forks }),
    });
    return exitCode;
  } finally {
    stop();
  }
}

/** What the connection's user may read, and what root may, or whoever the inventory names instead. */
async function pendingHere(): Promise<HostHandlers> {
  const { host } = requireContext("run handlers", undefined);
  const read = async (become: Become | undefined) => {
    const [state, pendingHandlers] = await Promise.all([
      host.facts.read(become, hostState, "nobody"),
      host.facts.read(become, allPendingHandlers, ""),
    ]);
    return { busy: isBusy(state.value), pendingHandlers: pendingHandlers.value };
  };
  const own = await read(undefined);
  const other = await read(host.becomeAs(true)).catch((error: unknown) => {
    if (error instanceof ShowrunnerError && error.code === "become.refused") return own;
    throw error;
  });
  const pendingHandlers = new Map(
    [...own.pendingHandlers, ...other.pendingHandlers].map((pending) => [pending.id, pending]),
  );
  return { busy: own.busy || other.busy, pendingHandlers: [...pendingHandlers.values()] };
}

function asJson(names: readonly string[], found: ReadonlyMap<string, HostHandlers>): string {
  const shown = ({ id, module, label, playbook, since, become, task }: PendingHandler) => ({
    id,
    handler: redact(label),
    module,
    params: redactValue(task?.params),
    become,
    playbook,
    since: new Date(since).toISOString(),
  });
  const rows = names.flatMap((name) => {
    const state = found.get(name);
    return state ? [[name, { busy: state.busy, owed: state.pendingHandlers.map(shown) }] as const] : [];
  });
  return `${jsonText(Object.fromEntries(rows), 2)}\n`;
}

function asTable(names: readonly string[], found: ReadonlyMap<string, HostHandlers>): string[] {
  const style = styleFor(process.stdout);
  const rows = names.flatMap((name) => {
    const state = found.get(name);
    if (state?.busy) return [[name, "", "a run is at work here: the pending handlers are its own", "", ""]];
    return (state?.pendingHandlers ?? []).map(({ id, label, playbook, since }) => [
      name,
      shortId(id),
      redact(label),
      playbook,
      `${new Date(since).toISOString().slice(0, 16).replace("T", " ")} UTC`,
    ]);
  });
  if (rows.length === 0) return nothingPending(names.length, found.size);
  const heading = ["host", "id", "handler", "playbook", "since"].map((word) => style("bold", word));
  return table([heading, ...rows]);
}

/** Says it only of hosts that have been looked at: why others have not, is told beside it. */
function nothingPending(wanted: number, seen: number): string[] {
  if (seen === 0) return [];
  return seen === wanted
    ? ["No handler is pending."]
    : [`No handler is pending on ${seen} of ${count(wanted, "host")}; of the rest nothing is known.`];
}
