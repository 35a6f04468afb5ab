/**
 * What is made, held and removed in a directory that others may change: functions of POSIX `sh`, which need those of
 * `safe-way.ts`. See `safe-path.ts` for why they are so.
 */
export const safeHold = `# into a new folder that nobody else can enter
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
# what root has made for itself ($1, as chown takes it) is root's already. So is /proc/sys: no process is needed to tell
sr_roots() {
  case $1 in root:root | root | :root) ;; *) return 1 ;; esac
  [ -O /proc/sys ] && [ -G /proc/sys ] && [ -O "$2" ] && [ -G "$2" ]
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
    [ "$sr_left" != "\${2-}" ] && { [ -e "$sr_left" ] || [ -L "$sr_left" ]; } || continue
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
