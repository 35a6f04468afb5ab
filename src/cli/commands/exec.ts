/** `run exec PATTERN -- COMMAND…` */
import type { Command } from "commander";
import { ShowrunnerError } from "../../base/errors.ts";
import type { ShownError, Subscriber } from "../../core/events/events.ts";
import { play, playbook } from "../../core/plays/play.ts";
import { command as commandModule } from "../../modules/commands/command.ts";
import { cleanLine } from "../../report/clean.ts";
import { say, styleFor } from "../../report/index.ts";
import { runPlaybook } from "../../run-playbook.ts";
import { interruptible } from "../interrupt.ts";
import { findInventory } from "../inventories.ts";
import { withJournal } from "../journal.ts";
import { inventoryOption, positive } from "../options.ts";
import { type PasswordFlags, passwordOptions } from "../passwords.ts";
import { sayFailure, tellWarnings } from "../tell-failures.ts";

interface Flags extends PasswordFlags {
  readonly inventory?: readonly string[];
  readonly become?: boolean;
  readonly forks?: number;
}

export function configure(command: Command, exitWith: (code: number) => void): void {
  command
    .description("Runs a command on every host that a pattern matches, and prints the output.")
    .argument("<pattern>", "the hosts: all, web, web1, web:!web2")
    .argument("<command...>", "the command and its words; one quoted text goes through sh");
  passwordOptions(inventoryOption(command))
    .option("-b, --become", "as root")
    .option("-f, --forks <number>", "how many hosts at a time (default: 20)", positive)
    .addHelpText(
      "after",
      `
Examples:
  npx run exec all -- uptime
  npx run exec web -- 'df -h / | tail -1'

It does not wait for a run that is changing a host at the same time.
Exit codes: 0 fine, 2 it failed on a host, 4 a host was unreachable, 5 bad usage`,
    )
    .action(async (pattern: string, words: readonly string[], flags: Flags) => {
      exitWith(await exec(pattern, words, flags));
    });
}

async function exec(pattern: string, words: readonly string[], flags: Flags): Promise<number> {
  if (words.length === 0) throw new ShowrunnerError("usage", "no command is given");
  const { inventory, shown, access } = await findInventory(flags.inventory, flags);
  const [only = ""] = words;
  const argv = words.length === 1 ? ["sh", "-c", only] : [...words];
  const plays = playbook([
    play(
      "exec",
      { hosts: pattern, become: flags.become ?? false },
      { command: () => commandModule({ argv }) },
    ),
  ]);
  const width = Math.max(...inventory.select(pattern).map(({ name }) => name.length));
  const { signal, stop } = interruptible((interrupted) => say(process.stderr, interrupted));
  try {
    return await withJournal("exec", async (journal) => {
      const { exitCode: code } = await runPlaybook({
        playbook: plays,
        name: "exec",
        inventoryName: shown,
        inventory,
        access: (host) => ({
          ...access(host),
          // for a look at a host while a run is at work there
          lease: false,
        }),
        subscribers: [tellWarnings, printer(width), journal.subscribe],
        signal,
        ...(flags.forks === undefined ? {} : { forks: flags.forks }),
      });
      return code;
    });
  } finally {
    stop();
  }
}

/** Each line of output with its host before it, on the stream that it came on. */
function printer(width: number): Subscriber {
  const [out, err] = [styleFor(process.stdout), styleFor(process.stderr)];
  return (event) => {
    if (event.type === "task:output") {
      const toStdout = event.stream === "stdout";
      const prefix = (toStdout ? out : err)("cyan", event.host.padEnd(width));
      say(toStdout ? process.stdout : process.stderr, `${prefix} | ${cleanLine(event.text)}`);
    }
    if (event.type === "host:failed" || event.type === "host:unreachable")
      sayFailure(event.host, asAnswered(event.error), width);
  };
}

/** Of a command that failed its status is told: what it said stands above already, line by line. */
function asAnswered(error: ShownError): ShownError {
  if (error.code !== "change.failed") return error;
  const message = error.message.replace(/^.*: (?=ended with status \d+$)/s, "");
  return { ...error, message, details: [], location: undefined };
}
