/** A user's password, and its lock. */

import { accountFilesAltered, passwordState, userPassword } from "../../facts/users.ts";
import { change, fail, feed, type Plan, type PlanHost, reveal, sh } from "../../kit/index.ts";
import type { UserSettings } from "./user-params.ts";

/** An empty hash is a password that everybody has. */
export function checkPassword(hash: string, locked: boolean | undefined): void {
  const without = "`*` is the hash that no password has";
  if (hash === "") fail("`password` is empty: the account would let anybody in without one", without);
  if (!/^(!+|!*(\$[^:\n]+|\*))$/.test(hash))
    fail(
      "`password` must be a hash, which begins with `$`, or `*` for none",
      "make one with `mkpasswd -m yescrypt` or `openssl passwd -6`",
    );
  if (locked === false && /^!+$/.test(hash))
    fail("`password` is a lock with no hash behind it: unlocked, it would let anybody in", without);
}

export async function* setPassword(host: PlanHost, p: UserSettings, created: boolean): Plan<void> {
  const { name, password, passwordLock } = p;
  const sets = password !== undefined && (created || p.updatePassword !== "onCreate");
  if (!sets && passwordLock === undefined) return;
  // the hash that comes with creating is useradd's own: none, and locked
  let now = created ? passwordState("!") : await host.fact(userPassword, name);
  if (sets) {
    const given = reveal(password);
    const wanted = passwordState(given);
    const locked =
      passwordLock ?? (given.startsWith("!") || (now?.locked === true && now.digest === wanted.digest));
    const next = { digest: wanted.digest, locked };
    if (now?.digest !== next.digest || now.locked !== next.locked) {
      const hash = `${locked ? "!" : ""}${given.replace(/^!+/, "")}`;
      yield change({
        what: "password",
        script: feed(`${name}:${hash}\n`, sh`chpasswd -e`),
        sets: [userPassword.is(name, next)],
        touches: accountFilesAltered,
      });
      now = next;
    }
  }
  if (passwordLock === undefined || now === undefined || now.locked === passwordLock) return;
  // behind this lock is no password: there is nothing to unlock, and usermod would leave it as it is
  if (!passwordLock && now.digest === passwordState("").digest) return;
  yield change({
    what: passwordLock ? "password locked" : "password unlocked",
    script: sh`usermod ${passwordLock ? "--lock" : "--unlock"} -- ${name}`,
    sets: [userPassword.is(name, { ...now, locked: passwordLock })],
    touches: accountFilesAltered,
  });
}
