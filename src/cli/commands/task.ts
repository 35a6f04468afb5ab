/** `run task MODULE '{json}' --hosts PATTERN` */
import type { Command } from "commander";
import { valueIfKnown } from "../../core/engine/task-run.ts";
import { play, playbook } from "../../core/plays/play.ts";
import { say } from "../../report/index.ts";
import { redactValue } from "../../secrets/redact-value.ts";
import { jsonText } from "../../text/controls.ts";
import { findInventory } from "../inventories.ts";
import { type LeaseFlags, leaseOf, leaseOptions } from "../lease-options.ts";
import { moduleNamed } from "../modules.ts";
import { inventoryOption, positive, type ReportFlags, reportOptions } from "../options.ts";
import { type PasswordFlags, passwordOptions } from "../passwords.ts";
import { runAndReport } from "../run.ts";
import { yamlArgument } from "../yaml-argument.ts";

interface Flags extends ReportFlags, PasswordFlags, LeaseFlags {
  readonly inventory?: readonly string[];
  readonly hosts: string;
  readonly become?: boolean;
  readonly check?: boolean;
  readonly forks?: number;
}

export function configure(command: Command, exitWith: (code: number) => void): void {
  command
    .description("Runs one task, without a playbook.")
    .argument("<module>", "the module's name; `npx run doc` lists them")
    .argument("[parameters]", "its parameters, in JSON or YAML", "{}")
    .requiredOption("--hosts <pattern>", "the hosts: all, web, web1, web:!web2");
  passwordOptions(inventoryOption(command))
    .option("-b, --become", "as root")
    .option("-c, --check", "changes nothing: says what the task would change")
    .option("-f, --forks <number>", "how many hosts at a time (default: 20)", positive);
  reportOptions(leaseOptions(command))
    .addHelpText(
      "after",
      `
Examples:
  npx run task file '{"path": "/srv/app", "state": "directory"}' --hosts web --become
  npx run task command '{argv: [uptime]}' --hosts all -v`,
    )
    .action(async (name: string, parameters: string, flags: Flags) => {
      exitWith(await run(name, parameters, flags));
    });
}

async function run(name: string, parameters: string, flags: Flags): Promise<number> {
  const module = await moduleNamed(name);
  const params = (await yamlArgument(parameters, "the parameters")) ?? {};
  module.fromData(params); // says what is wrong with them, before any host is reached
  const inventory = await findInventory(flags.inventory, flags);
  const values = new Map<string, unknown>();
  const one = play(
    "task",
    { hosts: flags.hosts, become: flags.become ?? false },
    {
      task: async ({ host }) => {
        const value = valueIfKnown(await module.fromData(params));
        if (value !== undefined) values.set(host.name, value);
      },
    },
  );
  const code = await runAndReport({
    name: `task ${name}`,
    playbook: playbook([one]),
    inventory,
    report: flags,
    check: flags.check ?? false,
    ...leaseOf(flags),
    ...(flags.forks === undefined ? {} : { forks: flags.forks }),
  });
  if (!flags.reporter?.includes("jsonl"))
    for (const [host, value] of values)
      say(process.stdout, `${host}: ${jsonText(redactValue(value, { keepNames: true }))}`);
  return code;
}
