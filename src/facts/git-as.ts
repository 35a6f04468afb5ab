/** How git is run on a host: as the user to whom a checkout belongs, with nothing of a repository's that could run. */
import { feed, lines, rawScript, reveal, type Script, type Secret, secret, sh } from "../kit/index.ts";

/** Who runs git, and by what it logs in where. */
export interface GitLogin {
  readonly [name: string]: unknown;
  /** The user; left out: the one that scripts run as. */
  readonly user?: string | undefined;
  /** A private key, as in its file. */
  readonly key?: Secret | undefined;
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
 * What the user has set up may run along with git, and may stay behind. So this is only for a place where nothing but
 * the script's own answer can be written: `printEach`, `printAfterwards`.
 *
 * @param words of the script, as `$1`, `$2` …
 * @param seconds after so many it is ended, with status 124 or 137, where the host has `timeout`
 */
export function runGit(
  { user = "", key, knownHosts }: GitLogin,
  script: Script,
  words: readonly string[],
  seconds?: number,
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
    // outside of what runs as the user, who could end it
    rawScript(
      seconds === undefined
        ? "sr_within="
        : `sr_within='timeout -k 5 ${seconds}'; command -v timeout >/dev/null || sr_within=`,
    ),
    rawScript(runAs),
    sh`export GIT_TERMINAL_PROMPT=0 GIT_OPTIONAL_LOCKS=0 GIT_SSH_COMMAND=${sshCommand(knownHosts)} SR_KNOWN_HOSTS=${knownHosts ?? ""}`,
    // with it, git would take what belongs to that user for root's own
    rawScript("unset SUDO_UID GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE"),
    sh`sr_as ${key === undefined ? [] : ["ssh-agent"]} sh -c ${inner.text} sh ${words}`,
  );
  return feed(key === undefined ? "" : secret`${reveal(key).trimEnd()}${"\n"}`, run);
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
  if [ -z "$sr_user" ] || [ "$(id -un)" = "$sr_user" ]; then $sr_within "$@"
  else
    sr_home=$(getent passwd "$sr_user" | cut -d: -f6)
    $sr_within setpriv --reuid="$sr_user" --regid="$(id -g -- "$sr_user")" --init-groups -- \\
      env HOME="$sr_home" USER="$sr_user" LOGNAME="$sr_user" "$@"
  fi
}`;

/**
 * Runs a script with a file as its output, which has no name, and which nothing else gets: what the script starts can't
 * write into the session's streams, nor into what another script prints, even if it stays behind. Then `$sr_status` is
 * the script's status, and the file is open for reading as 9.
 */
function intoFile(script: Script): Script {
  return lines(
    rawScript(`sr_out=$(mktemp) || exit
exec 8>"$sr_out" 9<"$sr_out" || exit
rm -f -- "$sr_out"
(
exec >&8 2>&8 </dev/null 8>&- 9<&-`),
    script,
    rawScript(`)
sr_status=$?
exec 8>&-`),
  );
}

/** Runs a script, prints the last of its output as errors when it has ended, and ends with its status. */
export function printAfterwards(script: Script): Script {
  return lines(
    intoFile(script),
    // what stays behind may go on writing
    rawScript(`tail -c 65536 <&9 | head -c 65536 >&2
exec 9<&-
( exit "$sr_status" )`),
  );
}

/** Runs scripts that each print what their key is: at most this many bytes of each are read. */
export function printEach(scripts: readonly Script[], limit: number): Script {
  return lines(
    ...scripts.map((script) =>
      lines(
        intoFile(lines(rawScript(`ulimit -f ${limit / 128}`), script)),
        // in a form in which a line is an answer, whatever is in it
        rawScript(`printf '%s ' "$sr_status"
head -c ${limit + 1} <&9 | base64 | tr -d '\\n'
echo
exec 9<&-`),
      ),
    ),
    rawScript(":"),
  );
}

/** How many bytes `printEach` prints at most. */
export function printedSize(count: number, limit: number): number {
  return count * (2 * limit + 64);
}

/** What a script has printed. */
interface Printed {
  readonly status: number;
  readonly text: string;
  /** Whether there was more of it. */
  readonly isCut: boolean;
}

/** Reads what `printEach` has printed. Of a script without an answer, the status is 1. */
export function printedEach(stdout: Buffer, count: number, limit: number): Printed[] {
  const answers = stdout.toString("latin1").split("\n", count);
  return Array.from({ length: count }, (_, index) => {
    const answer = answers[index] ?? "";
    const [, status = "1"] = /^(\d{1,3}) /.exec(answer) ?? [];
    const printed = Buffer.from(answer.slice(answer.indexOf(" ") + 1), "base64");
    return {
      status: Number(status),
      text: printed.toString("utf8", 0, limit),
      isCut: printed.length > limit,
    };
  });
}

/** The status of a script that was ended by `timeout`. */
export const isLate = (status: number): boolean => status === 124 || status === 137;
