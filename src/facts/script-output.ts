/** What a script prints that only reads: of anything, so anything may make it stale. */

import { defineFact, inEnvironment, rawScript, ShowrunnerError } from "../kit/index.ts";
import { isInFile } from "../transport/output.ts";
import type { Output } from "../transport/transport.ts";

/** A script that changes nothing. */
interface ReadingScript {
  readonly [name: string]: unknown;
  readonly script: string;
  /** How long it may take, in milliseconds. Default 30 minutes. */
  readonly timeout?: number | undefined;
}

/** What it printed and how it ended. */
export interface ScriptOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/** As long as a change may take, since it may be any command. Milliseconds. */
const defaultTimeout = 30 * 60_000;

/**
 * The output of a script, for commands that are declared to read only. Not one script for all keys: each runs on its
 * own, so that one which fails or exits leaves the others alone; they still travel together.
 */
export const scriptOutput = defineFact<ReadingScript, ScriptOutput>({
  name: "script.output",
  about: "world",
  mostlyOwn: true,
  printed: (output) => output,
  within: ({ script }, executionEnvironment, timeout) => ({
    script: inEnvironment(rawScript(script), executionEnvironment).text,
    timeout,
  }),
  async read(session, keys, become) {
    const limits = [...new Set(keys.map(({ timeout = defaultTimeout }) => timeout))];
    const read = await Promise.all(
      limits.map(async (limit) => {
        const alike = keys.filter(({ timeout = defaultTimeout }) => timeout === limit);
        const scripts = alike.map(({ script }) => script);
        const outputs = await session.run(become, scripts, { timeout: limit });
        return alike.map((key, index): [ReadingScript, ScriptOutput | ShowrunnerError] => [
          key,
          asText(outputs[index]),
        ]);
      }),
    );
    return new Map(read.flat());
  },
});

/** One that printed more than can be read leaves the others alone. */
function asText(output: Output | undefined): ScriptOutput | ShowrunnerError {
  if (!output) return { stdout: "", stderr: "", status: 255 };
  try {
    for (const stream of ["stdout", "stderr"] as const) if (!isInFile(output, stream)) void output[stream];
    return printedBy(output);
  } catch (error) {
    if (error instanceof ShowrunnerError) return error;
    throw error;
  }
}

/** What a script printed, as text. Long text is read anew from its file wherever somebody asks for it. */
export function printedBy(output: Output): ScriptOutput {
  const stdout = textIn(output, "stdout");
  const stderr = textIn(output, "stderr");
  return {
    get stdout() {
      return stdout();
    },
    get stderr() {
      return stderr();
    },
    status: output.status,
  };
}

/** A function of its own: of short output the text alone is to stay in memory. */
function textIn(output: Output, stream: "stdout" | "stderr"): () => string {
  if (isInFile(output, stream)) return () => output[stream].toString();
  return textOf(() => output[stream]);
}

/** What is too long to be read fails only whoever reads it. */
function textOf(read: () => Buffer): () => string {
  try {
    const text = read().toString();
    return () => text;
  } catch (error) {
    if (!(error instanceof ShowrunnerError)) throw error;
    return () => {
      throw error;
    };
  }
}
