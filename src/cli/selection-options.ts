/** The options that choose a playbook's steps. */
import { type Command, InvalidArgumentError } from "commander";
import type { Selection } from "../core/plays/selection.ts";

export interface SelectionFlags {
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  readonly startAt?: string;
  readonly step?: boolean;
  readonly listHosts?: boolean;
  readonly listSteps?: boolean;
  readonly listTags?: boolean;
}

/** `--tags`, `--skip-tags` and `--start-at`. */
export function selectionOptions(command: Command): Command {
  return command
    .option("-t, --tags <tags>", "only steps with one of these tags, separated by commas", tagList)
    .option("--skip-tags <tags>", "not the steps with one of these tags", tagList)
    .option("--start-at <step>", "begins at this step: STEP, or PLAY/STEP");
}

/** `--step`, `--list-hosts`, `--list-steps` and `--list-tags`. */
export function listOptions(command: Command): Command {
  return command
    .option("--step", "asks before each step: yes, no, or continue without asking")
    .option("--list-hosts", "shows the hosts of each play, batch by batch, and runs nothing")
    .option(
      "--list-steps",
      "shows the steps with their tags, and runs nothing; (never): runs only by its tags",
    )
    .option("--list-tags", "shows all tags of each play, and runs nothing; (never) as above");
}

export function selectionOf({ tags, skipTags, startAt }: SelectionFlags): Selection {
  return { tags, skipTags, startAt };
}

function tagList(text: string, before: readonly string[] = []): readonly string[] {
  const tags = text.split(",").map((tag) => tag.trim());
  if (tags.includes("")) throw new InvalidArgumentError("expected tags, separated by commas");
  return [...before, ...tags];
}
