import {
  defineModule,
  type Module,
  type OptionalInput,
  type RequiredInput,
  sh,
  Type,
} from "../../kit/index.ts";
import { type CommandValue, checkRun, runParams, runScript } from "./run-script.ts";

const params = {
  /** The command and its words. */
  argv: Type.Array(Type.String(), { minItems: 1 }),
  ...runParams,
};

/** What `command` takes. */
export interface CommandParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Runs a command, without a shell in between: every word reaches it as it is.
 *
 * It is opaque, so it always counts as a change, unless `readOnly` says that it makes none; `creates` and `removes`
 * make it idempotent. In a check it is not run, and its output is unknown.
 *
 * @throws ShowrunnerError `change.failed` (`task.failed` for one that only reads) with its last lines, if it ends with
 *   a status that is not in `statuses`
 *
 * @example
 * await command({ argv: ["flask", "db", "upgrade"], chdir: "/srv/app", environment: { DATABASE_URL: url } });
 * const { value } = await command({ argv: ["openssl", "version"], readOnly: true });
 */
export const command: Module<CommandParams, CommandValue> = defineModule({
  name: "command",
  summary: "Runs a command without a shell.",
  params,
  examples: [
    `command({ argv: ["flask", "db", "upgrade"], chdir: "/srv/app" })`,
    `command({ argv: ["openssl", "version"], readOnly: true })`,
  ],
  titleQuotes: true,
  title: ({ argv }) => argv.join(" "),
  check: checkRun,
  // through "$@": the shell would take a first word such as `A=b`, `if` or `exit` for something of its own
  plan: (host, p) =>
    runScript(
      host,
      p,
      p.argv.join(" "),
      sh`set -- ${p.argv}
"$@"`,
    ),
});
