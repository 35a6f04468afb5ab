/** A user's own reporter: what it makes of a run's events. */
import { formatLocation, type Location, messageOf } from "../base/errors.ts";
import { callerLocation } from "../base/location.ts";
import type { TimedEvent } from "../core/events/events.ts";
import { redact } from "../redaction/redact.ts";
import { visibleValue } from "../text/visible-value.ts";
import type { OutputStream, Reporter } from "./reporter.ts";
import { withColours } from "./terminal.ts";

/** What a reporter is given when a run begins. */
export interface ReporterContext {
  /**
   * Writes to where the reporter's output goes: a command's standard output. Colours pass; other control characters
   * are written out.
   */
  write(text: string): void;
  /** Whether `-v` asks for more. */
  readonly verbose: boolean;
  /** Whether `--diff` asks for what changes in files, line by line. */
  readonly diff: boolean;
}

/** What a reporter does during a run. */
export interface ReporterBody {
  /**
   * Called with every event, in order; secrets are blanked in it, and control characters written out. A promise is
   * waited for at the run's end.
   */
  subscribe(event: TimedEvent): unknown;
  /** Called once, after the last event; also where a run ended without `run:end`. A promise is waited for. */
  close?(): unknown;
}

/** A reporter that can be named: `--reporter FILE`. */
export interface ReporterDefinition {
  readonly kind: "reporter";
  /** Where it was defined. */
  readonly location?: Location | undefined;
  start(context: ReporterContext): ReporterBody;
}

/**
 * Defines a reporter. As the default export of a file it is named on the command line: `--reporter ./chat.ts`, or
 * `--reporter chat` where the file is in the project's folder `reporters`.
 *
 * One that throws, be it in `start`, or whose promise is rejected, gets no more events; the run goes on, with a warning
 * that names the file and line of this call.
 *
 * @param start called when a run begins; returns what takes its events
 *
 * @example
 * export default defineReporter(({ write }) => ({
 *   subscribe(event) {
 *     if (event.type === "task:end" && event.status === "changed") write(`${event.host}: ${event.task.title}\n`);
 *   },
 * }));
 */
export function defineReporter(start: (context: ReporterContext) => ReporterBody): ReporterDefinition {
  return { kind: "reporter", location: callerLocation(), start };
}

/** Whether a value, such as a file's default export, is a reporter. */
export function isReporter(value: unknown): value is ReporterDefinition {
  return value !== null && typeof value === "object" && "kind" in value && value.kind === "reporter";
}

/** How long a run waits, at its end, for what its reporters still send somewhere. Milliseconds. */
const patience = 10_000;

interface StartOptions extends Pick<ReporterContext, "verbose" | "diff"> {
  /** Told once, where it throws or its promise is rejected: from then on it gets no events. */
  onFailure(text: string): void;
}

/** Starts a user's reporter: nothing that it does wrong reaches the run, and it is told once the run has begun. */
export function startReporter(
  definition: ReporterDefinition,
  stream: OutputStream,
  { verbose, diff, onFailure }: StartOptions,
): Reporter {
  // events are clean of secrets, but nothing keeps a reporter from writing what it has from elsewhere
  const body = begun(definition, {
    write: (text) => void stream.write(withColours(redact(text))),
    verbose,
    diff,
  });
  const pending = new Set<Promise<void>>();
  let failed = false;
  const guard = async (work: () => unknown) => {
    try {
      await work();
    } catch (error) {
      if (failed) return;
      failed = true;
      await undefined; // all others get the event at which it failed before they get the warning
      onFailure(redact(`${nameOf(definition)} failed and gets no more events: ${messageOf(error)}`));
    }
  };
  return {
    subscribe(event) {
      if (failed) return;
      const told = guard(() => body.subscribe(visibleValue(event))).then(() => void pending.delete(told));
      pending.add(told);
    },
    async close() {
      await guard(() => withPatience(Promise.all(pending)));
      await guard(() => withPatience(body.close?.()));
    },
  };
}

/** One that could not begin fails at its first event: by then there is somebody to tell. */
function begun({ start }: ReporterDefinition, context: ReporterContext): ReporterBody {
  try {
    return start(context);
  } catch (error) {
    return {
      subscribe() {
        throw error;
      },
    };
  }
}

function nameOf({ location }: ReporterDefinition): string {
  return location ? `the reporter at ${formatLocation(location)}` : "a reporter";
}

async function withPatience(work: unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${patience / 1000} s`)), patience);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
