/** The change that unpacks an archive. */
import { enterRecords, recordName, type UnpackedKey } from "../../facts/unpacked.ts";
import {
  type ChangeDefinition,
  enterDirectoryOf,
  isOctal,
  lines,
  type PlanHost,
  rawScript,
  type Script,
  sh,
} from "../../kit/index.ts";
import { chownOperand } from "../files/attributes.ts";
import { fileModeInTree, resolveMode } from "../files/mode.ts";
import { type Archive, patience } from "./archive.ts";
import { askFor } from "./ask-server.ts";
import { fetchHere, withOptions } from "./fetch-script.ts";
import { unpacking } from "./unpack-script.ts";

/** What is unpacked, where to and how. */
interface Unpacking {
  readonly path: string;
  readonly key: UnpackedKey;
  readonly mark: string;
  readonly archive: Archive;
  /** Whether what else is there is removed. */
  readonly exact: boolean;
  readonly strip: number;
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly mode?: string | undefined;
}

/** What does it: a script, with the archive as its input where that is on the control machine. */
export async function unpackScript(
  host: PlanHost,
  wanted: Unpacking,
): Promise<Pick<ChangeDefinition, "action">> {
  const { archive } = wanted;
  if (archive.from === "here")
    return {
      action: {
        kind: "script",
        script: scriptFor(wanted, sh`cat >archive`),
        input: { path: wanted.path, content: await archive.content.read() },
      },
    };
  if (archive.from === "host")
    return { action: { kind: "script", script: scriptFor(wanted, takeFrom(archive.path)) } };
  const { url } = await askFor(host, { url: archive.url, headers: {}, timeout: patience });
  const script = (from: string) => {
    const fetching = {
      url: archive.url,
      from,
      headers: {},
      hash: archive.hash,
      maxSize: undefined,
      patience: patience / 1000,
    };
    const fetch = lines(sh`sr_new=archive; : >archive`, fetchHere(fetching));
    return withOptions(fetching, scriptFor(wanted, fetch));
  };
  // a redirect may lead to another address at each run: signed ones do
  return { action: { kind: "script", script: script(url), compared: script(archive.url) } };
}

/**
 * Whoever may write there could put a pipe in its place at any moment, or a link to what has no end: a pipe is not waited
 * for, and no more is taken than the file has.
 */
function takeFrom(path: string): Script {
  return sh`[ -f ${path} ] || sr_refuse ${`${path} is no file any more`}
sr_size=$(stat -L -c %s -- ${path})
dd if=${path} iflag=nonblock bs=1M status=none | head -c "$sr_size" >archive`;
}

/**
 * The archive is taken into a folder of our own, looked at there, and unpacked there.
 *
 * @param take makes the file `archive`
 */
function scriptFor(wanted: Unpacking, take: Script): Script {
  const { path, key, mark, archive, strip, include = [], exclude = [] } = wanted;
  const name = recordName(key);
  return lines(
    rawScript("set -e"),
    // the functions, and a first look at the way
    enterDirectoryOf(`${path}/x`),
    rawScript(unpacking),
    sh`sr_what=${path}`,
    enterRecords(),
    sh`sr_records=$(pwd -P) sr_work=$(pwd -P)/${name}.work
rm -rf -- "$sr_work"
trap 'rm -rf -- "$sr_work"' EXIT
trap 'exit 143' HUP INT TERM
mkdir -- "$sr_work" && cd -- "$sr_work"`,
    take,
    sh`case $(sha256sum <archive) in
  ${archive.hash}' '*) ;;
  *) sr_refuse 'the archive is another one than when it was looked at: nothing was changed' 'run again' ;;
esac
umask 022
sr_unpack ${strip} ${include.join("\n")} ${exclude.join("\n")}`,
    attributes(wanted),
    sh`sr_write_record ${mark}
sr_exact=${wanted.exact ? "yes" : ""}
sr_enter ${path}
sr_merge "$sr_work/new"
mv -f -- "$sr_work/record" "$sr_records"/${name}`,
  );
}

function attributes({ owner, group, mode }: Unpacking): Script {
  const operand = chownOperand(owner, group);
  return lines(
    operand === undefined ? rawScript(":") : sh`chown -hR -- ${operand} new`,
    mode === undefined
      ? rawScript(":")
      : isOctal(mode)
        ? octal(resolveMode(mode, "0755", true))
        : sh`chmod -R -- ${mode} new`,
  );
}

function octal(mode: string): Script {
  return sh`find new -type d -exec chmod -- ${mode} {} +
find new -type f -perm /111 -exec chmod -- ${fileModeInTree(mode, true)} {} +
find new -type f ! -perm /111 -exec chmod -- ${fileModeInTree(mode, false)} {} +`;
}
