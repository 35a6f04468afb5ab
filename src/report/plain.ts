/** Lines, one after the other: for files, CI and whoever prefers them. */
import { Narrator } from "./narrator.ts";
import { Recap } from "./recap.ts";
import type { OutputStream, Reporter, ReportOptions } from "./reporter.ts";
import { say } from "./terminal.ts";

/** A reporter that writes a line for each task that changed something or failed, then a recap. */
export function plainReporter(stream: OutputStream, options: ReportOptions): Reporter {
  const narrator = new Narrator({ ...options, lazyHeadings: false });
  const recap = new Recap(options);
  return {
    subscribe(event) {
      const lines = [...narrator.tell(event), ...recap.tell(event)];
      say(stream, ...lines);
    },
    close: async () => undefined,
  };
}
