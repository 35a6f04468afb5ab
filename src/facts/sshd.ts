/** What sshd makes of its configuration. */
import { defineFact, feed, lines, rawScript, sh } from "../kit/index.ts";

/** A file of sshd's configuration, as it is to be. */
export type SshdFile = {
  readonly path: string;
  readonly text: string;
  /** The options that it sets, so that other files that set them are found. */
  readonly options: readonly string[];
};

/** Values by option, in lower case as sshd lists them; an option of several lines has several. */
export type SshdValues = Readonly<Record<string, readonly string[]>>;

/** What sshd makes of a file. */
export type SshdUnderstood =
  | {
      /** The options that hold with the file in its place. */
      readonly together: SshdValues;
      /** Those that would hold if there were no other file. */
      readonly alone: SshdValues;
      /** The lines of all files that set the same options: `/etc/ssh/sshd_config:33:PermitRootLogin yes`. */
      readonly places: readonly string[];
    }
  /** Why sshd refuses it. */
  | { readonly refused: string };

/** The main file; the others are read where it includes them. */
export const sshdMain = "/etc/ssh/sshd_config";
export const sshdFolder = "/etc/ssh/sshd_config.d";

/**
 * What sshd makes of a file before it is there; undefined where there is no sshd. The file is put in its place in a
 * private view of the file system, which is gone when that is told.
 */
export const sshdUnderstood = defineFact<SshdFile, SshdUnderstood | undefined>({
  name: "sshd.understood",
  restsOn: () => ["/etc/ssh", "/usr/sbin/sshd"],
  mayArrive: (_, understood) => understood === undefined,
  script: (files) =>
    lines(
      rawScript(`PATH=$PATH:/usr/sbin:/sbin
understand() {
  sshd=$(command -v sshd) || { printf 'none\\000'; return; }
  if said=$(LC_ALL=C unshare -m sh -c '
set -e
mount -t tmpfs none /tmp
cat >/tmp/new
[ -d /run/sshd ] || { mount -t tmpfs none /run; mkdir /run/sshd; }
if [ "$1" = ${sshdMain} ]; then mount --bind /tmp/new ${sshdMain}
else
  mkdir /tmp/all
  cp -p ${sshdFolder}/* /tmp/all/ 2>/dev/null || :
  rm -f "/tmp/all/\${1##*/}"
  cat /tmp/new >"/tmp/all/\${1##*/}"
  mount --bind /tmp/all ${sshdFolder}
fi
"$3" -T
printf "\\036\\n"
"$3" -T -f /tmp/new
printf "\\036\\n"
[ -z "$2" ] || grep -HniE "^[[:space:]]*($2)[[:space:]=]" ${sshdFolder}/*.conf ${sshdMain} || :
' sh "$1" "$2" "$sshd" 2>&1); then printf 'good\\n%s\\000' "$said"
  else printf 'bad\\n%s\\000' "$said"; fi
}`),
      ...files.map(({ path, text, options }) => feed(text, sh`understand ${path} ${options.join("|")}`)),
    ),
  parse(stdout, files) {
    const answers = stdout.toString().split("\0");
    return new Map(files.map((file, index) => [file, understoodIn(answers[index] ?? "")]));
  },
});

/** What sshd goes by, apart from options for some connections only; undefined where there is no sshd. Its one key is `""`. */
export const sshdSettings = defineFact<string, SshdValues | undefined>({
  name: "sshd.settings",
  restsOn: () => ["/etc/ssh", "/usr/sbin/sshd"],
  mayArrive: (_, settings) => settings === undefined,
  // where it does not run, the directory that it wants is made in a private view of the file system
  script: () =>
    rawScript(`PATH=$PATH:/usr/sbin:/sbin
sshd=$(command -v sshd) || exit 0
if [ -d /run/sshd ]; then "$sshd" -T
else unshare -m sh -c 'mount -t tmpfs none /run && mkdir /run/sshd && exec "$0" -T' "$sshd"; fi`),
  parse(stdout, keys) {
    const listing = stdout.toString();
    const settings = listing === "" ? undefined : valuesIn(listing);
    return new Map(keys.map((key) => [key, settings]));
  },
});

function understoodIn(answer: string): SshdUnderstood | undefined {
  const end = answer.indexOf("\n");
  if (end === -1) return undefined;
  const said = answer.slice(end + 1);
  if (!answer.startsWith("good\n")) return { refused: said };
  const [together = "", alone = "", places = ""] = said.split("\x1e\n");
  return {
    together: valuesIn(together),
    alone: valuesIn(alone),
    places: places.split("\n").filter((line) => line !== ""),
  };
}

function valuesIn(listing: string): SshdValues {
  const values = new Map<string, string[]>();
  for (const line of listing.split("\n")) {
    const at = line.indexOf(" ");
    if (at === -1) continue;
    const option = line.slice(0, at);
    const found = values.get(option);
    if (found) found.push(line.slice(at + 1));
    else values.set(option, [line.slice(at + 1)]);
  }
  return Object.fromEntries(values);
}
