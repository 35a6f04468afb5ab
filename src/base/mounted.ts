/** Whether something is mounted at a path: a function of POSIX `sh`. The path must have no link on its way. */
export const mounted = `sr_mounted() {
  while read -r _ _ _ _ sr_at _; do
    case $sr_at in *\\\\*) sr_at=$(printf '%b' "$sr_at") ;; esac
    [ "$sr_at" != "$1" ] || return 0
  done </proc/self/mountinfo
  return 1
}`;

/** Why a file can't be written that is mounted, and what to do; told before a run and in it. */
export const mountedText = {
  reason:
    "is a mount point: no new file can take its place. Container engines mount such files, /etc/hosts for one",
  hint: "inPlace: true lets the task write into the file; a program that reads the file meanwhile may see half of it",
};
