import { change } from "../../core/change.ts";
import { defineModule } from "../../core/module.ts";
import { Type } from "../../core/schema.ts";
import { sh } from "../../core/script.ts";
import { file } from "../../facts/files.ts";

/** What a command gave. */
export interface CommandValue {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

/**
 * Runs a command, without a shell in between: every word reaches it as it is.
 *
 * It is opaque, so it always counts as a change; `creates` and `removes` make it idempotent. In check mode its
 * output is unknown.
 *
 * @example
 * const { value } = await command({ argv: ["openssl", "version"] });
 */
export const command = defineModule({
  name: "command",
  summary: "Runs a command without a shell.",
  params: {
    argv: Type.Array(Type.String(), { minItems: 1, description: "the command and its words" }),
    creates: Type.Optional(Type.String({ description: "a path: if it exists, the command is not run" })),
    removes: Type.Optional(
      Type.String({ description: "a path: if it does not exist, the command is not run" }),
    ),
    chdir: Type.Optional(Type.String({ description: "the directory to run it in" })),
  },
  examples: [`command({ argv: ["flask", "db", "upgrade"], chdir: "/srv/app" })`],
  title: ({ argv }) => argv.join(" "),
  async *plan(host, p) {
    const [created, removed] = await Promise.all([
      p.creates === undefined ? undefined : host.fact(file, p.creates),
      p.removes === undefined ? undefined : host.fact(file, p.removes),
    ]);
    if (created && created.type !== "absent") return nothing;
    if (removed && removed.type === "absent") return nothing;
    const run = sh`${p.argv}`;
    const output = yield change({
      what: "run",
      after: p.argv.join(" "),
      script: p.chdir === undefined ? run : sh`cd ${p.chdir} && ${run}`,
      touches: ["everything"],
    });
    return { stdout: output.stdout.toString(), stderr: output.stderr.toString(), status: output.status };
  },
});

/** What a command that was not run gives. */
const nothing: CommandValue = { stdout: "", stderr: "", status: 0 };
