/**
 * A hostile user: a task works in the user's directories while the user swaps every name there, and must gain nothing.
 */
import { randomBytes } from "node:crypto";
import { sh } from "../../base/script.ts";
import type { Change } from "../../core/facts/change.ts";
import type { FactKey } from "../../core/facts/fact.ts";
import { pathOf } from "../../core/facts/real-paths.ts";
import { attacker } from "./attacker.ts";
import { lawFolder } from "./law-folder.ts";
import type { LawHost } from "./law-host.ts";

/** The user whose directories a case is about. */
export interface Foe {
  readonly user: string;
  readonly directories: readonly string[];
}

/** The paths that changes say they are about. */
export function pathsOf(changes: readonly Change[], asked: readonly { readonly key: FactKey }[]): string[] {
  const touched = changes.flatMap(({ touches }) =>
    touches.flatMap((touch) => {
      if (typeof touch !== "object") return [];
      if ("below" in touch) return [touch.below];
      return "keys" in touch ? (touch.keys ?? []) : [];
    }),
  );
  const keys: FactKey[] = [...changes.flatMap(({ sets }) => sets.map(({ key }) => key)), ...touched];
  const paths = [...keys, ...asked.map(({ key }) => key)].map(pathOf);
  return [...new Set(paths.filter((path) => path?.startsWith("/")).filter((path) => path !== undefined))];
}

/**
 * Who owns directories above these paths, or at them, as the host stands.
 *
 * @param paths absolute
 */
export async function foesAt(host: LawHost, paths: readonly string[]): Promise<Foe[]> {
  if (paths.length === 0) return [];
  const printed = await host.script(
    sh`for path in ${paths}; do
  at=$path
  while [ "$at" ]; do
    if [ -d "$at" ] && [ ! -L "$at" ]; then stat -c '%u %U %n' -- "$at"; fi
    at=\${at%/*}
  done
done | sort -u`.text,
  );
  const foes = new Map<string, string[]>();
  for (const line of printed.split("\n")) {
    const [, uid, user = "", directory = ""] = /^(\d+) (\S+) (.*)$/.exec(line) ?? [];
    if (uid === undefined || uid === "0" || user === "UNKNOWN") continue;
    foes.set(user, [...(foes.get(user) ?? []), directory]);
  }
  return [...foes].map(([user, directories]) => ({ user, directories }));
}

/**
 * What the attacker is after, in a directory of root's: a file, a file that all may write, a secret, and a directory.
 */
const targets = "/etc/showrunner-law";

/** A line each, which begins with a path. */
const state = `stat -c '%n %u %g %a' / /etc /root /home /usr /var
find ${targets} -exec stat -c '%n %u %g %a %F %h' {} + | LC_ALL=C sort
find ${targets} -type f -exec sha256sum {} + | sed 's/^\\([0-9a-f]*\\)  \\(.*\\)/\\2 holds \\1/' | LC_ALL=C sort`;

export class Attack {
  readonly #host: LawHost;
  readonly #foe: Foe;
  readonly #token = `SECRET-${randomBytes(8).toString("hex")}`;
  readonly #aside: string;

  constructor(host: LawHost, foe: Foe) {
    this.#host = host;
    this.#foe = foe;
    const [first = "/home"] = foe.directories;
    // beside the directories, so that things can be moved there
    this.#aside = `${first.slice(0, first.lastIndexOf("/"))}/.showrunner-law`;
  }

  /**
   * Runs a body while the attacker attacks.
   *
   * @returns what the attacker has gained, a line each
   */
  async during(body: () => Promise<unknown>): Promise<string[]> {
    const before = await this.#begin();
    try {
      await body();
    } finally {
      await this.#end();
    }
    const after = (await this.#host.script(state)).split("\n");
    const loot = await this.#host.script(`sort -u ${lawFolder}/loot; rm -rf ${targets}`);
    const stolen = loot.split("\n").filter((line) => line !== "");
    return [
      ...after
        .filter((line) => !before.includes(line))
        .map((line) => `${this.#foe.user} had root alter it: ${line}`),
      ...before.filter((line) => !after.includes(line)).map((line) => `it was: ${line}`),
      ...stolen.map((path) => `${this.#foe.user} has read what was root's alone, at ${path}`),
    ];
  }

  async #begin(): Promise<string[]> {
    const { user, directories } = this.#foe;
    const words = [
      `${lawFolder}/calm`,
      this.#aside,
      `${lawFolder}/loot`,
      this.#token,
      targets,
      ...directories,
    ];
    const printed = await this.#host.script(
      `set -e
mkdir -p ${lawFolder}; chmod 755 ${lawFolder}
cat >${lawFolder}/attack.pl <<'END'
${attacker}
END
rm -rf ${targets}; mkdir ${targets} ${targets}/deep ${targets}/deep/deep
for name in file deep/file deep/deep/file; do echo root >${targets}/$name; done
echo open >${targets}/open; chmod 666 ${targets}/open
echo ${this.#token} >${targets}/secret; chmod 600 ${targets}/secret
rm -f ${lawFolder}/calm
${sh`install -d -m 700 -o ${user} ${this.#aside}; install -m 600 -o ${user} /dev/null ${`${lawFolder}/loot`}`.text}
${state}
${sh`setsid runuser -u ${user} -- perl ${`${lawFolder}/attack.pl`} ${words} </dev/null >/dev/null 2>&1 &`.text}
echo $! >${lawFolder}/attacker`,
    );
    return printed.split("\n");
  }

  async #end(): Promise<void> {
    await this.#host.script(`: >${lawFolder}/calm
for wait in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  pgrep -f ${lawFolder}/attack.pl >/dev/null || break
  sleep 0.1
done
pkill -KILL -f ${lawFolder}/attack.pl
${sh`rm -rf ${this.#aside}`.text}`);
  }
}
