/** A row a host that redraws itself, below what changed and failed: for people at a terminal. */
import { Listr, Spinner } from "listr2";
import type { TimedEvent } from "../core/events/events.ts";
import { Narrator } from "./narrator.ts";
import { Recap } from "./recap.ts";
import type { OutputStream, Reporter, ReportOptions } from "./reporter.ts";
import { HostRows } from "./rows.ts";
import { Screen } from "./screen.ts";

/**
 * A reporter with listr2's tasks, one a host, and a renderer of our own: listr2's grows past the terminal's height,
 * and keeps back what is printed meanwhile.
 */
export function ttyReporter(stream: OutputStream, options: ReportOptions): Reporter {
  const narrator = new Narrator({ ...options, lazyHeadings: true, width: () => stream.columns ?? 80 });
  const recap = new Recap(options);
  const rows = new HostRows(options.style);
  const screen = new Screen(stream);
  const spinner = new Spinner();
  let list: HostList | undefined;

  const draw = (staying: readonly string[] = []) => {
    const { columns = 80, rows: height = 24 } = stream;
    screen.draw(rows.draw({ columns, rows: height, now: Date.now(), spinner: spinner.fetch() }), staying);
  };
  return {
    subscribe(event) {
      rows.tell(event);
      if (event.type === "run:start") list = startList(event.hosts, { draw, screen, spinner });
      list?.tell(event);
      if (event.type === "run:end") screen.end();
      const lines = [...narrator.tell(event), ...recap.tell(event)];
      if (lines.length > 0) draw(lines);
    },
    async close() {
      await list?.end();
      screen.end();
    },
  };
}

interface Drawing {
  readonly draw: () => void;
  readonly screen: Screen;
  readonly spinner: Spinner;
}

interface HostList {
  tell(event: TimedEvent): void;
  end(): Promise<void>;
}

/** Starts a list whose tasks end as their hosts do. */
function startList(hosts: readonly string[], { draw, screen, spinner }: Drawing): HostList {
  class RowsRenderer {
    static readonly nonTTY = true;
    static readonly rendererOptions = {};
    static readonly rendererTaskOptions = {};

    render(): void {
      draw();
      spinner.start(draw);
    }

    end(): void {
      spinner.stop();
      screen.end();
    }
  }
  const endings = new Map(hosts.map((host) => [host, ending()]));
  const list = new Listr(
    hosts.map((host) => ({
      title: host,
      task: () => endings.get(host)?.ended,
    })),
    { concurrent: true, exitOnError: false, registerSignalListeners: false, renderer: RowsRenderer },
  );
  const ended = list.run();
  return {
    tell(event) {
      if (event.type === "host:failed" || event.type === "host:unreachable")
        endings.get(event.host)?.fail(new Error(event.error.message));
    },
    async end() {
      for (const { end } of endings.values()) end();
      await ended;
      spinner.stop();
    },
  };
}

/** A promise and the two ways it can end. */
function ending(): { ended: Promise<void>; end: () => void; fail: (error: Error) => void } {
  let end = () => {};
  let fail = (_: Error) => {};
  const ended = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  ended.catch(() => undefined); // it may fail before listr2 has begun to wait for it
  return { ended, end, fail };
}
