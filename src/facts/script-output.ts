/** What a script prints that only reads: of anything, so anything may make it stale. */

import { rawScript } from "../core/base/script.ts";
import { defineFact } from "../core/facts/fact.ts";
import { surrounded } from "../core/facts/surroundings.ts";

/** A script that changes nothing. */
export interface ReadingScript {
  readonly [name: string]: unknown;
  readonly script: string;
}

/** What it printed and how it ended. */
export interface ScriptOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/** As long as a change may take, since it may be any command. Milliseconds. */
const timeout = 30 * 60_000;

/**
 * The output of a script, for commands that are declared to read only. Not one script for all keys: each runs on its
 * own, so that one which fails or exits leaves the others alone; they still travel together.
 */
export const scriptOutput = defineFact<ReadingScript, ScriptOutput>({
  name: "script.output",
  about: "world",
  within: ({ script }, surroundings) => ({ script: surrounded(rawScript(script), surroundings).text }),
  async read(session, keys, become) {
    const scripts = keys.map(({ script }) => script);
    const outputs = await session.run(become, scripts, { timeout });
    return new Map(
      keys.map((key, index) => {
        const output = outputs[index];
        return [
          key,
          {
            stdout: output?.stdout.toString() ?? "",
            stderr: output?.stderr.toString() ?? "",
            status: output?.status ?? 255,
          },
        ];
      }),
    );
  },
});
