/** Options that several commands share, and the reading of their values. */
import { type Command, InvalidArgumentError } from "commander";

/** `-i`, on every command that works on hosts. */
export function inventoryOption(command: Command): Command {
  return command.option(
    "-i, --inventory <file>",
    "the hosts: an inventory's file or folder, or its name in the folder inventory; may be given several times, and later ones win (default: $SHOWRUNNER_INVENTORY, else the only one there or lab)",
    collect,
  );
}

/** `--reporter`, `--diff` and `-v`, on every command that runs tasks. */
export function reportOptions(command: Command): Command {
  return command
    .option("--diff", "shows what changes in files, line by line")
    .option(
      "--reporter <name>",
      "tty (rows that redraw themselves), plain (lines), jsonl (events), or one of your own: its file, or its name in the folder reporters; may be given several times (default: tty on a terminal, else plain)",
      collect,
    )
    .option("-v, --verbose", "also shows tasks that are ok, the output of commands and round trips");
}

export interface ReportFlags {
  readonly diff?: boolean;
  readonly reporter?: readonly string[];
  readonly verbose?: boolean;
}

/** A whole number above 0. */
export function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("expected a whole number above 0");
}

/** Collects an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
