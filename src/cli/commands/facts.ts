/** `run facts [PATTERN]` */
import type { Command } from "commander";
import { play, playbook } from "../../core/plays/play.ts";
import { facts } from "../../gathering/facts.ts";
import type { HostFacts } from "../../index.ts";
import { redact } from "../../redaction/redact.ts";
import { say, sayText, styleFor } from "../../report/index.ts";
import { runPlaybook } from "../../run-playbook.ts";
import { redactValue } from "../../secrets/redact-value.ts";
import { jsonText } from "../../text/controls.ts";
import { interruptible } from "../interrupt.ts";
import { findInventory } from "../inventories.ts";
import { inventoryOption, positive } from "../options.ts";
import { type PasswordFlags, passwordOptions } from "../passwords.ts";
import { tellFailures, tellWarnings } from "../tell-failures.ts";
import { table } from "../text.ts";

interface Flags extends PasswordFlags {
  readonly inventory?: readonly string[];
  readonly json?: boolean;
  readonly forks?: number;
}

export function configure(command: Command, exitWith: (code: number) => void): void {
  passwordOptions(
    inventoryOption(
      command
        .description("Reads the facts of hosts: system, hardware, addresses, mounts. Changes nothing.")
        .argument("[pattern]", "the hosts: all, web, web1, web:!web2", "all"),
    ),
  )
    .option("--json", "everything, as JSON by host")
    .option("-f, --forks <number>", "how many hosts at a time (default: 20)", positive)
    .addHelpText("after", "\nIn a step or a role: const { distribution } = await facts();")
    .action(async (pattern: string, flags: Flags) => exitWith(await print(pattern, flags)));
}

async function print(pattern: string, flags: Flags): Promise<number> {
  const { inventory, shown, access } = await findInventory(flags.inventory, flags);
  const found = new Map<string, HostFacts>();
  const read = play(
    "facts",
    { hosts: pattern },
    {
      facts: async ({ host }) => {
        found.set(host.name, await facts());
      },
    },
  );
  const { signal, stop } = interruptible((interrupted) => say(process.stderr, interrupted));
  try {
    const { exitCode } = await runPlaybook({
      playbook: playbook([read]),
      name: "facts",
      inventoryName: shown,
      inventory,
      access,
      subscribers: [tellWarnings, tellFailures],
      signal,
      ...(flags.forks === undefined ? {} : { forks: flags.forks }),
    });
    const names = inventory.select(pattern).map(({ name }) => name);
    const rows = names.flatMap((name) => {
      const facts = found.get(name);
      return facts ? [{ name, facts }] : [];
    });
    if (flags.json) {
      const all = Object.fromEntries(rows.map(({ name, facts }) => [name, facts]));
      sayText(process.stdout, `${jsonText(redactValue(all, { keepNames: true }), 2)}\n`);
    } else if (rows.length > 0) say(process.stdout, ...overview(rows));
    return exitCode;
  } finally {
    stop();
  }
}

function overview(rows: readonly { readonly name: string; readonly facts: HostFacts }[]): string[] {
  const style = styleFor(process.stdout);
  const heading = [
    "host",
    "system",
    "kernel",
    "architecture",
    "address",
    "processors",
    "memory",
    "free on /",
    "init",
    "runs on",
  ];
  return table([
    heading.map((word) => style("bold", word)),
    ...rows.map(({ name, facts }) => [
      name,
      ...[
        facts.description || `${facts.distribution || facts.os} ${facts.version}`.trim(),
        facts.kernel,
        facts.architecture,
        facts.defaultAddress ?? facts.addresses[0] ?? "",
        String(facts.processors.count),
        gibibytes(facts.memory.total),
        gibibytes(facts.mounts.find(({ path }) => path === "/")?.available),
        facts.init,
        facts.virtualisation === "none" ? "hardware" : facts.virtualisation,
      ].map(redact),
    ]),
  ]);
}

function gibibytes(bytes: number | undefined): string {
  return bytes === undefined ? "" : `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
