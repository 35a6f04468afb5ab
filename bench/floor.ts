/**
 * The floor: what a careful administrator's own script would take. Five OpenSSH clients side by side, each a fresh
 * connection that is fed one script, which does the same checks one by one with the plain commands for them.
 */
import { ShowrunnerError } from "../src/base/errors.ts";
import { quote } from "../src/base/script.ts";
import { lab, sshOptions } from "./lab.ts";
import { lastWords, measure } from "./measure.ts";
import * as work from "./work.ts";

/** Ends every here-document; no content holds it. */
const endOfFile = "END-OF-BENCH-FILE";

/**
 * The checks as one script for POSIX `sh`, to be run as root. It names what differs, and ends by saying how many
 * checks it did.
 */
export function floorScript(): string {
  return [
    "checked=0",
    'differs() { echo "differs: $*"; }',
    ...work.packages.map(packageCheck),
    ...work.directories.map(directoryCheck),
    ...work.files.map(({ path, content }) => fileCheck(path, content)),
    ...work.sites.map((site) => fileCheck(site.dest, work.siteContent(site))),
    ...work.lines.map(lineCheck),
    ...work.services.map(serviceCheck),
    ...work.users.map(userCheck),
    ...work.commands.map(commandCheck),
    'echo "checked $checked"',
    "",
  ].join("\n");
}

/**
 * Runs the script on all hosts at once.
 *
 * @returns the seconds from the first client's start to the last one's end
 * @throws ShowrunnerError if a host does not agree that nothing differs
 */
export async function runFloor(script: string, signal: AbortSignal): Promise<number> {
  const started = performance.now();
  const runs = lab.hosts.map(({ address }) =>
    measure(["ssh", ...sshOptions, `${lab.user}@${address}`, "sudo", "sh"], { input: script, signal }),
  );
  const ended = await Promise.all(runs);
  const seconds = (performance.now() - started) / 1000;
  for (const [index, run] of ended.entries()) {
    if (run.status === 0 && run.stdout === `checked ${work.taskCount}\n`) continue;
    throw new ShowrunnerError("task.failed", `the floor's checks failed on ${lab.hosts[index]?.name}`, {
      details: lastWords(run),
    });
  }
  return seconds;
}

function packageCheck(name: string): string {
  const asked = `$(dpkg-query -W -f '\${db:Status-Status}' ${quote(name)} 2>/dev/null)`;
  return check(`[ "${asked}" = installed ]`, `package ${name}`);
}

function directoryCheck(path: string): string {
  return check(stateIs(path, `directory ${octal(work.directoryMode)} root:root`), `directory ${path}`);
}

function fileCheck(path: string, content: string): string {
  const state = stateIs(path, `regular file ${octal(work.fileMode)} root:root`);
  const same = `cmp -s ${quote(path)} - <<'${endOfFile}'\n${content}${endOfFile}\n`;
  return `checked=$((checked+1)); ${state} || differs ${quote(`file ${path}`)}\n${same}[ $? -eq 0 ] || differs ${quote(`content of ${path}`)}`;
}

function lineCheck({ path, line }: work.BenchLine): string {
  return check(`grep -qxF ${quote(line)} ${quote(path)} 2>/dev/null`, `line ${line}`);
}

function serviceCheck(name: string): string {
  const unit = quote(name);
  return check(`systemctl is-active -q ${unit} && systemctl is-enabled -q ${unit}`, `service ${name}`);
}

function userCheck({ name, home, shell }: work.BenchUser): string {
  const entry = `case $(getent passwd ${quote(name)}) in *:${quote(home)}:${quote(shell)}) ;; *) false ;; esac`;
  return check(entry, `user ${name}`);
}

function commandCheck({ creates }: work.BenchCommand): string {
  return check(`[ -e ${quote(creates)} ]`, `command for ${creates}`);
}

function check(condition: string, what: string): string {
  return `checked=$((checked+1)); { ${condition}; } || differs ${quote(what)}`;
}

/** One `stat` for kind, mode and owner. */
function stateIs(path: string, state: string): string {
  return `[ "$(stat -c '%F %a %U:%G' ${quote(path)} 2>/dev/null)" = ${quote(state)} ]`;
}

/** As `stat` prints a mode. */
function octal(mode: string): string {
  return mode.replace(/^0/, "");
}
