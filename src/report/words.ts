/** The words and colours of a task's status, for a run and for a plan. */
import type { HostSummary, TaskStatus } from "../core/events/events.ts";
import type { Colour } from "./style.ts";

export type Counted = Exclude<keyof HostSummary, "roundTrips">;

export const colours: Readonly<Record<Counted, Colour>> = {
  ok: "green",
  changed: "yellow",
  failed: "red",
  unreachable: "red",
  ignored: "cyan",
  likely: "yellow",
  unknown: "magenta",
};

/** A plan changes nothing: it says what a run would. */
export function statusWord(status: TaskStatus | "unreachable", check: boolean): string {
  if (!check) return status;
  if (status === "changed") return "would change";
  return status === "failed" ? "would fail" : status;
}

/** How wide the column of these words is. */
export function statusWidth(check: boolean): number {
  return (check ? "would change" : "unreachable").length;
}

/** `0.4 s`, `12 s`, `3 min 5 s`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1 host`, `3 hosts`. */
export function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
