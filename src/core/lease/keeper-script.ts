/**
 * The lease on the host's side: a small script that holds a lock as long as its standard input is open. So the lock is
 * released when the connection or the run ends.
 */

import { randomBytes } from "node:crypto";
import { rawScript, type Script, sh } from "../../base/script.ts";
import { stateFolders } from "./host-state.ts";
import type { LeaseHolder } from "./lease-holder.ts";
import { longestHolder } from "./record-limits.ts";

/**
 * What is ended before the lease is asked for: nothing; or the idle shells of the named run, if it is the last holder;
 * or all processes of the holder and of dead runs.
 */
export type EndFirst = "nothing" | "all" | { readonly idleOf: string };

/**
 * The script. It prints, a line each: `lock` and the lock's own name, which every run is told the same (it is what
 * lease-order.ts goes by); `held` and the holder as JSON while another run has the lease; `orphan`, a process number
 * and its command line, for each command that a run left behind when it died, and `orphans` and that run, after the
 * last of them; `ended` and the holder where that was asked for; then `ready`, after which it waits for any line, since
 * the run that asked may be gone by now; then `granted` and the words of `last` (see HostState). Instead of that `late`
 * where it did not get the lease in time, `unguarded` where the host has no flock, or `refused` and why where it can't
 * have its folder. Then it takes requests, a line each: `lane` and the number of a shell that is idle, answered by
 * `registered`; `release`, answered by `released`.
 *
 * In its folder, `holder` says who has the lock and `sessions` which are its processes. The run that has the lock may
 * still wait for the commands of a dead run: `left` then names the dead run, and `left-sessions` its processes.
 *
 * @param shell the process number of the shell that will make the changes
 * @param wait seconds to wait for another run, or for what a dead one left behind
 * @param end what of the last holder is ended first
 */
export function keeperScript(
  holder: LeaseHolder,
  { shell, wait, end }: { shell: number; wait: number; end: EndFirst },
): Script {
  return sh`umask 077
${stateFolders}
said= && { [ -d "$run" ] || said=$(mkdir -p "$run" 2>&1); } && enter "$run" && chmod 700 . && said=$({ : >>lease; } 2>&1) || {
  [ -O "$run" ] && [ ! -L "$run" ] || said="is $(stat -c '%U'"'s %F" -- "$run")"
  echo "refused $run $said"; exit
}
command -v flock >/dev/null || { echo unguarded; while read -r word number; do echo registered; done; exit; }
${sessions}
[ -s name ] || { echo ${randomBytes(12).toString("hex")} >.name.$$ && ln .name.$$ name 2>/dev/null; rm -f .name.$$; }
echo "lock $(head -c ${longestHolder} name)"
exec 9<lease
${endFirst(end, holder.run)}
deadline=
# who goes before it may change anything leaves nothing that others would wait for
leave() { [ "$locked" = not ] || rm -f holder sessions; echo "$1"; exit 0; }
locked=not
pause() {
  [ "$deadline" ] || deadline=$(($(date +%s) + ${wait}))
  [ "$told" != yes ] || [ "$(date +%s)" -lt "$deadline" ] || leave late
  sleep 0.2 2>/dev/null || sleep 1
}
told=not
until flock -n 9; do
  # ourselves, under another name of the host, and waiting still
  case $(head -c ${longestHolder} holder 2>/dev/null) in *${holder.run}*) [ ! -f left ] || { pause; continue; } ;; esac
  # a look at the lock takes it for a moment
  [ "$told" = not ] && told=soon || [ "$told" = yes ] || {
    # the commands of this shell are ours as well, whoever of us has the lease
    case $(head -c ${longestHolder} holder 2>/dev/null) in *${holder.run}*) register ${shell} ;; esac
    printf 'held %s\n' "$(head -c ${longestHolder} holder)"; told=yes
  }
  pause
done
# whoever waited for what is left, and died over it, has left nothing itself
[ -f left ] || [ ! -f holder ] || { [ ! -f sessions ] || mv -f sessions left-sessions; mv -f holder left; }
printf '%s\n' ${JSON.stringify(holder)} >.holder && mv -f .holder holder || exit
: >sessions; register $$; register ${shell}
locked=yes
told=
while [ -f left-sessions ] && busy=$(members busy left-sessions) && [ "$busy" ]; do
  [ "$told" ] || {
    for pid in $busy; do printf 'orphan %s %s\n' "$pid" "$(head -c 1000 /proc/$pid/cmdline | tr '\\0\\n' '  ')"; done
    printf 'orphans %s\n' "$(head -c ${longestHolder} left)"; told=yes
  }
  pause
done
echo ready; read -r word || leave gone
last=; [ ! -f last ] || last=$(head -c ${longestHolder} last)
rm -f left left-sessions
echo ${`${holder.run} held`} >last || exit
echo "granted $last"
while read -r word number; do
  case $word in
    lane) register "$number"; echo registered ;;
    release) rm -f holder sessions; echo ${`${holder.run} done`} >last; echo released; exit 0 ;;
  esac
done`;
}

/**
 * Which processes belong to a run: those of its shells' sessions. A daemon that a command started has left its session
 * and is no command of the run any more. A session is recorded as its number, its leader's start time (to tell it from
 * a later session with the same number) and the processes that it has while the shell is idle.
 */
const sessions = rawScript(`stat_of() {
  stat=
  # a process may have a newline in its name, and whatever it likes before that
  { while read -r line; do stat="$stat $line"; done <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- \${stat##*) }
  state=$1 session=$4 started=\${20}
}
register() {
  stat_of "$1" || return 0
  id=$session idle= begun=-
  for process in /proc/[0-9]*; do
    stat_of "\${process#/proc/}" && [ "$session" = "$id" ] && idle="$idle \${process#/proc/}"
  done
  stat_of "$id" && begun=$started
  echo "$id $begun$idle" >>sessions
}
members() {
  wanted=$1; shift
  cat "$@" 2>/dev/null | while read -r id begun idle; do
    stat_of "$id" && [ "$started" != "$begun" ] && continue
    for process in /proc/[0-9]*; do
      pid=\${process#/proc/}
      stat_of "$pid" && [ "$session" = "$id" ] && [ "$state" != Z ] || continue
      case " $idle " in *" $pid "*) kind=idle ;; *) kind=busy ;; esac
      [ "$wanted" = all ] || [ "$wanted" = $kind ] && echo "$pid"
      :
    done
  done
}`);

function endFirst(end: EndFirst, run: string): Script {
  if (end === "nothing") return rawScript(":");
  // this very run may be the holder, under another name of the host
  if (end === "all")
    return sh`case $(head -c ${longestHolder} holder 2>/dev/null) in *${run}*) ;; *)
  if [ "$(members all sessions)" ]; then printf 'ended %s\n' "$(head -c ${longestHolder} holder)"
  elif [ "$(members all left-sessions)" ]; then printf 'ended %s\n' "$(head -c ${longestHolder} left)"; fi
  ${ending("all sessions left-sessions")}
esac`;
  return sh`case $(head -c ${longestHolder} holder 2>/dev/null) in *${end.idleOf}*)
  ${ending("idle sessions")}
esac`;
}

function ending(members: string): Script {
  return rawScript(`for pid in $(members ${members}); do kill -TERM "$pid"; done 2>/dev/null
  for _ in 1 2; do [ "$(members ${members})" ] && sleep 1; done
  for pid in $(members ${members}); do kill -KILL "$pid"; done 2>/dev/null`);
}
