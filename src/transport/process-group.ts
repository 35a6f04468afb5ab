/** Ending a process with all that it started. */

/** TERM, two seconds of grace, KILL: to the whole process group that `pid` belongs to. */
export function endGroupScript(pid: number): string {
  return [
    `stat=$(cat /proc/${pid}/stat) || exit 0`,
    "set -- ${stat##*) }", // after the name in parentheses: state, parent, process group
    'group=$3; kill -TERM "-$group"; i=0',
    'while kill -0 "-$group" 2>/dev/null && [ $i -lt 20 ]; do sleep 0.1; i=$((i+1)); done',
    'kill -KILL "-$group" 2>/dev/null; :',
  ].join("\n");
}
