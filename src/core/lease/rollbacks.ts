/**
 * The host's side of a change that is taken back unless a new connection confirms it. What is needed for that lies in
 * a folder that only root enters, one for each name: the state before the change, the script that restores it, and
 * the token of this one rollback, so that a late timer never takes back a later change.
 *
 * All scripts hold a lock while they act. So a rollback waits a moment for a change that is being made, and then ends it:
 * all processes that hold the token open. A change that comes after its rollback is not made. Only what a change has
 * left as a daemon, with none of its files open, can't be ended.
 */

import { refuse } from "../../base/refusal.ts";
import { lines, quote, rawScript, type Script, sh } from "../../base/script.ts";
import { defineFact, nothingElse } from "../facts/fact.ts";
import type { Rollback } from "../facts/rollback.ts";
import { stateFolders } from "./host-state.ts";

/** Seconds that a rollback waits for its own change: whoever makes one has given it up long before. */
const ownPatience = 5;
/** Seconds that it waits for a script of another name. */
const patience = 20;
/** The change's processes hold its token open as this file. */
const holding = 7;

/** Sets `rollbacks`, the folder of all, and `lock`, which waits until no other script acts. */
const prelude = lines(
  stateFolders,
  rawScript(`${refuse}
rollbacks=$state/rollbacks
lock() { exec 8<"$rollbacks" && { ! command -v flock >/dev/null || flock -w ${patience} 8; }; }`),
);

/**
 * The tokens of the changes that this process has made, but for those that it had to leave to the host's timer. A task
 * may read one of them while, or just before, the change is confirmed.
 */
const ours = new Set<string>();

/** From now on, a rollback with this token is not of a run that has died. */
export function answerFor(token: string): void {
  ours.add(token);
}

/** What becomes of the change is not known: it is now like that of a run that has died. */
export function leaveToHost(token: string): void {
  ours.delete(token);
}

/** Whether a change that was made under this name still waits for its confirmation: the run that made it has died. */
export const pendingRollback = defineFact<string, boolean>({
  name: "showrunner.rollback",
  restsOn: nothingElse,
  script: (names) => sh`${stateFolders}
for name in ${names}; do
  token= folder=$state/rollbacks/$name
  [ ! -d "$folder" ] || { read -r token <"$folder/token"; } 2>/dev/null || :
  printf '%s\\n' "$token"
done`,
  parse(stdout, names) {
    const tokens = stdout.toString().split("\n");
    return new Map(
      names.map((name, index) => {
        const token = tokens[index] ?? "";
        return [name, token !== "" && !ours.has(token)];
      }),
    );
  },
});

/** The unit that makes the rollback at boot, should the host be rebooted before the time is over. */
const bootUnit = (name: string) => `showrunner-rollback-${name}.service`;
const unitFolder = "/etc/systemd/system";
const wantedBy = `${unitFolder}/multi-user.target.wants`;

/**
 * Makes the rollback: with the folder as `$1` and the token as `$2`, which is left out where any token will do. It lies
 * on the host, and is whole before anything is changed.
 */
const runScript = (name: string) => `{
cd -- "$1/.." && exec 8<. || exit
command -v flock >/dev/null && flock -w ${ownPatience} 8 || {
  for process in /proc/[0-9]*; do
    [ ! "$process/fd/${holding}" -ef "$1/token" ] || kill -KILL "\${process#/proc/}" 2>/dev/null
  done
  ! command -v flock >/dev/null || flock -w ${patience} 8 || :
}
[ -f "$1/token" ] || exit 0
[ -z "\${2-}" ] || [ "$(cat "$1/token")" = "$2" ] || exit 0
cd -- "$1" || exit
( exec 8<&-; . ./restore ) >said 2>&1 </dev/null || { mv -f said failed; exit 1; }
cd /
rm -f ${wantedBy}/${bootUnit(name)} ${unitFolder}/${bootUnit(name)}
mv -- "$1" "$1.gone" && rm -rf -- "$1.gone"
exit
}
`;

/**
 * Saves the state and sets the timer, which is the host's own: it needs neither our connection nor us.
 *
 * @param token random, of this rollback alone
 * @param seconds until the rollback
 */
export function armScript({ name, save, restore }: Rollback, token: string, seconds: number): Script {
  const unit = `[Unit]
Description=Takes back a change that no new connection has confirmed
Before=ssh.service sshd.service
[Service]
Type=oneshot
ExecStart=/bin/sh %s/run %s
`;
  return sh`${prelude}
[ "$sr_me" = 0 ] || sr_refuse 'only root can make a change that the host takes back by itself' 'set become: true for the task or its play'
umask 077
make "$state" && make "$rollbacks" && lock || exit
name=${name}
cd -- "$rollbacks" || exit
[ ! -e "$name" ] || sr_refuse "an earlier change of $name is not confirmed yet" 'run again: that change is taken back first'
rm -rf -- "$name.new" "$name.gone"
mkdir -- "$name.new" && cd -- "$name.new" || exit
(
${save}
) || { status=$?; rm -rf -- "$rollbacks/$name.new"; exit $status; }
printf %s ${restore.text} >restore && printf %s ${runScript(name)} >run && printf %s ${token} >token || exit
folder=$rollbacks/$name
if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then
  mkdir -p ${wantedBy}
  printf ${unit} "$folder" "$folder" >${unitFolder}/${bootUnit(name)} && chmod 644 ${unitFolder}/${bootUnit(name)} &&
    ln -sf ../${bootUnit(name)} ${wantedBy}/ && mv -- "../$name.new" "$folder" &&
    systemd-run --quiet --collect --unit=${timerOf(token)} --on-active=${seconds} --timer-property=AccuracySec=100ms -- /bin/sh "$folder/run" "$folder" ${token}
else
  apart=; ! command -v setsid >/dev/null || apart=setsid
  mv -- "../$name.new" "$folder" || exit
  ( trap '' HUP; exec 8<&- $apart sh -c 'sleep "$1"; exec sh "$2/run" "$2" "$3"' sh ${seconds} "$folder" ${token} ) </dev/null >/dev/null 2>&1 &
fi || {
  status=$?
  rm -rf -- "$folder" "$folder.new"; rm -f ${wantedBy}/${bootUnit(name)} ${unitFolder}/${bootUnit(name)}
  exit $status
}`;
}

/**
 * What stands before the change's own script: it holds the lock and its token to its end, and does nothing after its
 * rollback.
 */
export function holdScript(name: string, token: string): Script {
  return rawScript(`sr_rollbacks=$(
${stateFolders.text}
printf %s "$state/rollbacks")
${refuse}
exec 8<"$sr_rollbacks" && { ! command -v flock >/dev/null || flock 8; } || exit
[ "$(cat "$sr_rollbacks/"${quote(name)}/token 2>/dev/null)" = ${quote(token)} ] || sr_refuse 'the time for this change is over: nothing was changed' 'run again'
exec ${holding}<"$sr_rollbacks/"${quote(name)}/token`);
}

/**
 * Confirms the change: there will be no rollback. Prints `confirmed`, also where it is asked again, or `gone` where the
 * rollback came first.
 */
export function confirmScript(name: string, token: string): Script {
  return sh`${prelude}
[ -d "$rollbacks" ] && lock || exit
cd -- "$rollbacks" || exit
name=${name}
if [ "$(cat "$name/token" 2>/dev/null)" = ${token} ]; then
  printf %s ${token} >"$name.confirmed"
  mv -- "$name" "$name.gone" && rm -rf -- "$name.gone" || exit
  rm -f ${wantedBy}/${bootUnit(name)} ${unitFolder}/${bootUnit(name)}
  ${stopTimer(token)}
fi
if [ "$(cat "$name.confirmed" 2>/dev/null)" = ${token} ]; then echo confirmed; else echo gone; fi`;
}

/**
 * Makes the rollback now. Prints `back` where it made it, `gone` where it was made before, or `confirmed` where a
 * confirmation came first. Ends with a status where the state could not be restored, and prints what was said.
 *
 * @param token left out: whichever is pending, as of a run that has died
 */
export function goBackScript(name: string, token = ""): Script {
  return sh`${prelude}
cd -- "$rollbacks" 2>/dev/null || { echo gone; exit 0; }
name=${name} token=${token} came=gone
pending=$(cat "$name/token" 2>/dev/null)
if [ -n "$pending" ] && { [ -z "$token" ] || [ "$pending" = "$token" ]; }; then
  sh "$rollbacks/$name/run" "$rollbacks/$name" "$pending" || { cat -- "$name/failed" >&2; exit 1; }
  came=back
  ${stopTimer("$pending")}
fi
if [ -n "$token" ] && [ "$(cat "$name.confirmed" 2>/dev/null)" = "$token" ]; then echo confirmed; else echo $came; fi`;
}

function timerOf(token: string): string {
  return `showrunner-rollback-${token}`;
}

/** @param token a word of the shell */
function stopTimer(token: string): Script {
  return rawScript(
    `[ ! -d /run/systemd/system ] || systemctl --quiet stop "${timerOf(token)}.timer" >/dev/null 2>&1 || :`,
  );
}
