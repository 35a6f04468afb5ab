/** Options that several commands share, and the reading of their values. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type ReporterName, reporterNames } from "../report/index.ts";

/** `-i`, on every command that works on hosts. */
export function inventoryOption(command: Command): Command {
  return command.option(
    "-i, --inventory <file>",
    "the hosts: an inventory's file, or its name in the folder inventory (default: $SHOWRUNNER_INVENTORY, else the only one there or lab)",
  );
}

/** `--reporter`, `--diff` and `-v`, on every command that runs tasks. */
export function reportOptions(command: Command): Command {
  return command
    .option("--diff", "shows what changes in files, line by line")
    .addOption(
      new Option("--reporter <name>", "tty (rows that redraw themselves), plain (lines) or jsonl (events)")
        .choices(reporterNames)
        .default(undefined, "tty on a terminal, else plain"),
    )
    .option("-v, --verbose", "also shows tasks that are ok, the output of commands and round trips");
}

export interface ReportFlags {
  readonly diff?: boolean;
  readonly reporter?: ReporterName;
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
