import { fileFacts } from "../../facts/file-effects.ts";
import { file } from "../../facts/files.ts";
import {
  type SshdFile,
  type SshdUnderstood,
  sshdFolder,
  sshdMain,
  sshdUnderstood,
} from "../../facts/sshd.ts";
import {
  type Change,
  defineModule,
  fail,
  finishRollback,
  lines,
  type Module,
  type OptionalInput,
  Param,
  type Plan,
  type PlanHost,
  pendingRollback,
  type RequiredInput,
  type Rollback,
  rawScript,
  refusing,
  requireOwnWay,
  ShowrunnerError,
  sh,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { copy } from "../files/copy.ts";
import { prefetchFile } from "../files/put-file.ts";
import { removePath } from "../files/remove.ts";
import { mistakeInOptions, type SshdOptions, sshdText } from "./sshd-options.ts";

const params = {
  /** The options, by their names in sshd_config(5): `{ PermitRootLogin: "no", AllowUsers: ["ann"] }`. */
  options: Type.Optional(refusing(Type.Unsafe<SshdOptions>({ title: "SshdOptions" }), mistakeInOptions)),
  /** Options for some connections only, after the others: `[{ criteria: "User backup", options: { … } }]`. */
  match: Type.Optional(
    Type.Array(
      Type.Object(
        {
          /** For which connections, as after `Match`: "User backup", "Address 10.0.0.0/24". */
          criteria: Type.String({ pattern: "^[^\\0\\n\\r]+$" }),
          /** What holds for them. */
          options: refusing(Type.Unsafe<SshdOptions>({ title: "SshdOptions" }), mistakeInOptions),
        },
        { additionalProperties: false },
      ),
    ),
  ),
  /** In place of options: the whole file /etc/ssh/sshd_config. */
  content: Type.Optional(Type.String({ minLength: 1 })),
  /**
   * What the file of the options is called: /etc/ssh/sshd_config.d/NAME.conf. Of several files the first one counts, by
   * their names. Default: "00-showrunner".
   */
  name: withDefault(Type.String({ pattern: "^[A-Za-z0-9_][A-Za-z0-9_.-]*$" }), "00-showrunner"),
  /** `absent`: there is no such file of options. Default: "present". */
  state: Param.state(),
};

/** What `sshdConfig` takes. */
export interface SshdConfigParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/** What `sshdConfig` gives. */
export interface SshdConfigValue {
  /** The file. */
  readonly path: string;
  /** What holds for the options that were given, in sshd's own words, by their names in lower case. */
  readonly effective: Readonly<Record<string, string>>;
}

const rollbackName = "sshd";

/**
 * Sets options of sshd in a file of their own, or its whole configuration, and reloads sshd.
 *
 * sshd is asked what it makes of the file before anything is changed. Where another file sets an option before this one,
 * the task fails, and names that file and line: in sshd the first value counts.
 *
 * The old file comes back by itself within 30 seconds, unless a new connection from this machine confirms the change;
 * then the task fails. Connections that are there go on.
 *
 * @throws ShowrunnerError `task.failed` where sshd refuses the file, with what it says, where another file comes first,
 *   or where there is no sshd; `change.failed` where this machine is shut out, or the change takes longer than 15 seconds
 *
 * @example
 * await sshdConfig({ options: { PermitRootLogin: "no", PasswordAuthentication: false, AllowUsers: ["deploy", "ann"] } });
 */
export const sshdConfig: Module<SshdConfigParams, SshdConfigValue> = defineModule({
  name: "sshdConfig",
  summary: "Sets options of sshd, and takes them back if they shut this machine out.",
  params,
  onlyPresent: ["options", "match", "content"],
  needs: { match: "options" },
  examples: [
    `sshdConfig({ options: { PermitRootLogin: "no", PasswordAuthentication: false, AllowUsers: ["deploy", "ann"] } })`,
    `sshdConfig({ name: "10-backup", options: {}, match: [{ criteria: "User backup", options: { ForceCommand: "/usr/local/bin/backup" } }] })`,
    `sshdConfig({ name: "10-backup", state: "absent" })`,
  ],
  title: (p) => pathOf(p),
  check({ state, options, content }) {
    if (state !== "absent" && options === undefined && content === undefined)
      fail("`options` or `content` is missing", 'such as `options: { PermitRootLogin: "no" }`');
    if (options !== undefined && content !== undefined)
      fail(
        "`options` and `content` are given: expected one of them",
        "`content` is the whole of /etc/ssh/sshd_config",
      );
  },
  async *plan(host, p) {
    const path = pathOf(p);
    const wanted = fileOf(p, path);
    await Promise.allSettled([
      host.fact(pendingRollback, rollbackName),
      wanted && host.fact(sshdUnderstood, wanted),
      prefetchFile(host, path),
    ]);
    yield* finishRollback(host, rollbackName, fileFacts("/etc/ssh"));
    if (wanted === undefined) {
      yield* activating(removePath(host, path), path);
      return { path, effective: {} };
    }
    const found = await understood(host, wanted);
    const { type } = await host.fact(file, path);
    const mode = type === "absent" ? { mode: "0644" } : {};
    yield* activating(copy.plan(host, { dest: path, content: wanted.text, ...mode }), path);
    return { path, effective: found ? effectiveOf(wanted, found) : {} };
  },
});

function pathOf({ content, name = "00-showrunner" }: Partial<SshdConfigParams>): string {
  return content === undefined ? `${sshdFolder}/${name}.conf` : sshdMain;
}

/** Undefined where there is to be none. */
function fileOf({ state, options, match, content }: SshdConfigParams, path: string): SshdFile | undefined {
  if (state === "absent") return undefined;
  if (content !== undefined) return { path, text: content, options: [] };
  return { path, text: sshdText(options ?? {}, match), options: Object.keys(options ?? {}) };
}

type Good = Exclude<SshdUnderstood, { refused: string }>;

/**
 * @returns undefined where sshd is yet to be installed
 * @throws ShowrunnerError where sshd refuses the file, or another one comes first
 */
async function understood(host: PlanHost, wanted: SshdFile): Promise<Good | undefined> {
  const found = await host.fact(sshdUnderstood, wanted);
  host.require(
    found !== undefined,
    "there is no sshd on the host",
    'install it before: `apt({ name: "openssh-server" })`',
  );
  if (found === undefined) return undefined;
  if ("refused" in found) {
    const details = found.refused.trim().split("\n").slice(0, 12);
    const isOthers = /^unshare:|Operation not permitted/m.test(found.refused);
    throw new ShowrunnerError(
      "task.failed",
      isOthers
        ? "the host does not let this user ask its sshd"
        : "sshd refuses the file: nothing was changed",
      { details, hint: isOthers ? "only root may: set become: true for the task or its play" : undefined },
    );
  }
  const beaten = wanted.options.filter((option) => isBeaten(option.toLowerCase(), found));
  if (beaten.length > 0) {
    const places = found.places.filter((place) => !place.startsWith(`${wanted.path}:`));
    host.require(
      false,
      `${beaten.map((option) => beatenText(option, found)).join("; ")}: of several files the first one counts`,
      places.length > 0
        ? `these lines come first: ${places.slice(0, 5).join("; ")}`
        : `${sshdMain} does not include ${sshdFolder}/*.conf`,
    );
  }
  return found;
}

/** Options that have several lines add up over all files; addresses get the ports of all files. */
function isBeaten(option: string, { alone, together }: Good): boolean {
  if (option === "listenaddress") return false;
  return (alone[option] ?? []).some((value) => !together[option]?.includes(value));
}

function beatenText(option: string, { alone, together }: Good): string {
  const name = option.toLowerCase();
  const now = together[name]?.join(", ") ?? "as sshd has it by itself";
  return `${option} would be ${now}, and not ${alone[name]?.join(", ") ?? ""}`;
}

function effectiveOf({ options }: SshdFile, { together }: Good): Readonly<Record<string, string>> {
  const names = options.map((option) => option.toLowerCase());
  return Object.fromEntries(
    names.flatMap((name) => (together[name] ? [[name, together[name].join(" ")]] : [])),
  );
}

/**
 * Checks all files, and has the running sshd read them. What it is asked next must not be answered by the listener that
 * it is about to close. A port that its socket unit has is no matter of the file.
 */
const activate = `PATH=$PATH:/usr/sbin:/sbin
[ -d /run/sshd ] || mkdir -m 755 /run/sshd
sshd -t && {
  if [ -d /run/systemd/system ]; then
    for unit in ssh.service sshd.service; do
      if systemctl --quiet is-active "$unit"; then systemctl reload "$unit" && sleep 0.5; break; fi
    done
  elif [ -s /run/sshd.pid ]; then kill -HUP "$(cat /run/sshd.pid)" && sleep 0.5; fi
}`;

/** The same changes, each of them in effect at once, and taken back by the host unless a new connection confirms it. */
async function* activating<V>(plan: Plan<V>, path: string): Plan<V> {
  const rollback = rollbackOf(path);
  const activated = (one: Change): Change => {
    const { action } = one;
    const touches = [...one.touches, "services" as const];
    if (action.kind === "write")
      return { ...one, touches, rollback, action: { ...action, validate: activate } };
    if (action.kind !== "script") return one;
    const script = lines(action.script, rawScript(`[ $? -eq 0 ] || exit\n${activate}`));
    return { ...one, touches, rollback, action: { ...action, script } };
  };
  let step = await plan.next();
  while (!step.done) step = await plan.next(yield activated(step.value));
  return step.value;
}

function rollbackOf(path: string): Rollback {
  const spare = `${path}.before`;
  return {
    name: rollbackName,
    save: lines(
      requireOwnWay(sh`${path}`, "let root alone write to the directories above it"),
      sh`if [ -e ${path} ] || [ -L ${path} ]; then cp -a -- ${path} old; fi`,
    ),
    restore: lines(
      sh`if [ -e old ] || [ -L old ]; then cp -a -- old ${spare} && mv -f -- ${spare} ${path}; else rm -f -- ${path}; fi || exit`,
      rawScript(activate),
    ),
  };
}
