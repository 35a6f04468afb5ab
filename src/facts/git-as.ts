/** How git is run on a host: as the user to whom a checkout belongs, with nothing of a repository's that could run. */
import { feed, lines, rawScript, type Script, secret, sh } from "../kit/index.ts";

/** Who runs git, and by what it logs in where. */
export interface GitLogin {
  readonly [name: string]: unknown;
  /** The user; left out: the one that scripts run as. */
  readonly user?: string | undefined;
  /** A private key, as in its file. */
  readonly key?: string | undefined;
  /** Lines of a known_hosts file: with them no other hosts are known. */
  readonly knownHosts?: string | undefined;
}

/**
 * Hooks, a monitor of files and transports that are commands are off; nothing is asked for, and nothing goes on in the
 * background. Filters of a checkout's own configuration may run: they run as its owner.
 */
const options = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "protocol.ext.allow=never",
  "core.pager=cat",
  "gc.auto=0",
  "maintenance.auto=false",
  "advice.detachedHead=false",
  "init.defaultBranch=main",
];

/**
 * Runs a script as the user of a login, with a function `git`. Its key is held by an agent of its own, so it is in no
 * file, and the agent ends with the script; within ten seconds, if the script is killed.
 *
 * @param words of the script, as `$1`, `$2` …
 */
export function runGit(
  { user = "", key, knownHosts }: GitLogin,
  script: Script,
  words: readonly string[],
): Script {
  const inner = lines(
    key === undefined
      ? rawScript(":")
      : rawScript(`trap 'kill "$SSH_AGENT_PID"' EXIT
ssh-add -q - || exit`),
    rawScript(`exec </dev/null
cd / || exit
git() { command git ${options.map((option) => `-c ${option}`).join(" ")} "$@"; }`),
    script,
  );
  const run = lines(
    sh`sr_user=${user}`,
    rawScript(runAs),
    sh`export GIT_TERMINAL_PROMPT=0 GIT_OPTIONAL_LOCKS=0 GIT_SSH_COMMAND=${sshCommand(knownHosts)} SR_KNOWN_HOSTS=${knownHosts ?? ""}`,
    // with it, git would take what belongs to that user for root's own
    rawScript("unset SUDO_UID GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE"),
    sh`sr_as ${key === undefined ? [] : ["ssh-agent"]} sh -c ${inner.text} sh ${words}`,
  );
  return feed(key === undefined ? "" : secret`${key.trimEnd()}${"\n"}`, run);
}

/** Host keys are always verified, by what is known before. */
function sshCommand(knownHosts: string | undefined): string {
  const known = [
    "-o UserKnownHostsFile=/dev/null",
    "-o GlobalKnownHostsFile=/dev/null",
    "-o 'KnownHostsCommand=/usr/bin/printenv SR_KNOWN_HOSTS'",
  ];
  return [
    "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=15 -o ServerAliveInterval=15",
    ...(knownHosts === undefined ? [] : known),
  ].join(" ");
}

const runAs = `sr_as() {
  if [ -z "$sr_user" ] || [ "$(id -un)" = "$sr_user" ]; then "$@"
  else
    sr_home=$(getent passwd "$sr_user" | cut -d: -f6)
    setpriv --reuid="$sr_user" --regid="$(id -g -- "$sr_user")" --init-groups -- \\
      env HOME="$sr_home" USER="$sr_user" LOGNAME="$sr_user" "$@"
  fi
}`;

/**
 * Runs scripts that each print what their key is, at most this many bytes, with the length before it. They can't print
 * into one another: what a program leaves behind has only a file.
 */
export function printEach(scripts: readonly Script[], limit: number): Script {
  return lines(
    rawScript(`sr_out=$(mktemp) || exit
trap 'rm -f -- "$sr_out"' EXIT
sr_print() {
  sr_length=$(wc -c <"$sr_out")
  [ "$sr_length" -le ${limit} ] || sr_length=${limit}
  printf '%s %s\\n' "$sr_status" "$sr_length"
  head -c "$sr_length" -- "$sr_out"
}`),
    ...scripts.map((script) =>
      rawScript(`: >"$sr_out"
(
ulimit -f ${limit / 128}
${script.text}
) >"$sr_out" 2>&1 </dev/null
sr_status=$?
sr_print`),
    ),
    rawScript(":"),
  );
}

/** Reads what `printEach` has printed. */
export function printedEach(
  stdout: Buffer,
  count: number,
): { readonly status: number; readonly text: string }[] {
  const all: { status: number; text: string }[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const end = stdout.indexOf("\n", at);
    const [, status, length] =
      /^(\d{1,3}) (\d{1,9})$/.exec(stdout.toString("latin1", at, Math.min(end, at + 20))) ?? [];
    if (end < 0 || status === undefined || length === undefined) break;
    const start = end + 1;
    at = start + Number(length);
    all.push({ status: Number(status), text: stdout.toString("utf8", start, at) });
  }
  return all;
}
