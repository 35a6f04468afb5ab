/** Ending a process with all that it started. */

/**
 * TERM, two seconds of grace, KILL: to the whole process group that `pid` belongs to. If processes are started in a
 * container from outside, their group may be outside the container and show as 0: then to `pid` and all its
 * descendants.
 */
export function endGroupScript(pid: number): string {
  return [
    `stat=$(cat /proc/${pid}/stat) || exit 0`,
    "set -- ${stat##*) }", // after the name in parentheses: state, parent, process group
    `if [ "$3" != 0 ]; then all=-$3; else
  all=" ${pid} " more=1
  while [ "$more" ]; do
    more=
    for stat in /proc/[0-9]*/stat; do
      line= # a name may have lines, and whatever it likes in them
      { while read -r part; do line="$line $part"; done <"$stat"; } 2>/dev/null || continue
      id=\${stat#/proc/} id=\${id%/stat}
      set -- \${line##*) }
      case $all in *" $id "*) continue ;; *" $2 "*) all="$all$id " more=1 ;; esac
    done
  done
fi`,
    'alive() { for id in $all; do kill -0 "$id" 2>/dev/null && return; done; return 1; }',
    'for id in $all; do kill -TERM "$id"; done; i=0',
    "while alive && [ $i -lt 20 ]; do sleep 0.1; i=$((i+1)); done",
    'for id in $all; do kill -KILL "$id" 2>/dev/null; done; :',
  ].join("\n");
}
