/** What `command` and `shell` have in common: when to run, where, with what, and what comes of it. */

import { file } from "../../facts/files.ts";
import { printedBy, type ScriptOutput, scriptOutput } from "../../facts/script-output.ts";
import {
  change,
  cleanPath,
  fail,
  feed,
  lines,
  mistakeInPath,
  oneLine,
  Param,
  type Plan,
  type PlanHost,
  rawScript,
  reveal,
  type Script,
  SecretString,
  ShowrunnerError,
  type Static,
  sh,
  type TObject,
  Type,
  withDefault,
} from "../../kit/index.ts";

/**
 * What a command gave. One that was not run gave nothing, with status 0.
 *
 * Up to 16 MiB of either stream can be read. Of a command that printed more, reading it is an error, `task.failed`, so
 * that nothing is decided by a part of it; that it printed so much is none.
 */
export interface CommandValue {
  /** What it printed, as text. */
  readonly stdout: string;
  /** What it printed to its standard error, as text. */
  readonly stderr: string;
  /** Its exit status. */
  readonly status: number;
}

/** The parameters that both take. */
export const runParams = {
  /** A path: if it exists, nothing is run. Relative to `chdir`. */
  creates: Type.Optional(Type.String({ minLength: 1 })),
  /** A path: if it does not exist, nothing is run. Relative to `chdir`. */
  removes: Type.Optional(Type.String({ minLength: 1 })),
  /** The directory to run it in. */
  chdir: Type.Optional(Type.String({ minLength: 1 })),
  /** What it gets on its standard input; nothing if left out. */
  stdin: Type.Optional(SecretString()),
  /** Variables for its environment: the place for a secret, which no process list shows. */
  environment: Type.Optional(
    Type.Record(Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]*$" }), SecretString(), {
      additionalProperties: false,
    }),
  ),
  /** Exit statuses that mean success. Default: [0]. */
  statuses: withDefault(Type.Array(Type.Integer({ minimum: 0, maximum: 255 }), { minItems: 1 }), [0]),
  /** true: it changes nothing. So it is run in a check, too, and counts as `ok`. Default: false. */
  readOnly: Param.flag(),
};

type RunParams = Static<TObject<typeof runParams>>;

/** Runs a script as these parameters say, as an opaque change or, if it only reads, as a fact. */
export async function* runScript(
  host: PlanHost,
  p: RunParams,
  shown: string,
  body: Script,
): Plan<CommandValue> {
  const [created, removed] = await Promise.all([
    p.creates === undefined ? undefined : host.fact(file, pathFrom(p, p.creates)),
    p.removes === undefined ? undefined : host.fact(file, pathFrom(p, p.removes)),
  ]);
  if (created && created.type !== "absent") return nothing;
  if (removed && removed.type === "absent") return nothing;
  const script = prepared(p, body);
  const { statuses } = p;
  if (p.readOnly) {
    const output = await host.fact(scriptOutput, { script: script.text });
    if (!statuses.includes(output.status)) host.failed(failed(shown, output));
    return output;
  }
  const output = yield change({
    what: "run",
    after: shown,
    action: { kind: "script", script, statuses, reports: true },
    touches: ["everything"],
  });
  return printedBy(output);
}

const nothing: CommandValue = { stdout: "", stderr: "", status: 0 };

/** With its directory, environment and input. Variables are set by the shell itself: `env`'s words would be public. */
function prepared({ chdir, environment = {}, stdin }: RunParams, body: Script): Script {
  const exports = Object.entries(environment).map(
    ([name, value]) => sh`${rawScript(name)}=${reveal(value)}; export ${rawScript(name)}`,
  );
  return lines(
    ...(chdir === undefined ? [] : [sh`cd -- ${chdir} || exit`]),
    ...exports,
    stdin === undefined ? body : feed(stdin, body),
  );
}

function failed(shown: string, { stdout, stderr, status }: ScriptOutput): ShowrunnerError {
  const said = `${stdout}\n${stderr}`.trim().split("\n").slice(-10);
  return new ShowrunnerError("task.failed", `${oneLine(shown)}: ended with status ${status}`, {
    details: said,
  });
}

/** @throws ShowrunnerError for a directory `cd` would take for something else, and for paths that name no place */
export function checkRun(p: RunParams): void {
  if (p.chdir === "-") fail('`chdir` must be a directory, got "-"');
  for (const name of ["creates", "removes"] as const) {
    const path = p[name];
    if (path === undefined) continue;
    const mistake = mistakeInPath(pathFrom(p, path));
    if (mistake) fail(`${name}: ${mistake.message}`, mistake.hint);
    if (/[*?[]/.test(path))
      fail(`${name}: patterns are not expanded, got ${JSON.stringify(path)}`, "name one path");
  }
}

function pathFrom({ chdir }: RunParams, path: string): string {
  // `..` is left to the host: behind a symbolic link it is not the parent that one reads
  return chdir?.startsWith("/") && !/^[/~]/.test(path) ? cleanPath(`${chdir}/${path}`) : path;
}
