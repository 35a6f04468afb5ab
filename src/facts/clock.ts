/** What time it is on a host. */
import { defineFact, nothingElse, sh } from "../kit/index.ts";

/**
 * By how much the host's clock is ahead of this machine's, in milliseconds; its one key is `""`. The difference stays
 * true while time goes on, so it may be read early and kept: `Date.now() + offset` is the host's time, to a second or two.
 */
export const clockOffset = defineFact<string, number>({
  name: "host.clockOffset",
  restsOn: nothingElse,
  // it differs by how long an answer takes
  lasting: () => undefined,
  script: () => sh`date +%s`,
  parse(stdout, keys) {
    const offset = Number(stdout.toString("latin1", 0, 32)) * 1000 - Date.now();
    return new Map(keys.map((key) => [key, Number.isFinite(offset) ? offset : 0]));
  },
});
