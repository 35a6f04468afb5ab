/**
 * The way to a path in directories that others may change: functions of POSIX `sh`, which need those of `refusal.ts` and
 * `disk-words.ts`. See `safe-path.ts` for why they are so.
 *
 * Raw modes are hexadecimal: `41ed` is a directory of mode 0755, its third digit is odd if its group may write.
 */
import { ownUid } from "./own-uid.ts";

export const safeWay = `# $1 where $sr_what was to be made, $2 what a program said
sr_fail() {
  if sr_said=$(sr_disk "$1" "$2"); then sr_refuse "$sr_said: \${sr_what:-$sr_path} is as it was"; fi
  sr_refuse "\${sr_what:-$sr_path}: $2"
}
${ownUid}
sr_ours() { [ "$1" = 0 ] || { [ -n "$sr_me" ] || sr_who; [ "$1" = "$sr_me" ]; }; }
sr_closed() {
  case $2 in 4?[02468ace][014589cd]) sr_ours "$1" ;; *) return 1 ;; esac
}
# in a sticky directory nobody else can turn what is ours
sr_sticky() { case $2 in 4[2367abef]??) sr_ours "$1" ;; *) return 1 ;; esac; }
# where we stand, and with a name from there, what that is
sr_look() {
  set -- $(stat -c '%d:%i %u %g %f' -- . .. "$@" 2>/dev/null)
  sr_id=\${1-} sr_uid=\${2-} sr_gid=\${3-} sr_mode=\${4-} sr_up=\${5-} sr_named=\${9-}
  [ -n "$sr_up" ] || sr_refuse "$sr_path can't be looked at"
}
# whom an ACL lets write is not in the mode: then it may be anybody
sr_others() {
  ! sr_closed "$sr_uid" "$sr_mode" || return 0
  sr_ours "$sr_uid" || sr_by="$sr_by u$sr_uid"
  case $sr_mode in *[13579bdf]?) if sr_acl; then sr_by="$sr_by a"; else sr_by="$sr_by g$sr_gid"; fi ;; esac
  case $sr_mode in *[2367abef]) sr_by="$sr_by w" ;; esac
}
sr_acl() { case $(LC_ALL=C ls -ld -- "\${1-.}") in ??????????+*) ;; *) return 1 ;; esac; }
# what is taken from somebody else: by an ACL its owner may have kept rights to it, and to what is made in it
sr_take_rights() {
  sr_taken=
  ! sr_ours "$(stat -c %u -- "$1")" && sr_acl "$1" || return 0
  setfacl -bk -- "$1" || sr_refuse "$sr_what has an ACL of its owner's, which can't be taken away: nothing was changed" 'install the package acl there'
  sr_taken=yes
}
# by /proc a link can lead into the mounts of another namespace, where each user mounts what he likes
sr_reachable() {
  [ -r /proc/self/mountinfo ] || return 0
  exec 7<. || return
  while read -r sr_key sr_mount && [ "$sr_key" != mnt_id: ]; do :; done </proc/self/fdinfo/7
  exec 7<&-
  grep -q "^$sr_mount " /proc/self/mountinfo
}
# every directory on the way is closed
sr_fast() {
  sr_rest=\${1#/} sr_at=
  set -- /
  while [ -n "$sr_rest" ]; do
    sr_at=$sr_at/\${sr_rest%%/*}
    set -- "$@" "$sr_at"
    case $sr_rest in */*) sr_rest=\${sr_rest#*/} ;; *) sr_rest= ;; esac
  done
  sr_left=$#
  for sr_one in $(stat -c %u:%f -- "$@" 2>/dev/null); do
    sr_left=$((sr_left - 1))
    sr_closed "\${sr_one%:*}" "\${sr_one#*:}" ||
      { [ $sr_left -gt 0 ] && sr_sticky "\${sr_one%:*}" "\${sr_one#*:}"; } || return 1
  done
  [ $sr_left = 0 ]
}
sr_enter() {
  sr_by= sr_id= sr_path=/
  ! sr_fast "$1" || { sr_path=$1; cd -P -- "$1" || exit; return 0; }
  sr_rest=$1 sr_links=0
  cd / && sr_look || exit
  # what was gone through: whoever can turn a name further down must have come through it, too
  sr_way_here=" $sr_id "
  while [ -n "$sr_rest" ]; do
    sr_name=\${sr_rest%%/*}
    case $sr_rest in */*) sr_rest=\${sr_rest#*/} ;; *) sr_rest= ;; esac
    case $sr_name in '' | .) continue ;; esac
    if [ -z "$sr_by" ] && [ -L "./$sr_name" ] && sr_closed "$sr_uid" "$sr_mode"; then
      # nobody else can have put it here, but where it leads others may
      sr_links=$((sr_links + 1))
      [ $sr_links -le 40 ] || sr_refuse "$1: its symbolic links go in a circle"
      sr_to=$(readlink -- "./$sr_name") || exit
      case $sr_to in /*) cd / && sr_path=/ && sr_look || exit ;; esac
      sr_rest=$sr_to\${sr_rest:+/$sr_rest}
      continue
    fi
    sr_step "$sr_name"
    [ -z "$sr_link" ] || sr_linked
    sr_way_here="$sr_way_here$sr_id "
  done
  sr_above=$sr_by
  sr_others
}
# a file that nobody else can exchange, by its own name or by links of ours
sr_own_file() {
  sr_enter "\${1%/*}/"
  if [ -n "$sr_by" ]; then
    [ -z "$sr_above" ] && sr_sticky "$sr_uid" "$sr_mode" && sr_ours "$(stat -c %u -- "./\${1##*/}")" || return
  fi
  [ -L "./\${1##*/}" ] || return 0
  set -- "$(readlink -- "./\${1##*/}")" "$((\${2:-0} + 1))"
  [ "$2" -le 40 ] || return
  case $1 in /*) ;; *) set -- "\${sr_path%/}/$1" "$2" ;; esac
  sr_own_file "$@"
}
# the nearest directory above a path that is there
sr_enter_near() {
  sr_way=\${1%/*}
  until [ -z "$sr_way" ] || [ -d "$sr_way" ]; do sr_way=\${sr_way%/*}; done
  sr_enter "\${sr_way:-/}"
}
# into a directory; sr_link then says whether it was a link, and sr_by who can have turned it
sr_step() {
  [ -n "$sr_id" ] || sr_look
  sr_was=$sr_id sr_wasby=$sr_by sr_stuck= sr_link=
  ! sr_sticky "$sr_uid" "$sr_mode" || sr_stuck=yes
  sr_others
  sr_path=\${sr_path%/}/$1
  [ "$1" != .. ] || [ -z "$sr_by" ] || sr_refuse "$sr_path: others can move what is behind this .." 'give the path without it'
  { cd -P -- "./$1"; } 2>/dev/null || sr_refuse "the directory $sr_path can't be entered: $([ -d "./$1" ] && echo Permission denied || echo there is no such directory)"
  # a link to what lies beside it has the same parent, but is not what it leads to
  sr_look "../$1"
  [ "$sr_up" = "$sr_was" ] && [ "$sr_named" = "$sr_id" ] || sr_link=yes
  [ -z "$sr_by" ] || sr_reachable || sr_refuse "$sr_path leads to what is mounted for some processes only: nothing was changed"
  if [ -n "$sr_stuck" ] && [ -z "$sr_link" ] && sr_ours "$sr_uid"; then sr_by=$sr_wasby; fi
}
# a link may lead where those who can have turned it may write anyway, and get to
sr_linked() {
  for sr_one in $sr_by; do
    (
      case $sr_one in
        u*) [ "u$sr_uid" = "$sr_one" ] ;;
        g0 | a) false ;;
        g*) case $sr_mode in *[13579bdf]?) [ "g$sr_gid" = "$sr_one" ] && ! sr_acl ;; *) false ;; esac ;;
        w) case $sr_mode in *[2367abef]) ;; *) false ;; esac ;;
      esac && until [ "$sr_id" = "$sr_up" ]; do
        cd -P .. && sr_look || exit
        case $sr_way_here in *" $sr_id "*) exit 0 ;; esac
        sr_passes "$sr_one" || exit
      done
    ) || sr_refuse "$sr_path is a symbolic link that other users can turn, and leads to $(pwd -P), which is not theirs" \\
      'nothing was changed: name the directory that is meant, or let only root write into the directories above the link'
  done
}
# may go through the directory in which we stand, as its owner, of its group or as anybody
sr_passes() {
  [ "u$sr_uid" = "$1" ] || case $sr_mode in *[13579bdf]) ;; *[8ace]) [ "g$sr_gid" = "$1" ] ;; *) false ;; esac
}`;
