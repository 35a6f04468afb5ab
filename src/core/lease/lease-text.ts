/** Messages about a lease that can't be had. */
import { redact } from "../../base/secret.ts";
import type { LeaseHolder } from "./lease-holder.ts";

/** Who it is, where and since when. */
export function described(holder: LeaseHolder | undefined): string {
  if (!holder) return "an unknown run";
  const { playbook, user, machine, pid, since } = holder;
  const time = new Date(since).toISOString().slice(0, 19).replace("T", " ");
  return `${playbook}, by ${user} on ${machine} (process ${pid}), since ${time} UTC, ${elapsed(Date.now() - since)}`;
}

function elapsed(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return `${Math.max(0, Math.round(milliseconds / 1000))} s ago`;
  return minutes < 120 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ago`;
}

/** Commands of a dead run. A shell that only waits for a command is left out. */
export function orphanTexts(orphans: readonly string[]): string {
  const commands = orphans.filter((orphan) => !/^\d+ sh( -s SR[0-9a-f]+)? *$/.test(orphan));
  return (commands.length > 0 ? commands : orphans).map(orphanText).join("; ");
}

/** `4711 apt-get install nginx` */
function orphanText(orphan: string): string {
  // redacted before it is cut: half a secret is in no known spelling
  const [pid = "", ...command] = redact(orphan).trim().split(" ");
  const text = command.join(" ").trim();
  return `${text.length > 120 ? `${text.slice(0, 117)}...` : text || "a command"} (process ${pid})`;
}
