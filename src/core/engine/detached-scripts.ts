/** Work that outlives its connection, on the host's side: a session of its own, and a folder that only its user enters. */

import { createHash } from "node:crypto";
import { feed, quote, rawScript, type Script, sh } from "../../base/script.ts";
import { stateFolders } from "../lease/host-state.ts";

/**
 * Sets `job`, `safe`, which says whether the folders are this user's (another one who was there first could forge a
 * job), and `running`, which says whether the process that was written down still is that process.
 */
const prelude = (id: string) => sh`${stateFolders}
job="$state/jobs/"${id}
safe() {
  { enter "$state" && enter "$state/jobs"; } || { echo "$state/jobs is not a folder of this user's own" >&2; return 1; }
}
running() {
  read -r pid begun <"$job/pid" || return 1
  # a host without /proc tells only that there is a process of that number
  [ "$begun" ] || { kill -0 "$pid"; return; }
  { read -r stat <"/proc/$pid/stat"; } || return 1
  set -- $\{stat##*) }
  [ "$\{20}" = "$begun" ] && [ "$1" != Z ]
} 2>/dev/null`;

/**
 * Starts a script that goes on by itself. Prints `started`, or `joined` where an earlier run's still goes on, or
 * `other` where that one's job of this name is another script: what an earlier run did not see the end of is done
 * again. To be asked twice with one token changes nothing.
 *
 * The script reaches its shell through a pipe: it is in no process list and in no file. Nothing of it stays behind in
 * the session of the shell that starts it, where the lease would take it for a command of a dead run.
 *
 * @param id names the job among those of this user
 * @param token random, the same only for the same start
 * @param limit seconds until its process group is ended
 */
export function startScript(id: string, token: string, script: Script, limit: number): Script {
  // of its secrets as well: it is only in the job's own folder
  const digest = createHash("sha256").update(script.text).digest("hex");
  return sh`${prelude(id)}
mask=$(umask)
umask 077
( make "$state" && make "$state/jobs"; safe ) || exit
if [ -d "$job" ]; then
  [ "$(cat "$job/token" 2>/dev/null)" != ${token} ] || { echo started; exit; }
  if running; then
    [ "$(cat "$job/digest" 2>/dev/null)" = ${digest} ] || { echo other; exit 0; }
    echo ${token} >"$job/token" && echo joined; exit
  fi
  rm -rf -- "$job"
fi
mkdir -- "$job" && echo ${digest} >"$job/digest" && echo ${token} >"$job/token" || exit
session= apart=
if command -v setsid >/dev/null; then session=setsid apart=yes
else
  # a process group, at least; not every shell can without a terminal
  set -m 2>/dev/null; case $- in *m*) apart=yes ;; esac
fi
${feed(supervisor(script, limit).text, rawScript('exec $session sh -s "$job" "$mask" "$apart" >/dev/null 2>&1'))} &
set +m 2>/dev/null
tries=0
until [ -s "$job/pid" ]; do
  [ $tries -lt 100 ] || { echo 'the job did not begin' >&2; exit 1; }
  tries=$((tries + 1)); sleep 0.05 2>/dev/null || sleep 1
done
echo started`;
}

/**
 * What the job's shell does: runs the script, ends its process group when the time is over, and writes down how it
 * ended. It reads all of itself before it begins, since its standard input is where it comes from.
 */
function supervisor(script: Script, limit: number): Script {
  return rawScript(`{
  job=$1 mask=$2 apart=$3
  exec </dev/null
  trap '' HUP
  write() { echo "$2" >"$job/.$1" && mv -f -- "$job/.$1" "$job/$1"; }
  end() { if [ "$apart" ]; then kill "-$1" 0; else kill "-$1" "$work"; fi; }
  ( umask "$mask"; set --; unset -f write end; unset job mask apart; eval ${quote(script.text)} ) >"$job/out" 2>"$job/err" & work=$!
  (
    # as soon as it is forked, and so that it can't miss it
    before=$!
    trap '[ "$!" = "$before" ] || kill -KILL "$!"; exit' TERM
    left=${limit}
    while [ "$left" -gt 0 ]; do
      nap=$left; [ "$nap" -le 60 ] || nap=60
      sleep "$nap" &
      wait "$!"
      left=$((left - nap))
      # should it have missed that the job has ended: the folder may be another job's by now
      read -r owner begun <"$job/pid" && [ "$owner" = "$$" ] && [ ! -f "$job/status" ] || exit
    done
    trap : TERM
    write late yes; end TERM; sleep 2; write status late; end KILL
  ) & watch=$!
  # only now: the two above are not to have it, not for a moment
  trap : TERM
  read -r stat <"/proc/$$/stat" && set -- \${stat##*) }
  write pid "$$ \${20-}"
  while :; do
    wait "$work"; status=$?
    kill -0 "$work" 2>/dev/null || break
  done
  if [ -f "$job/late" ]; then wait "$watch"; wait "$watch"; exit; fi
  kill "$watch" 2>/dev/null
  write status "$status"
  exit
}`);
}

/**
 * Ends what is left of a job whose shell was killed: its process group, where a process in it proves by what it writes
 * to that it is the job's. The number alone may have become another's, after a reboot at the latest.
 */
const endRest = rawScript(`for stat in /proc/[0-9]*/stat; do
  { read -r line <"$stat"; } 2>/dev/null || continue
  set -- \${line##*) }
  [ "$3" = "$pid" ] || continue
  fd=\${stat%/stat}/fd
  if [ "$fd/1" -ef out ] || [ "$fd/2" -ef err ]; then kill -KILL "-$pid" 2>/dev/null; break; fi
done`);

/** Prints `running`, `lost` where it ended without a trace (what is left of it is ended then), `late`, or its status. */
export function lookScript(id: string): Script {
  return sh`${prelude(id)}
[ ! -e "$state/jobs" ] || safe || exit
cd -- "$job" 2>/dev/null || { echo lost; exit 0; }
[ -f status ] || { running && { echo running; exit 0; }; }
[ -f status ] || {
  pid=; { read -r pid begun <pid; } 2>/dev/null
${endRest}
  echo lost; exit 0
}
cat status`;
}

/** Prints what an ended job has printed, each stream on its own. */
export function outputScript(id: string): Script {
  return sh`${prelude(id)}
safe && cd -- "$job" && cat out && cat err >&2`;
}

export function tidyScript(id: string): Script {
  return sh`${prelude(id)}
[ -e "$state/jobs" ] || exit 0
safe && rm -rf -- "$job" || exit
rmdir -- "$state/jobs" "$state" 2>/dev/null; :`;
}
