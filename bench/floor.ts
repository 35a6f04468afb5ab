/**
 * The floor: what a careful administrator's own script would take. Five OpenSSH clients side by side, each a fresh
 * connection that is fed one script, which does the same one by one with the plain commands for it.
 */
import { ShowrunnerError } from "../src/base/errors.ts";
import { quote } from "../src/base/script.ts";
import { lab, sshOptions } from "./lab.ts";
import { lastWords, measure } from "./measure.ts";
import type { Sample } from "./rounds.ts";
import * as work from "./work.ts";

/** Ends every here-document; no content holds it. */
const endOfFile = "END-OF-BENCH-FILE";

/**
 * The checks as one script for POSIX `sh`, to be run as root. It names what differs, and ends by saying how many
 * checks it did.
 */
export function floorScript(): string {
  return scriptOf(({ what }) => `echo ${quote(`differs: ${what}`)}`);
}

/** The same script for hosts where all is missing: what differs, it brings about. */
export function convergingScript(): string {
  return ["export DEBIAN_FRONTEND=noninteractive", scriptOf(({ remedy }) => remedy)].join("\n");
}

/** A task as an administrator writes it by hand. */
interface Check {
  readonly what: string;
  /** Succeeds where nothing differs. */
  readonly holds: string;
  /** Brings it about. */
  readonly remedy: string;
}

function scriptOf(otherwise: (check: Check) => string): string {
  const checks = [
    ...work.packages.map(packageCheck),
    ...work.directories.map(directoryCheck),
    ...work.files.map(({ path, content }) => fileCheck(path, content)),
    ...work.sites.map((site) => fileCheck(site.dest, work.siteContent(site))),
    ...work.lines.map(lineCheck),
    ...work.services.map(serviceCheck),
    ...work.users.map(userCheck),
    ...work.commands.map(commandCheck),
  ];
  return [
    "checked=0",
    ...checks.map(
      (check) => `checked=$((checked+1)); if ${check.holds}\nthen :; else ${otherwise(check)}\nfi`,
    ),
    'echo "checked $checked"',
    "",
  ].join("\n");
}

/** How OpenSSH's client gets to the hosts: the words of its command line for each of them. */
export const direct: readonly (readonly string[])[] = lab.hosts.map(({ address }) => [
  ...sshOptions(),
  `${lab.user}@${address}`,
]);

/**
 * Runs a script on all hosts at once.
 *
 * @param ways how to get to each host
 * @returns the seconds from the first client's start to the last one's end
 * @throws ShowrunnerError if a host does not say in the end that all has been looked at, and nothing else
 */
export async function runFloor(
  script: string,
  signal: AbortSignal,
  ways: readonly (readonly string[])[] = direct,
): Promise<Sample> {
  const started = performance.now();
  const runs = ways.map((way) => measure(["ssh", ...way, "sudo", "sh"], { input: script, signal }));
  const ended = await Promise.all(runs);
  const seconds = (performance.now() - started) / 1000;
  for (const [index, run] of ended.entries()) {
    if (run.status === 0 && run.stdout === `checked ${work.taskCount}\n`) continue;
    throw new ShowrunnerError("task.failed", `the floor's script failed on ${lab.hosts[index]?.name}`, {
      details: lastWords(run),
    });
  }
  return { seconds };
}

function packageCheck(name: string): Check {
  const status = `$(dpkg-query -W -f '\${db:Status-Status}' ${quote(name)} 2>/dev/null)`;
  return {
    what: `package ${name}`,
    holds: `[ "${status}" = installed ]`,
    remedy: `apt-get -y -q install ${quote(name)} >/dev/null 2>&1 </dev/null`,
  };
}

function directoryCheck(path: string): Check {
  return {
    what: `directory ${path}`,
    holds: stateIs(path, `directory ${octal(work.directoryMode)} root:root`),
    remedy: `install -d -o root -g root -m ${work.directoryMode} ${quote(path)}`,
  };
}

/** Written whole beside its place, and then renamed: nobody sees half of it. */
function fileCheck(path: string, content: string): Check {
  const state = stateIs(path, `regular file ${octal(work.fileMode)} root:root`);
  const written = quote(`${path}.new`);
  return {
    what: `file ${path}`,
    holds: `${state} && cmp -s ${quote(path)} - <<'${endOfFile}'\n${content}${endOfFile}`,
    remedy: `cat >${written} <<'${endOfFile}' && chmod ${work.fileMode} ${written} && mv ${written} ${quote(path)}\n${content}${endOfFile}`,
  };
}

function lineCheck({ path, line }: work.BenchLine): Check {
  return {
    what: `line ${line}`,
    holds: `grep -qxF ${quote(line)} ${quote(path)} 2>/dev/null`,
    remedy: `echo ${quote(line)} >>${quote(path)}`,
  };
}

function serviceCheck(name: string): Check {
  const unit = quote(name);
  return {
    what: `service ${name}`,
    holds: `systemctl is-active -q ${unit} && systemctl is-enabled -q ${unit}`,
    remedy: `systemctl enable --now ${unit}`,
  };
}

function userCheck({ name, home, shell }: work.BenchUser): Check {
  return {
    what: `user ${name}`,
    holds: `case $(getent passwd ${quote(name)}) in *:${quote(home)}:${quote(shell)}) ;; *) false ;; esac`,
    remedy: `useradd -m -d ${quote(home)} -s ${quote(shell)} ${quote(name)}`,
  };
}

function commandCheck({ argv, creates }: work.BenchCommand): Check {
  return {
    what: `command for ${creates}`,
    holds: `[ -e ${quote(creates)} ]`,
    remedy: argv.map(quote).join(" "),
  };
}

/** One `stat` for kind, mode and owner. */
function stateIs(path: string, state: string): string {
  return `[ "$(stat -c '%F %a %U:%G' ${quote(path)} 2>/dev/null)" = ${quote(state)} ]`;
}

/** As `stat` prints a mode. */
function octal(mode: string): string {
  return mode.replace(/^0/, "");
}
