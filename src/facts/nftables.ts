/** The firewall of a host, as nft lists it: without handles, and without what counters have counted. */
import { defineFact, feed, lines, rawScript, sh } from "../kit/index.ts";

/** Tables by family and name: `inet firewall`. */
type Tables = Readonly<Record<string, string>>;

/** What nft makes of a ruleset: its tables, or why it refuses. */
type Understood = { readonly tables: Tables } | { readonly refused: string };

/** Ordinary users have no /usr/sbin in their path. */
const path = rawScript("PATH=$PATH:/usr/sbin:/sbin");

/**
 * A table of the running kernel, by family and name; undefined where there is none. Any software may change it: Docker,
 * fail2ban, an administrator.
 */
export const nftTable = defineFact<string, string | undefined>({
  name: "nftables.table",
  about: "services",
  script: (names) =>
    lines(
      path,
      sh`for table in ${names}; do`,
      rawScript(`nft -s list table $table 2>/dev/null; printf '\\000'
done`),
    ),
  parse(stdout, names) {
    const listings = stdout.toString().split("\0");
    return new Map(names.map((name, index) => [name, tablesIn(listings[index] ?? "")[name]]));
  },
});

/** The families and names of all tables of the running kernel; none where there is no nft. */
export const nftTables = defineFact<"", readonly string[]>({
  name: "nftables.tables",
  about: "services",
  script: () => lines(path, rawScript("nft list tables 2>/dev/null; :")),
  parse(stdout) {
    const found = stdout.toString().split("\n");
    return new Map([["", found.flatMap((line) => /^table (\w+ [\w./-]+)$/.exec(line)?.[1] ?? [])]]);
  },
});

/**
 * What the host's own nft makes of a ruleset, by its text; undefined where the host has no nft. The ruleset is loaded
 * into a private network, which has the devices that it names and is gone when that is told: so spelling, order and
 * defaults are the host's own, and can be compared with what runs.
 */
export const nftUnderstood = defineFact<string, Understood | undefined>({
  name: "nftables.understood",
  restsOn: () => ["/usr/sbin/nft", "/usr/bin/unshare"],
  mayArrive: (_, understood) => understood === undefined,
  script: (texts) =>
    lines(
      path,
      rawScript(`try='rules=$(cat)
# most kernels refuse a chain of a device that is not there
printf "%s\\n" "$rules" | grep -oE "devices?( =)? (\\{[^}]*\\}|\\"[^\\"]*\\")" | grep -o "\\"[^\\"]*\\"" | tr -d "\\"" | sort -u |
  while IFS= read -r name; do [ -e "/proc/sys/net/ipv4/conf/$name" ] || ip link add name "$name" type dummy || ip link add name "$name" type veth; done >/dev/null 2>&1
printf "%s\\n" "$rules" | nft -f - && nft -s list ruleset'
understand() {
  if ! command -v nft >/dev/null; then printf none
  elif said=$(LC_ALL=C unshare -n sh -c "$try" 2>&1); then printf 'good\\n%s' "$said"
  else printf 'bad\\n%s' "$said"; fi
  printf '\\000'
}`),
      ...texts.map((text) => feed(text, rawScript("understand"))),
    ),
  parse(stdout, texts) {
    const answers = stdout.toString().split("\0");
    return new Map(texts.map((text, index) => [text, understoodIn(answers[index] ?? "")]));
  },
});

function understoodIn(answer: string): Understood | undefined {
  const end = answer.indexOf("\n");
  const said = answer.slice(end + 1);
  if (end === -1) return undefined;
  return answer.startsWith("good\n") ? { tables: tablesIn(said) } : { refused: said };
}

/**
 * The tables of a listing. What traffic puts into a set is left out, so that it is no difference: the elements of
 * sets and maps that rules add to, or whose elements expire.
 */
function tablesIn(listing: string): Tables {
  const tables = new Map<string, string[]>();
  let table: string[] | undefined;
  let isSet = false;
  let isLiving = false;
  let isElement = false;
  for (const line of listing.split("\n")) {
    if (line.startsWith("table ") && line.includes(" {")) {
      table = [];
      tables.set(line.slice("table ".length, line.indexOf(" {")), table);
    } else if (line.startsWith("\tset ") || line.startsWith("\tmap ")) isSet = true;
    else if (line === "\t}") isSet = isLiving = isElement = false;
    else if (isSet && !isElement) {
      if (line.startsWith("\t\ttimeout ")) isLiving = true;
      if (line.startsWith("\t\tflags ")) isLiving ||= line.includes("dynamic") || line.includes("timeout");
      isElement = isLiving && line.startsWith("\t\telements = {");
    }
    if (!isElement) table?.push(line);
    if (isElement && line.endsWith("}")) isElement = false;
    if (line === "}") table = undefined;
  }
  return Object.fromEntries(Array.from(tables, ([name, rows]) => [name, `${rows.join("\n")}\n`]));
}
