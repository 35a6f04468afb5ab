/**
 * Why something could not be written, with the file system that it was to be on: a function of POSIX `sh`, given a path
 * there and what a program said in the locale C. It fails where the disk is not the reason, and then prints what was said.
 */
export const diskWords = `sr_disk() {
  case $2 in
    *'No space left'*) set -- "$1" 'no space left on' ;;
    *[Qq]uota*) set -- "$1" 'the disk quota is used up on' ;;
    *'Read-only file system'*) set -- "$1" 'read-only file system' ;;
    *) printf '%s\\n' "$2"; return 1 ;;
  esac
  # what could not be made is not there
  [ -e "$1" ] || set -- "\${1%/*}" "$2"
  case $2 in no*) ! sr_files_up $(df -iP -- "$1" 2>/dev/null | tail -n 1) || set -- "$1" 'no room for one more file (no inodes left) on' ;; esac
  set -- "$2" $(df -P -- "$1" | tail -n 1)
  printf '%s\\n' "$1 $2 (mounted on \${7-})"
}
# some file systems count none: then all is 0
sr_files_up() { [ "\${2:-0}" != 0 ] && [ "\${4-}" = 0 ]; }`;
