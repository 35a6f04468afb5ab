/** When the transactions in a server's binlogs were made: two servers may have given the same GTID to different ones. */

import { randomBytes } from "node:crypto";
import { defineFact, rawScript, type Script, sh } from "../../kit/index.ts";
import { feedLogin } from "./client.ts";
import { formatGtids, type Gtid } from "./gtid.ts";
import type { ServerKey } from "./login.ts";

/** By GTID, the time (UTC) that a transaction carries on every server: that of its first event. */
export type Transactions =
  | { readonly read: true; readonly times: ReadonlyMap<string, string> }
  | { readonly read: false; readonly problem: string };

/** Which transactions of which server. */
export type TransactionsKey = {
  readonly server: ServerKey;
  /** Those after these GTIDs, one a domain: see `before`. */
  readonly after: string;
  /** How many at most. */
  readonly count: number;
};

/** The position that lies so many transactions before another one; before the first, it is the beginning. */
export function before(position: readonly Gtid[], count: number): string {
  const earlier = position.flatMap(({ sequence, ...gtid }) =>
    sequence > BigInt(count) ? [{ ...gtid, sequence: sequence - BigInt(count) }] : [],
  );
  return earlier.length > 0 ? formatGtids(earlier) : beginning;
}

/** A domain that no server has: of all that a server has, nothing comes before it. */
export const beginning = "4294967295-1-1";

/** Stands between the answers, and in none of them. */
const boundary = randomBytes(16).toString("hex");

/** So many bytes of a binlog are read at most, and the statement in which they end: the tool prints that as a whole. */
const limit = 64 * 1024 * 1024;

/** So many seconds may one reading take: a server that has gone silent would hold the tool for minutes. */
const patience = 20;

/**
 * Reads them as a replica would: the account needs REPLICATION SLAVE, and the server finds the place by itself. Prints
 * a line for each: GTID, date, time. What statements bring (`#Q>`, or lines of their own) is not looked at.
 */
const reader = rawScript(`export TZ=UTC0
tool=$(command -v mariadb-binlog || command -v mysqlbinlog)
pick() {
  awk -v count="$1" '
    # the end: the status of the tool, then what it wrote to stderr
    $1 == "${boundary}" { ended = 1; status = $2; next }
    ended { said = substr(said " " $0, 1, 500); next }
    NR == 1 && /^[0-9]+$/ { tool = $1; next }
    !/^#[0-9][0-9][0-9][0-9][0-9][0-9] / || $3 != "server" || $6 != "end_log_pos" { next }
    # what the server makes up for its reader has no time
    $1 == "#700101" && $2 == "0:00:00" { next }
    {
      # a transaction may be larger than all others together: no more of the last one is read than its time
      if (last && $7 > last) size += $7 - last
      last = $7
      if (size > ${limit}) exit
      kind = $8 == "CRC32" ? 10 : 8
      if ($kind == "GTID") { if (seen == count) exit; gtid = $(kind + 1); next }
      if (gtid == "") next
      print gtid, $1, $2
      gtid = ""
      if (++seen == count) exit
    }
    END {
      # by itself the tool would end only when it prints again: it receives a statement as a whole before
      if (tool != "" && !ended) system("kill " tool " 2>/dev/null")
      # what came in time is true, also where the rest did not
      if (status == 124) { if (!seen) print "!it gave no answer within ${patience} seconds" }
      else if (status != 0) print "!" substr(said, 2)
    }'
}`);

function readOne({ server, after, count }: TransactionsKey): Script {
  const words = [
    "--defaults-file=/dev/stdin",
    "--read-from-remote-server",
    "--to-last-log",
    "--base64-output=decode-rows",
    "--skip-gtid-strict-mode",
    `--start-position=${after}`,
    "found-by-gtid",
  ];
  // its process id first
  const run = sh`sh -c ${'echo "$$"; exec "$@"'} sh timeout ${patience} "$tool" ${words}`;
  const read = feedLogin(server, run);
  return rawScript(`printf ${boundary}
if [ -z "$tool" ]; then printf '!mariadb-binlog is not installed here'; else
{ said=$({ ${read.text}
} 2>&1 >&3 3>&-)
printf '${boundary} %s\\n%s\\n' "$?" "$said"; } 3>&1 2>/dev/null | pick ${count}
fi`);
}

/** MariaDB from 10.8 on, whose tool finds a place by GTID. */
export const mysqlTransactions = defineFact<TransactionsKey, Transactions>({
  name: "mysql.transactions",
  about: "world",
  mostlyOwn: true, // what is written elsewhere alters none that is there
  mayArrive: (_, { read }) => !read,
  // new ones come all the time
  lasting: () => undefined,
  limit: (keys) => keys.reduce((sum, { count }) => sum + 1024 + count * 64, 0),
  script: (keys) => rawScript([reader.text, ...keys.map((key) => readOne(key).text)].join("\n")),
  parse(stdout, keys) {
    const answers = stdout.toString().split(boundary).slice(1);
    return new Map(keys.map((key, index) => [key, readAnswer(answers[index])]));
  },
});

function readAnswer(answer = "!no answer"): Transactions {
  const times = new Map<string, string>();
  for (const line of answer.split("\n")) {
    if (line.startsWith("!")) return { read: false, problem: line.slice(1) || "it is unknown why" };
    const [, gtid, year, month, day, time] =
      /^(\d+-\d+-\d+) #(\d\d)(\d\d)(\d\d) ([\d:]{7,8})$/.exec(line) ?? [];
    if (gtid !== undefined) times.set(gtid, `20${year}-${month}-${day} ${time?.padStart(8, "0")} UTC`);
  }
  return { read: true, times };
}
