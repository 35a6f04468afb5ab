/**
 * The host's side of unpacking an archive: functions of POSIX `sh`.
 *
 * All of it is unpacked and looked at in a folder that only our user can enter. What passed goes into the destination,
 * directory by directory: where others can turn names, by renames out of folders that nobody else can enter (see
 * base/safe-path.ts). So no name in an archive, no link in it and no link in the destination leads anywhere else.
 */
import { recordLimit } from "../../facts/unpacked.ts";

export const unpacking = `sr_needs() {
  command -v "$1" >/dev/null || sr_refuse "$1 is not installed on the host, and this archive needs it" "install the package $2 there"
}
# $1 what to say; the names that follow on standard input are refused
sr_none() {
  if IFS= read -r sr_one || [ -n "$sr_one" ]; then sr_refuse "the archive has $1: $sr_one" 'nothing was changed'; fi
}
sr_names() {
  if [ -n "$sr_zip" ]; then unzip -Z1 archive
  else LC_ALL=C tar --quoting-style=escape -tf archive; fi
}
# into the folder new, of the file archive; $1 how many directories of each path are left out, $2 patterns to take, $3 to leave
sr_unpack() {
  sr_zip=
  case $(od -An -tx1 -N6 archive | tr -d ' \\n') in
    504b0304* | 504b0506*) sr_zip=yes; sr_needs unzip unzip ;;
    1f8b*) sr_needs gzip gzip ;;
    fd377a585a00*) sr_needs xz xz-utils ;;
    28b52ffd*) sr_needs zstd zstd ;;
    425a68*) sr_needs bzip2 bzip2 ;;
  esac
  [ -n "$sr_zip" ] || case $(tar --version 2>/dev/null) in
    *'GNU tar'*) ;;
    *) sr_refuse 'GNU tar is not installed on the host' 'install the package tar there' ;;
  esac
  sr_list=$(sr_names 2>&1) || sr_refuse "the archive can't be read: $(printf '%s\\n' "$sr_list" | tail -n 3 | tr '\\n' ' ')"
  printf '%s\\n' "$sr_list" | grep '^/' | sr_none 'an absolute path'
  printf '%s\\n' "$sr_list" | grep -E '(^|/)\\.\\.(/|$)' | sr_none 'a path that leads out of it'
  mkdir new
  if [ -n "$sr_zip" ]; then sr_unzip "$@"; else sr_untar "$@"; fi
  sr_inspect
}
# the patterns are lines
sr_untar() {
  printf '%s\\n' "$2" | grep . >take || :
  printf '%s\\n' "$3" | grep . >leave || :
  set -- "$1"
  [ ! -s take ] || set -- "$@" --verbatim-files-from --files-from=take
  sr_said=$(LC_ALL=C tar -xf archive -C new --no-same-owner --same-permissions --wildcards --exclude-from=leave \\
    --strip-components="$@" 2>&1) || sr_untold
}
sr_untold() {
  sr_why=$(sr_disk new "$sr_said") || sr_why=$(printf '%s\\n' "$sr_said" | tail -n 3 | tr '\\n' ' ')
  sr_refuse "the archive can't be unpacked: $sr_why" 'nothing was changed'
}
sr_unzip() {
  sr_strip=$1 sr_take=$2 sr_leave=$3
  set -f
  IFS='
'
  set -- $sr_take
  [ -z "$sr_leave" ] || set -- "$@" -x $sr_leave
  unset IFS
  set +f
  sr_said=$(unzip -q -o archive "$@" -d new 2>&1) || sr_untold
  while [ "$sr_strip" -gt 0 ]; do
    sr_strip=$((sr_strip - 1))
    mkdir less
    find new -mindepth 2 -maxdepth 2 -exec sh -c 'for one; do [ ! -e "less/\${one##*/}" ] || exit 1; mv -- "$one" less || exit 1; done' sh {} + ||
      sr_refuse 'without their first directories, paths of the archive are the same' 'nothing was changed'
    rm -rf new && mv less new
  done
}
# what is there must be files, directories and links that stay in it, under names that can be written down
sr_inspect() {
  LC_ALL=C find new \\( -name '*[[:cntrl:]]*' -o -name '*\\\\*' -o -lname '*[[:cntrl:]]*' \\) -print | tr '[:cntrl:]' '?' | sr_none 'a name with control characters or a backslash'
  # what is no UTF-8 is no character for grep
  { find new -printf '%P\\n' && find new -type l -printf '%l\\n'; } | LC_ALL=C.UTF-8 grep -axv '.*' |
    LC_ALL=C sed -n 'l 0' | sed 's/[$]$//' | sr_none 'a name that is not in UTF-8'
  find new ! -type f ! -type d ! -type l -print | sr_none 'what is no file, directory or link'
  find new -type l -lname '/*' -printf '%P leads to %l\\n' | sr_none 'a link that leads out of it'
  sr_root=$(pwd -P)/new
  find new -type l -exec sh -c 'root=$1; shift
for one; do
  case $(readlink -m -- "$one") in "$root" | "$root"/*) ;; *) printf "%s leads to %s\\n" "\${one#new/}" "$(readlink -- "$one")" ;; esac
done' sh "$sr_root" {} + | sr_none 'a link that leads out of it'
  # a second name of what is not in it
  find new -type f -links +1 -printf '%i %n %P\\n' | sort -n |
    awk '{ count[$1]++; links[$1] = $2; path[$1] = substr($0, length($1) + length($2) + 3) } END { for (i in count) if (count[i] != links[i]) print path[i] }' |
    sr_none 'a second name of a file elsewhere'
  # who gets a file by an archive does not get its owner's rights by it
  find new ! -type l -perm /6000 -exec chmod ug-s -- {} +
  chmod 755 new
}
# the record of what is in new. $1 is its first line
sr_write_record() {
  {
    printf '%s\\n' "$1"
    (
      cd new
      find . -mindepth 1 \\( -type f -o -type d \\) -printf '%y\\t%m\\t%u\\t%g\\t\\t%P\\n'
      find . -type l -printf 'l\\t\\t%u\\t%g\\t%l\\t%P\\n'
      find . -type f -exec sha256sum -- {} + | sed 's/^\\([0-9a-f]*\\)  \\.\\//h\\t\\1\\t/'
    )
  } >record
  sr_length=$(wc -c <record)
  [ "$sr_length" -le ${recordLimit} ] ||
    sr_refuse "the archive has $(find new | wc -l) files and directories, which take $sr_length bytes to remember, expected at most ${recordLimit} (some 5,000 files)" 'nothing was changed: unpack it in parts, with include, from archives of different names'
}
# what lies in the folder $1 goes into the directory in which we stand; with sr_exact, nothing else stays there
sr_merge() {
  # what a run that was killed has left here
  sr_sweep .sr-unpack-
  for sr_entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    [ -e "$sr_entry" ] || [ -L "$sr_entry" ] || continue
    sr_leaf=\${sr_entry##*/}
    if [ -d "$sr_entry" ] && [ ! -L "$sr_entry" ]; then
      if [ -L "./$sr_leaf" ]; then sr_refuse "\${sr_path%/}/$sr_leaf is a link on the host, and a directory in the archive" 'no link is followed: remove it, or unpack into what it leads to'
      elif [ -d "./$sr_leaf" ]; then
        (
          sr_down "$sr_leaf"
          sr_others
          sr_merge "$sr_entry"
        ) || exit
        continue
      elif [ -e "./$sr_leaf" ]; then sr_refuse "\${sr_path%/}/$sr_leaf is no directory on the host, and one in the archive"; fi
    elif [ -d "./$sr_leaf" ] && [ ! -L "./$sr_leaf" ]; then
      sr_refuse "\${sr_path%/}/$sr_leaf is a directory on the host, and none in the archive" 'remove it first'
    elif [ -z "$sr_by" ] && sr_alike; then continue
    fi
    sr_place
  done
  [ -z "$sr_exact" ] || for sr_entry in ./* ./.[!.]* ./..?*; do
    [ -e "$sr_entry" ] || [ -L "$sr_entry" ] || continue
    sr_leaf=\${sr_entry#./}
    [ -e "$1/$sr_leaf" ] || [ -L "$1/$sr_leaf" ] || sr_remove "$sr_leaf" "$(stat -c %U:%G: -- "$sr_entry")"
  done
}
sr_alike() {
  [ -f "./$sr_leaf" ] && [ ! -L "./$sr_leaf" ] && [ ! -L "$sr_entry" ] && cmp -s -- "$sr_entry" "./$sr_leaf" &&
    [ "$(stat -c %a:%u:%g -- "$sr_entry")" = "$(stat -c %a:%u:%g -- "./$sr_leaf")" ]
}
sr_place() {
  (
    if [ -n "$sr_by" ]; then
      trap sr_tidy EXIT
      sr_private .sr-unpack-
      sr_said=$(LC_ALL=C cp -a -- "$sr_entry" "./$sr_leaf" 2>&1) || sr_fail . "$sr_said"
      sr_put_out "$sr_leaf"
    else
      sr_said=$(LC_ALL=C cp -a -- "$sr_entry" "./.sr-unpack-$$" 2>&1) || { rm -rf -- "./.sr-unpack-$$"; sr_fail . "$sr_said"; }
      mv -f -T -- "./.sr-unpack-$$" "./$sr_leaf"
    fi
  ) || exit
}`;
