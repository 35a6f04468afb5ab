/** One run of a project's playbook `site`, through the command line, as a process that can be killed. */
import { type ChildProcess, spawn } from "node:child_process";
import type { TimedEvent } from "../../src/core/events/events.ts";
import type { Site } from "../site-project.ts";
import { type Point, PointNames } from "./points.ts";

/** A run that takes this long hangs. */
const patienceMs = 600_000;

export interface Seen {
  readonly event: TimedEvent;
  /** Undefined for an event that may or may not come. */
  readonly point: Point | undefined;
  /** The number of the play it was seen in, from 0. */
  readonly play: number;
}

export interface SiteRun {
  readonly seen: readonly Seen[];
  /** Null for a run that was killed. */
  readonly exitCode: number | null;
  readonly hung: boolean;
  readonly stderr: string;
  readonly seconds: number;
}

/**
 * @param onEvent called as soon as the event can be read; what the run does meanwhile, it does
 * @param more further words of the command line
 */
export async function runSite(
  { project, cli, inventory }: Pick<Site, "project" | "cli" | "inventory">,
  onEvent: (seen: Seen, child: ChildProcess) => void = () => undefined,
  more: readonly string[] = [],
): Promise<SiteRun> {
  const began = performance.now();
  const child = spawn(
    process.execPath,
    [cli, "playbook", "site", "-i", inventory, "--reporter", "jsonl", "--wait-lease", "5m", ...more],
    {
      cwd: project,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  const names = new PointNames();
  const seen: Seen[] = [];
  let play = 0;
  let plays = 0;
  let rest = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const event: TimedEvent = JSON.parse(line);
      if (event.type === "play:start") play = plays++;
      const one = { event, point: names.nameOf(event), play };
      seen.push(one);
      onEvent(one, child);
    }
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    end();
  }, patienceMs);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearTimeout(timer);
  process.off("exit", end);
  return { seen, exitCode, hung, stderr, seconds: (performance.now() - began) / 1000 };
}

/** What was changed, as `play 2, node1: apt mariadb-server`. */
export function changesOf({ seen }: SiteRun): { host: string; play: number; text: string }[] {
  return seen.flatMap(({ event, play }) =>
    event.type === "task:end" && event.status === "changed"
      ? [
          {
            host: event.host,
            play,
            text: `play ${play + 1}, ${event.host}: ${event.task.module} ${event.task.title}`,
          },
        ]
      : [],
  );
}

/** The hosts that failed or were lost, with the reason and the number of the event that says so. */
export function failuresOf({ seen }: SiteRun): { host: string; at: number; text: string }[] {
  return seen.flatMap(({ event, play }, at) =>
    event.type === "host:failed" || event.type === "host:unreachable"
      ? [
          {
            host: event.host,
            at,
            text: `play ${play + 1}, ${event.host}: ${event.error.message} ${event.error.details.slice(-4).join(" | ")}`,
          },
        ]
      : [],
  );
}
