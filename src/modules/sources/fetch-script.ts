/** The host's side of fetching a file: by curl, or by wget where there is no curl. */
import { addressMark, recordDownload, versionLimit } from "../../facts/downloads.ts";
import { feed, lines, rawScript, type Script, secret, sh } from "../../kit/index.ts";
import { writeFileScript } from "../../kit/own.ts";

type Writing = Omit<Parameters<typeof writeFileScript>[0], "content" | "kind">;

/** What is fetched, and how. */
interface Fetching {
  /** What was asked for: the record is kept under this address. */
  readonly url: string;
  /** Where the redirects from there have led. */
  readonly from: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The SHA-256 that it must have, in hex. */
  readonly hash: string | undefined;
  /** Bytes. */
  readonly maxSize: number | undefined;
  /** How long the server may say nothing, in seconds. */
  readonly patience: number;
}

/** A script that fetches a file and puts it in its place, with all that the engine does for a file that is written. */
export function fetchScript(wanted: Fetching, file: Writing): Script {
  const record = rawScript('"$sr_etag" "$sr_modified" "$sr_got"');
  return withOptions(
    wanted,
    lines(
      writeFileScript({ kind: "write", ...file, content: fetchHere(wanted) }),
      recordDownload(file.path, addressMark(wanted.url), record),
    ),
  );
}

/** Fetches into the file `$sr_new`, within a script of `withOptions`. */
export function fetchHere({ url, from, hash = "", maxSize, patience }: Fetching): Script {
  const most = maxSize ?? Number.MAX_SAFE_INTEGER;
  return sh`sr_url=${url} sr_from=${from} sr_most=${most} sr_hash=${hash} sr_patience=${patience}
sr_fetch_all`;
}

/** A script that fetches something: its standard input holds the options of curl and wget. */
export function withOptions(wanted: Fetching, script: Script): Script {
  const options = secret`${curlLines(wanted)}${"\n\n"}${wgetLines(wanted)}`;
  return feed(options, lines(rawScript(fetching), script));
}

/** A file of options for curl(1): the address and the headers may be secrets, and stand in no command line. */
function curlLines({ from, headers, patience }: Fetching): string {
  const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
  return [
    `url = ${quoted(from)}`,
    ...Object.entries(headers).map(([name, value]) => `header = ${quoted(`${name}: ${value}`)}`),
    `connect-timeout = ${patience}`,
    `speed-time = ${patience}`,
    "speed-limit = 1",
    'proto = "=http,https"',
    "globoff",
    "fail",
    "suppress-connect-headers",
  ].join("\n");
}

/** A wgetrc. */
function wgetLines({ headers }: Fetching): string {
  return Object.entries(headers)
    .map(([name, value]) => `header = ${name}: ${value}`)
    .join("\n");
}

/**
 * Functions of POSIX `sh`. Standard input holds both programs' options, with an empty line between them. A transfer that
 * was cut goes on where it ended, if the server says that the content is still the same one (RFC 9110, 13.1.5).
 */
const fetching = `sr_options=$(cat)
sr_separator='

'
sr_curl=\${sr_options%%"$sr_separator"*}
sr_wget=\${sr_options#"$sr_curl"}
# prints the content from $1 on; the answer's headers, and what went wrong, go to standard error
sr_ask() {
  if command -v curl >/dev/null; then
    {
      printf '%s\\n' "$sr_curl"
      [ "$1" = 0 ] || printf 'header = "Range: bytes=%s-"\\nheader = "If-Range: %s"\\n' "$1" "$(printf %s "$sr_same" | sed 's/"/\\\\"/g')"
    } | curl -q --silent --show-error --config - --dump-header /dev/stderr
  else
    # wget takes options from regular files only: this one has lost its name before anything is asked
    (
      umask 077
      {
        printf '%s\\n' "$sr_wget"
        [ "$1" = 0 ] || printf 'header = If-Range: %s\\n' "$sr_same"
      } >"$sr_new.old"
    )
    {
      rm -f -- "$sr_new.old"
      wget --config=/dev/fd/7 --no-verbose --server-response --max-redirect=0 --tries=1 \\
        --timeout="$sr_patience" --start-pos="$1" --output-document=- --input-file=/dev/fd/6 6<<END
$sr_from
END
    } 7<"$sr_new.old"
  fi
}
# into $2, from $1 on. sr_end is 0 where all came. What is said may have no end: the first 64 KiB of it count, and 2 KiB of
# each line; the last two lines are our own
sr_fetch() {
  sr_said=$({
    {
      sr_ask "$1" && sr_end=0 || sr_end=$?
      printf '\\nsr-end: %s\\n' $sr_end >&2
    } | head -c "$((sr_most - $1 + 1))" >"$2"
  } 2>&1 | { head -c 65536; tail -n 2; } | tr -d '\\r' | cut -b -2048)
  sr_code= sr_etag= sr_modified= sr_range= sr_end= sr_why=
  # read takes the spaces that wget puts before a line
  while IFS=' ' read -r sr_line; do
    sr_value=\${sr_line#*:}
    sr_value=\${sr_value# }
    case $sr_line in
      HTTP/*) sr_code=\${sr_line#* } sr_code=\${sr_code%% *} sr_etag= sr_modified= sr_range= ;;
      [Ee][Tt][Aa][Gg]:*) [ "\${#sr_value}" -gt ${versionLimit} ] || sr_etag=$sr_value ;;
      [Ll][Aa][Ss][Tt]-[Mm][Oo][Dd][Ii][Ff][Ii][Ee][Dd]:*) [ "\${#sr_value}" -gt ${versionLimit} ] || sr_modified=$sr_value ;;
      [Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Rr][Aa][Nn][Gg][Ee]:*) sr_range=$sr_value ;;
      sr-end:*) sr_end=$sr_value ;;
      curl:* | wget:*) sr_why=$sr_line ;;
      ?*) [ -n "$sr_code" ] || sr_why=\${sr_why:-$sr_line} ;;
    esac
  done <<END
$sr_said
END
}
# only these answers have the content in them: a redirect's page, or a login's, is not what was asked for
sr_fetch_from() {
  sr_fetch "$@"
  case $1:$sr_code in
    *:200 | [1-9]*:206) ;;
    *:) [ "$sr_end" != 0 ] || sr_refuse "$sr_url: the server did not answer in HTTP" ;;
    *) sr_refuse "$sr_url answered with status $sr_code" 'nothing was changed' ;;
  esac
}
sr_fetch_all() {
  command -v curl >/dev/null || case $(wget --version 2>/dev/null) in
    'GNU Wget '*) ;;
    *) sr_refuse 'neither curl nor GNU wget is installed on the host' 'install one of them before' ;;
  esac
  sr_tries=1
  sr_fetch_from 0 "$sr_new"
  until [ "$sr_end" = 0 ]; do
    sr_have=$(wc -c <"$sr_new")
    [ "$sr_have" -le "$sr_most" ] || break
    [ $sr_tries -lt 5 ] || sr_refuse "$sr_url: \${sr_why:-the transfer was cut} (tried $sr_tries times)"
    sr_tries=$((sr_tries + 1))
    sleep 1
    # a weak ETag, or an odd one, does not say that two contents are the same
    case $sr_etag in \\"*[\\\\]*) sr_same= ;; \\"*\\") sr_same=$sr_etag ;; *) sr_same=$sr_modified ;; esac
    if [ -z "$sr_same" ] || [ "$sr_have" = 0 ]; then
      sr_fetch_from 0 "$sr_new"
      continue
    fi
    sr_fetch_from "$sr_have" "$sr_new.part"
    case $sr_code in
      206)
        case $sr_range in "bytes $sr_have-"*) ;; *) sr_refuse "$sr_url: asked for what follows byte $sr_have, the server sent something else" ;; esac
        cat -- "$sr_new.part" >>"$sr_new" ;;
      # another content. wget has left out its first bytes
      200) sr_fetch_from 0 "$sr_new" ;;
    esac
    rm -f -- "$sr_new.part"
  done
  [ "$(wc -c <"$sr_new")" -le "$sr_most" ] || sr_refuse "$sr_url is larger than $sr_most bytes: nothing was changed" 'a larger maxSize lets it in'
  sr_got=$(sha256sum <"$sr_new")
  sr_got=\${sr_got%% *}
  [ -z "$sr_hash" ] || [ "$sr_hash" = "$sr_got" ] ||
    sr_refuse "$sr_url: expected a content with the SHA-256 $sr_hash, got $sr_got: nothing was changed" 'check the address and the checksum'
}`;
