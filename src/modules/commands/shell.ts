import {
  defineModule,
  type Module,
  type OptionalInput,
  type RequiredInput,
  rawScript,
  type Script,
  sh,
  Type,
} from "../../kit/index.ts";
import { type CommandValue, checkRun, runParams, runScript } from "./run-script.ts";

const params = {
  /** The script, for a POSIX `sh`; as a string, or made with `sh`, which quotes what is put in. */
  cmd: Type.Union([
    Type.String({ minLength: 1 }),
    Type.Object({ kind: Type.Literal("script"), text: Type.String({ minLength: 1 }) }, { title: "Script" }),
  ]),
  /** Another shell: `/bin/bash`. The script then stands in the process list while it runs. */
  executable: Type.Optional(Type.String({ pattern: "^/" })),
  ...runParams,
};

/** What `shell` takes. */
export interface ShellParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Runs a script with the host's shell.
 *
 * Put values into it with `sh`, which quotes them, or hand them over in `environment`; never by pasting strings. It
 * is opaque like `command`, and takes the same parameters.
 *
 * @throws ShowrunnerError `change.failed` (`task.failed` for one that only reads) with its last lines, if it ends with
 *   a status that is not in `statuses`
 *
 * @example
 * await shell({ cmd: sh`tar -C ${folder} -cf - . | gzip > ${archive}`, creates: archive });
 * const { value } = await shell({ cmd: "ls /srv | wc -l", readOnly: true });
 */
export const shell: Module<ShellParams, CommandValue> = defineModule({
  name: "shell",
  summary: "Runs a script with the host's shell.",
  params,
  examples: [
    `shell({ cmd: "pg_dump site | gzip > /srv/backup/site.gz", creates: "/srv/backup/site.gz" })`,
    `shell({ cmd: "set -o pipefail; journalctl -b | grep -c error", executable: "/bin/bash", readOnly: true })`,
  ],
  titleQuotes: true,
  title: ({ cmd }) => textOf(cmd),
  check: checkRun,
  plan: (host, p) => runScript(host, p, textOf(p.cmd), scriptOf(p.cmd, p.executable)),
});

function textOf(cmd: string | Script): string {
  return typeof cmd === "string" ? cmd : cmd.text;
}

function scriptOf(cmd: string | Script, executable: string | undefined): Script {
  return executable === undefined ? rawScript(textOf(cmd)) : sh`${executable} -c ${textOf(cmd)}`;
}
