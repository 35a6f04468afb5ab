/** As `id -u` says, but without a process where there is /proc: a function of POSIX `sh` that sets `sr_me`. */
export const ownUid = `sr_who() {
  # of the four numbers the second is the effective one
  while read -r sr_key _ sr_me _ && [ "$sr_key" != Uid: ]; do :; done </proc/self/status || sr_key=
  [ "$sr_key" = Uid: ] || sr_me=$(id -u)
} 2>/dev/null`;
