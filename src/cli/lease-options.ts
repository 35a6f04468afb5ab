/** What a command does about hosts that another run is changing. */
import { type Command, InvalidArgumentError } from "commander";
import { type Duration, isDuration } from "../base/duration.ts";
import type { PlaybookRun } from "../run-playbook.ts";

export interface LeaseFlags {
  readonly waitLease?: Duration;
  readonly takeOver?: boolean;
}

/** `--wait-lease` and `--take-over`, on every command that changes hosts. */
export function leaseOptions(command: Command): Command {
  return command
    .option(
      "--wait-lease <time>",
      "how long to wait for a host that another run is changing: 30s, 10m (default: 10s)",
      duration,
    )
    .option(
      "--take-over",
      "ends what another run is doing on a host, or what a dead run left behind, instead of waiting",
    );
}

/** The flags as a run takes them. */
export function leaseOf({
  waitLease,
  takeOver = false,
}: LeaseFlags): Pick<PlaybookRun, "waitLease" | "takeOver"> {
  return { takeOver, ...(waitLease === undefined ? {} : { waitLease }) };
}

function duration(text: string): Duration {
  if (/^\d+$/.test(text)) return Number(text);
  if (isDuration(text)) return text;
  throw new InvalidArgumentError("expected a time such as 30s, 10m or 1h");
}
