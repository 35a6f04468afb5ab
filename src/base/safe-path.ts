/**
 * Work in directories that somebody else may change while it goes on.
 *
 * Whoever may write into a directory on the way to a path can turn every name in it, at any moment: into a link to
 * /etc/shadow, into another directory, into a second name of another file. Nothing may be written, given away or
 * read by such a name. What nobody can turn is the directory in which a process stands, and what lies in a folder
 * that only its user can enter:
 *
 * - A way of which all directories belong to root or to us and are writable by nobody else needs no care. One `stat`
 *   tells, and what stands there is used by its name.
 * - Else the way is gone directory by directory, and after each step it is looked at where it has led: the parent of
 *   where we stand must be where we stood. A link is followed only to a place where those who could have turned it may
 *   write anyway.
 * - What is made is made in a folder of mode 0700, and put in its place by a rename from inside. Nobody else can enter
 *   that folder or move it to another parent, so `..` of it stays the directory that was looked at.
 * - What is there gets a second name in such a folder, a hard link, and is looked at and changed by that.
 *
 * Names of variables and functions begin with `sr_`, so that none has the name of a task's variable.
 */
import { posix } from "node:path";
import { diskWords } from "./disk-words.ts";
import { refuse } from "./refusal.ts";
import { lines, rawScript, type Script, sh } from "./script.ts";

/** What was found at a path when a change was planned: the change is for that and for nothing else. */
export interface Expected {
  readonly type: string;
  /** Octal; a link has none. Left out, any will do. */
  readonly mode?: string | undefined;
  /** The name, or the number of a user that has none. */
  readonly owner: string;
  readonly group: string;
}

/** A path's directory, as it is to be entered: a `..` in it stays, since behind a link it leads elsewhere. */
function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/**
 * Enters the directory of a path. `sr_by` then says who else can turn names there, and is empty where nobody can.
 * The script ends with a reason where the way leads to what it must not.
 */
export function enterDirectoryOf(path: string): Script {
  return lines(rawScript(library), sh`sr_enter ${directoryOf(path)}`);
}

/** Enters the nearest directory above a path that is there, as `enterDirectoryOf` does. */
export function enterNear(path: string): Script {
  return lines(rawScript(library), sh`sr_enter_near ${path}`);
}

/**
 * Enters a new folder beside a path, which only our user can enter, and of which `..` is the path's directory. What
 * is made in it under the path's name is put in its place by `sr_put_out "$sr_base"`, which follows no link.
 *
 * @param prefix how the folder's name begins
 */
export function enterFolderBeside(path: string, prefix: string): Script {
  return lines(
    enterDirectoryOf(path),
    sh`sr_base=${posix.basename(path)}
trap sr_tidy EXIT
trap 'exit 143' HUP INT TERM
sr_sweep ${prefix}
sr_private ${prefix}`,
  );
}

/**
 * Sets `sr_held`, a name for what stands at a path that nobody else can turn; a directory is entered and is `.` then.
 * Where others can turn names, the script ends unless it is what was planned for.
 */
export function holdPath(path: string, expected: Expected): Script {
  return lines(
    enterDirectoryOf(path),
    sh`trap sr_tidy EXIT
trap 'exit 143' HUP INT TERM
sr_hold ${posix.basename(path)} ${expected.type}
sr_same ${stateWord(expected)}`,
  );
}

/**
 * Ends the script where others can turn names on the way to a path, for a tool that works by names there. What is
 * missing of the way does not matter.
 *
 * @param path the path, as a word of the shell
 * @param instead what to do instead
 */
export function requireOwnWay(path: Script, instead: string): Script {
  return sh`(
${rawScript(library)}
sr_what=${path}
sr_enter_near "$sr_what"
[ -z "$sr_by" ] || sr_refuse "$sr_what lies in a directory that other users may write: nothing was changed" ${instead}
) || exit`;
}

/**
 * Ends the script unless a file is the one that root, or whoever acts, has at this path: where others can turn names on
 * the way, a program that is given the path may open a file of theirs.
 *
 * @param instead what to do instead
 */
export function requireOwnFile(path: string, instead: string): Script {
  return sh`(
${rawScript(library)}
sr_own_file ${path} || sr_refuse ${`${path} lies in a directory that other users may write, and can be another file at any moment: nothing was changed`} ${instead}
) || exit`;
}

/** As `sr_same` compares it. */
export function stateWord({ owner, group, mode }: Expected): string {
  return `${owner}:${group}:${mode === undefined ? "" : Number.parseInt(mode, 8).toString(8)}`;
}

/** Raw modes are hexadecimal: `41ed` is a directory of mode 0755, its third digit is odd if its group may write. */
const library = `sr_by= sr_me= sr_room= sr_held= sr_here= sr_names=1 sr_id= sr_path=/ sr_depth=0 sr_way_here=
${refuse}
${diskWords}
# $1 where $sr_what was to be made, $2 what a program said
sr_fail() {
  if sr_said=$(sr_disk "$1" "$2"); then sr_refuse "$sr_said: \${sr_what:-$sr_path} is as it was"; fi
  sr_refuse "\${sr_what:-$sr_path}: $2"
}
sr_ours() { [ "$1" = 0 ] || [ "$1" = "\${sr_me:=$(id -u)}" ]; }
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
}
# into a new folder that nobody else can enter
sr_private() {
  sr_new=$(LC_ALL=C mktemp -d "./$1XXXXXX" 2>&1) || sr_fail . "$sr_new"
  sr_enclose "$sr_new"
}
# into a folder of ours that lies here and has nothing in it but $2
sr_enclose() {
  [ -n "$sr_id" ] || sr_look
  cd -P -- "$1" || exit
  set -- "$1" "\${2-}" $(stat -c '%d:%i %u %a' . ..)
  case $5 in [1-3]700 | 700) ;; *) false ;; esac && sr_ours "$4" && [ "$6" = "$sr_id" ] && sr_holds "$2" ||
    sr_refuse "$sr_path: a folder that was made there was exchanged meanwhile, so nothing was changed"
  sr_room=$1 sr_roomid=$3
  # the mark by which sr_sweep knows it
  chmod +t . && sr_plain
}
# whoever owns the directory has its default ACL hand down rights to what is made in it
sr_plain() {
  if command -v setfacl >/dev/null; then setfacl -bk . || exit
  else ! sr_acl || sr_refuse "$sr_path hands down rights to other users (a default ACL), and this host has no setfacl to take them away: nothing was changed" 'install the package acl there'
  fi
}
sr_holds() {
  for sr_one in ./* ./.[!.]* ./..?*; do
    [ "$sr_one" = "./$1" ] || { [ ! -e "$sr_one" ] && [ ! -L "$sr_one" ]; } || return 1
  done
}
sr_tidy() {
  [ -n "$sr_room" ] && [ "$(stat -c %d:%i .)" = "$sr_roomid" ] || return 0
  rm -rf -- ./* ./.[!.]* ./..?*
  cd -P .. && rmdir -- "$sr_room" 2>/dev/null || :
}
# from the room into the directory, by a rename and by nothing else: mv would copy, by names, what can't be renamed since
# the directory's owner has put the directory under another quota
sr_put_out() {
  case $(mv --help 2>&1) in
    *--no-copy*) LC_ALL=C mv --no-copy -f -- "./$1" .. ;;
    *) LC_ALL=C mv -f -- "./$1" .. ;;
  esac
}
# its second name: what is there can't be turned by that
sr_pin() {
  sr_here=../$1 sr_names=2
  ln -- "$sr_here" "./$2" || sr_refuse "$sr_path/$1 was exchanged meanwhile, or its file system has no hard links: nothing was changed"
}
# into a directory that is none of its links
sr_down() {
  sr_step "$1"
  # each one more has a shell wait for it: nobody's tree is to fill the host with them
  sr_depth=$((sr_depth + 1))
  [ $sr_depth -le 200 ] || sr_refuse 'more than 200 directories lie in each other there: no further was gone' 'name a directory further down, or remove what is so deep'
  [ -z "$sr_link" ] || sr_refuse "$sr_path was a directory, and is a link now: nothing was changed there"
}
# GNU's rm goes down by descriptors, others by names that can be turned
sr_gnu() { case $(rm --version 2>/dev/null) in *GNU*) ;; *) return 1 ;; esac; }
# all that is at a name; where others can turn it, only the directory that was planned for
sr_remove() {
  if [ -L "./$1" ] || [ ! -d "./$1" ]; then rm -f -- "./$1"
  elif [ -z "$sr_by" ] && sr_gnu; then rm -rf -- "./$1"
  else (sr_what=\${sr_path%/}/$1 sr_held=.; sr_down "$1"; sr_same "$2"; sr_empty) && rmdir -- "./$1"; fi
}
# all that is in the directory
sr_empty() {
  if sr_gnu; then
    find . -mindepth 1 -maxdepth 1 -exec rm -rf -- {} +
    return
  fi
  for sr_one in ./* ./.[!.]* ./..?*; do
    if [ ! -L "$sr_one" ] && [ -d "$sr_one" ]; then (sr_down "\${sr_one#./}" && sr_empty) && rmdir -- "$sr_one"
    else rm -f -- "$sr_one"; fi || return
  done
}
# what earlier runs left here under such a name when the host lost its power. Others may have put anything there: then
# it must be a folder that we have marked
sr_sweep() {
  for sr_left in "./$1"*; do
    [ "$sr_left" != "\${2-}" ] || continue
    if [ -z "$sr_by" ]; then sr_remove "\${sr_left#./}"
    elif [ ! -L "$sr_left" ] && [ -d "$sr_left" ]; then
      (
        sr_down "\${sr_left#./}"
        case $sr_mode in 4[37]c0) sr_ours "$sr_uid" ;; *) false ;; esac || exit
        sr_room=$sr_left sr_roomid=$sr_id
        sr_tidy
      )
    fi 2>/dev/null || :
  done
}
sr_hold() {
  sr_what=$sr_path/$1 sr_held=./$1
  [ -n "$sr_by" ] || return 0
  if [ "$2" = directory ]; then
    sr_down "$1"
    sr_held=.
  else
    sr_private .sr-
    sr_pin "$1" held
    sr_held=./held
    [ "$2" = link ] || [ ! -L ./held ] || sr_refuse "$sr_what was a $2, and is a link now: nothing was changed"
  fi
}
# that it still is what was planned for, and no second name of what belongs to somebody else. $2 is -L where sr_held leads
# to an open file
sr_same() {
  [ -n "$sr_by" ] || return 0
  sr_flag=\${2-}
  # a name may have spaces, but no colon
  set -- "$1" "$(stat $sr_flag -c %U:%u:%G:%g:%a:%h:%F -- "$sr_held")" "$IFS"
  IFS=:
  set -- "$1" $2 "$3"
  IFS=$9
  [ "$2" != UNKNOWN ] || set -- "$1" "$3" "$3" "$4" "$5" "$6" "$7" "$8"
  [ "$4" != UNKNOWN ] || set -- "$1" "$2" "$3" "$5" "$5" "$6" "$7" "$8"
  case $1 in
    "$2:$4:$6" | "$2:$4:") ;;
    *) sr_refuse "$sr_what is not what it was when it was looked at: expected $1, got $2:$4:$6" 'nothing was changed: run again' ;;
  esac
  [ "$8" != directory ] || return 0
  case " $sr_by " in *" u$3 "*) return 0 ;; esac
  [ "$7" -le $sr_names ] ||
    sr_refuse "$sr_what has other names elsewhere (hard links), and belongs to $2: in a directory that others may write it is not touched" 'remove it, or change it under its other name'
  sr_alone
}
# that its names are the one here and ours, and no other took the place of the one here while they were counted. The change
# time tells of a name that comes or goes, but is only as fine as the ticks of the kernel's clock: some are waited for
sr_alone() {
  sr_counted=$(stat $sr_flag -c '%d:%i %h %z' -- "$sr_held")
  sleep 0.05 2>/dev/null || sleep 1
  [ "$(stat -c '%d:%i %h %z' -- "$sr_here")" = "$sr_counted" ] &&
    [ "$(stat $sr_flag -c '%d:%i %h %z' -- "$sr_held")" = "$sr_counted" ] ||
    sr_refuse "$sr_what was exchanged meanwhile: nothing was changed" 'run again'
}`;
