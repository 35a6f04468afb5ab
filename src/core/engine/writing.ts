import { mounted, mountedText } from "../../base/mounted.ts";

/**
 * The host's side of writing a file: functions of POSIX `sh`, called in this order by the script of `write-file.ts`.
 *
 * Where nobody else can turn names in the file's directory, the new file is made beside it and renamed over it. A
 * check may then read what lies beside it, too. Else all is done in a folder that only our user can enter (see
 * `safe-path.ts`), and what a check reads is a copy elsewhere.
 *
 * The script's variables: `sr_new` the new file, `sr_held` the old one by a name that nobody can turn, `sr_dest` where
 * it goes, `sr_inplace` set where the old one is written into and not replaced.
 */
export const writing = `sr_new= sr_held= sr_dest= sr_inplace= sr_apart= sr_shown= sr_checked= sr_copy= sr_state=before
# a printf of the shell's own tells no reason, cat does
sr_fill() {
  sr_said=$({ sr_content >"$sr_new"; } 2>&1) || {
    case $sr_said in
      *[Ss]pace* | *uota* | *ead-only*) ;;
      *) sr_said=$(sr_content 2>/dev/null | { LC_ALL=C cat 2>&1 >"$sr_new"; }) || : ;;
    esac
    sr_fail "$sr_new" "\${sr_said:-it could not be written whole}"
  }
}
sr_stage() {
  if [ ! -w . ]; then
    sr_apart=$(mktemp -d /tmp/.sr-XXXXXX) || exit
    sr_new=$sr_apart/new
    sr_unwritable
  elif [ -n "$sr_by" ]; then
    sr_sweep "$sr_prefix"
    sr_said=$(LC_ALL=C mktemp -d "./\${sr_prefix}XXXXXX" 2>&1) || sr_fail . "$sr_said"
    sr_enclose "$sr_said"
    sr_new=./$sr_base sr_dest=../$sr_base
  else
    sr_sweep "$sr_prefix"
    sr_new=./$sr_prefix$$ sr_dest=./$sr_base
    # no process is needed to make a new file where nobody else makes any; mktemp can say why there is none
    (umask 077; set -C; : >"$sr_new") 2>/dev/null || {
      sr_said=$(LC_ALL=C mktemp "./\${sr_prefix}XXXXXX" 2>&1) || sr_fail . "$sr_said"
      sr_new=$sr_said
    }
  fi
  sr_fill
}
# what sr_stage made for an earlier script
sr_take() {
  case $1 in
    /*)
      sr_apart=$1 sr_new=$1/new
      [ "$(stat -c '%u %a' -- "$1")" = "$(id -u) 700" ] || sr_refuse "$1 is not ours"
      sr_unwritable ;;
    *)
      if [ -n "$sr_by" ]; then
        sr_sweep "$sr_prefix" "$1"
        sr_enclose "$1" "$sr_base"
        sr_new=./$sr_base sr_dest=../$sr_base
        # an earlier run may have left another one here
        case $(sha256sum <"$sr_new") in "$2 "*) ;; *) sr_refuse "$sr_what: what was uploaded for it was exchanged: nothing was changed" 'run again' ;; esac
      else sr_new=$1 sr_dest=./$sr_base; sr_sweep "$sr_prefix" "$1"; fi
      [ -f "$sr_new" ] || sr_refuse "$sr_what: what was uploaded for it is gone" ;;
  esac
}
# nothing can be put into this directory, but the file itself may be ours to write
sr_unwritable() {
  sr_dest=./$sr_base sr_inplace=yes
  # to root every directory can be written, but for this
  [ -w "./$sr_base" ] || case $(LC_ALL=C mktemp "./\${sr_prefix}XXXXXX" 2>&1) in *Read-only*) sr_fail . 'Read-only file system' ;; esac
  [ -f "./$sr_base" ] && [ ! -L "./$sr_base" ] || sr_refuse "$sr_what can't be made: Permission denied to write into \${sr_path}"
}
# the file that was planned for, its owner, group and mode, and its digest where it was read
sr_find() {
  if [ -n "$sr_apart" ]; then sr_find_apart "$1"
  elif [ -n "$sr_by" ]; then
    [ -f "$sr_dest" ] && [ ! -L "$sr_dest" ] || sr_refuse "$sr_what was a file, and is none now: nothing was changed" 'run again'
    sr_pin "$sr_base" "$sr_old"
    sr_held=./$sr_old
    [ -f "$sr_held" ] && [ ! -L "$sr_held" ] || sr_refuse "$sr_what was a file, and is none now: nothing was changed" 'run again'
    sr_same "$1"
  elif [ -f "$sr_dest" ] && [ ! -L "$sr_dest" ]; then sr_held=$sr_dest; fi
  [ -z "$2" ] || [ -z "$sr_by" ] || case $(sha256sum <"$sr_held") in
    "$2 "*) ;;
    *) sr_refuse "$sr_what has another content than when it was read: nothing was changed" 'run again' ;;
  esac
}
# no second name can be made here: the file is held open instead
sr_find_apart() {
  sr_held=$sr_dest
  [ -n "$sr_by" ] || return 0
  # for writing too: that does not wait where a pipe was put in its place
  exec 9<>"$sr_dest"
  sr_held=/proc/self/fd/9 sr_here=$sr_dest
  sr_same "$1" -L
  [ -f "$sr_held" ] && [ "$(stat -L -c %d:%i "$sr_held")" = "$(stat -c %d:%i "$sr_dest")" ] || sr_refuse "$sr_what was exchanged meanwhile: nothing was changed"
}
# no file can be renamed over one that is mounted
sr_within() {
  [ -n "$sr_held" ] && sr_mounted "$(pwd -P | sed 's,/$,,')/$sr_base" || return 0
  sr_inplace=yes
}
${mounted}
# $1 for chown, $2 the mode; $3 and $4 say which of the two the old file has already, and $5 that it gets another owner
sr_attributes() {
  if [ -z "$sr_inplace" ] && [ -n "$sr_held" ]; then
    sr_like "$sr_held" "$sr_new"
    # whoever can't give files away writes into the file, so that it keeps its owner and its group
    sr_owners=$(stat -c %u:%g -- "$sr_held" "$sr_new") || :
    [ "$sr_owners" = "\${sr_owners#*
}
\${sr_owners#*
}" ] || sr_inplace=yes
  else
    [ -n "$sr_inplace" ] || set -- "$1" "$2"
  fi
  sr_target=$sr_new
  if [ -n "$sr_inplace" ]; then
    [ -w "$sr_held" ] || sr_refuse "$sr_what: Permission denied. A new file in its place would not keep its owner and group, and the file itself can't be written"
    sr_target=$sr_held
  fi
  if [ -n "\${5-}" ]; then
    sr_take_rights "$sr_target"
    # an ACL was a part of the mode: what is left of that stays
    [ -z "$sr_taken" ] || set -- "$1" "$2" other "\${4-}"
  fi
  [ -z "$1" ] || [ "\${3-}" = same ] || sr_roots "$1" "$sr_target" || chown -- "$1" "$sr_target"
  # chown takes set-id bits away
  case \${3-}\${4-} in samesame | othersame) ;; *) chmod -- "$2" "$sr_target" ;; esac
}
# owner, group, mode, ACL, extended attributes and label. Tools that can't copy them all leave an ACL to its own tools
sr_like() {
  cp -a --attributes-only --no-preserve=timestamps -- "$1" "$2" 2>/dev/null || {
    chown -- "$(stat -c %u:%g -- "$1")" "$2" 2>/dev/null || :
    chmod -- "$(stat -c %a -- "$1")" "$2"
    ! command -v getfacl >/dev/null || ! command -v setfacl >/dev/null || getfacl -cn -- "$1" 2>/dev/null | setfacl --set-file=- -- "$2"
  }
}
# a path for a check: others must not be able to turn it while it is read
sr_show() {
  if [ -n "$sr_by" ] && [ -z "$sr_apart" ]; then
    sr_checked=$(mktemp -d /tmp/.sr-XXXXXX) || exit
    sr_shown=$sr_checked/$sr_base
    cp -p -- "$sr_new" "$sr_shown" 2>/dev/null || sr_fail "$sr_checked" "$(LC_ALL=C cp -p -- "$sr_new" "$sr_shown" 2>&1)"
  elif [ -n "$sr_apart" ]; then sr_shown=$sr_new
  else sr_shown=\${sr_path%/}/\${sr_new#./}; fi
}
# SELinux: the label of the file that is replaced, or the one that the policy has for such a path
sr_label() {
  [ -z "$sr_inplace" ] && command -v selinuxenabled >/dev/null && selinuxenabled || return 0
  if [ -n "$sr_held" ]; then chcon --reference="$sr_held" -- "$sr_new"
  else chcon -- "$(matchpathcon -n -- "$1")" "$sr_new"; fi 2>/dev/null || :
}
sr_backup() {
  [ -n "$sr_held" ] || return 0
  if [ -n "$sr_apart" ]; then sr_refuse "$sr_what: Permission denied to make a backup in $sr_path"; fi
  sr_copy=$1
  sr_said=$(LC_ALL=C cp -a -- "$sr_held" "./$1" 2>&1) || sr_fail . "$sr_said"
  [ -z "$sr_by" ] || sr_put_out "$1"
}
# what a check of the whole configuration puts back where it refuses: the very same file
sr_keep() {
  sr_kept=$sr_new.old
  [ -z "$sr_by" ] || sr_kept=./$sr_former
  if [ -n "$sr_inplace" ]; then cp -p -- "$sr_held" "$sr_kept"; sr_state=within
  elif [ -e "$sr_dest" ] || [ -L "$sr_dest" ]; then
    if [ -n "$sr_by" ]; then sr_pin "$sr_base" "$sr_former"
    else cp -al -- "$sr_dest" "$sr_kept" 2>/dev/null || cp -p -- "$sr_dest" "$sr_kept"; fi
    sr_state=kept
  else sr_state=none; fi
}
sr_put() {
  if [ -n "$sr_inplace" ]; then
    sr_said=$({ LC_ALL=C cat -- "$sr_new" >"$sr_held"; } 2>&1) || sr_fail "$sr_held" "$sr_said"
  else
    # mv would move into what a link leads to, if that is a directory
    [ -n "$sr_by" ] || [ ! -L "$sr_dest" ] || [ ! -d "$sr_dest" ] || rm -f -- "$sr_dest"
    sr_said=$(sr_move 2>&1) || case $sr_said in
      *' busy'*) sr_refuse "$sr_what ${mountedText.reason}" '${mountedText.hint}' ;;
      *) sr_refuse "$sr_said" ;;
    esac
  fi
}
# from inside a folder of ours into what is above it, which follows no link
sr_move() {
  if [ -n "$sr_by" ]; then sr_put_out "$sr_base"; else LC_ALL=C mv -f -- "$sr_new" "$sr_dest"; fi
}
sr_finish() {
  case $sr_state in
    within) cat -- "$sr_kept" >"$sr_held" ;;
    kept)
      if [ -n "$sr_by" ]; then mv -f -- "$sr_kept" "./$sr_base" && sr_move
      else mv -f -- "$sr_kept" "$sr_dest"; fi ;;
    none) rm -f -- "$sr_dest" ;;
  esac
  [ "$sr_state" = good ] || [ -z "$sr_copy" ] || rm -f -- "\${sr_dest%"$sr_base"}$sr_copy"
  [ -z "$sr_checked" ] || rm -rf -- "$sr_checked"
  if [ -n "$sr_apart" ]; then rm -rf -- "$sr_apart"
  elif [ -n "$sr_by" ]; then sr_tidy
  elif [ -n "$sr_new" ]; then
    for sr_one in "$sr_new" "$sr_new.old" "$sr_new.part"; do
      if [ -e "$sr_one" ] || [ -L "$sr_one" ]; then rm -f -- "$sr_one"; fi
    done
  fi
}`;
