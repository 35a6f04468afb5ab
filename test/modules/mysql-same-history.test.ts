/** Whether two servers have the same history: the same GTID may stand for different transactions. */
import { describe, expect, it } from "vitest";
import { parseGtids } from "../../src/facts/mysql/gtid.ts";
import {
  before,
  beginning,
  mysqlTransactions,
  type Transactions,
} from "../../src/facts/mysql/transactions.ts";
import { canCompare, compareHistories, placesFor } from "../../src/modules/mysql/same-history.ts";

/** `0-1-5@12`: a transaction, and when it was made. */
const at = (...list: string[]): Transactions => ({
  read: true,
  times: new Map(list.map((one) => [one.split("@")[0] ?? "", one.split("@")[1] ?? ""])),
});
const unread: Transactions = { read: false, problem: "no answer" };

describe("two histories", () => {
  it.each<[string, [Transactions, Transactions][], unknown]>([
    ["the same", [[at("0-1-1@10", "0-1-2@11"), at("0-1-1@10", "0-1-2@11")]], { kind: "same" }],
    ["a primary that has more", [[at("0-1-2@11"), at("0-1-2@11", "0-1-3@12")]], { kind: "same" }],
    ["a replica that has more", [[at("0-1-2@11", "0-1-3@12"), at("0-1-2@11")]], { kind: "same" }],
    ["a primary that has purged some", [[at("0-1-1@10", "0-1-2@11"), at("0-1-2@11")]], { kind: "same" }],
    ["a replica that left some out", [[at("0-1-3@12"), at("0-1-2@11", "0-1-3@12")]], { kind: "same" }],
    [
      "one that was reset",
      [[at("0-1-1@10", "0-1-2@11"), at("0-1-1@20", "0-1-2@21")]],
      { kind: "different", gtid: "0-1-1", mine: "10", theirs: "20" },
    ],
    [
      "one that was restored to an earlier time",
      [[at("0-1-1@10", "0-1-2@11"), at("0-1-1@10", "0-1-2@21")]],
      { kind: "different", gtid: "0-1-2", mine: "11", theirs: "21" },
    ],
    [
      "one that was restored without a transaction in between",
      [[at("0-1-1@10", "0-1-2@11", "0-1-3@12"), at("0-1-1@10", "0-1-3@12")]],
      { kind: "different", gtid: "0-1-2", mine: "11", theirs: undefined },
    ],
    [
      "a server's own numbers in another domain",
      [[at("1-9-2@11", "0-1-3@12"), at("0-1-1@10", "0-1-3@12", "0-1-4@13")]],
      { kind: "same" },
    ],
    [
      "several readings of which one shows it",
      [
        [at("0-1-1@10"), at("0-1-1@20")],
        [at("0-1-9@15"), at("0-1-9@15")],
      ],
      { kind: "different", gtid: "0-1-1", mine: "10", theirs: "20" },
    ],
    [
      "a part that is purged, and the end that is not",
      [
        [at("0-1-1@10"), unread],
        [at("0-1-9@15"), at("0-1-9@15")],
      ],
      { kind: "same" },
    ],
    [
      "a replica that was filled by a copy",
      [[at(), at("0-1-1@10")]],
      { kind: "nothing", why: "this server's binlogs hold none of the transactions that it has" },
    ],
    [
      "a primary that has purged all that the replica has",
      [[at("0-1-1@10"), at("0-1-2@10")]],
      { kind: "nothing", why: "the primary's binlogs no longer hold the transactions that this server has" },
    ],
    [
      "a primary that can't be read",
      [[at("0-1-1@10"), unread]],
      { kind: "unread", problem: "the primary's binlogs can't be read: no answer" },
    ],
    [
      "a replica that can't be read",
      [[unread, at("0-1-1@10")]],
      { kind: "unread", problem: "this server's binlogs can't be read: no answer" },
    ],
  ])("%s", (_, readings, expected) => {
    expect(compareHistories(readings.map(([mine, theirs]) => ({ mine, theirs })))).toEqual(expected);
  });

  it.each([
    ["10.11.19", true],
    ["11.8.9", true],
    ["10.8.1", true],
    ["10.6.21", false],
    ["9.7.4", false],
  ])("of version %s can be compared: %s", (version, expected) => {
    expect(canCompare({ running: true, flavour: "mariadb", version })).toBe(expected);
  });
});

describe("the place before a position", () => {
  it.each([
    ["0-1-90", 1, "0-1-89"],
    ["0-1-90", 1000, "4294967295-1-1"],
    ["0-1-5000,1-7-20", 1000, "0-1-4000"],
    ["0-1-18446744073709551615", 1, "0-1-18446744073709551614"],
  ])("%s, by %i", (position, count, expected) => {
    expect(before(parseGtids(position), count)).toBe(expected);
  });
});

describe("what is read of a server's binlogs", () => {
  const running = [
    { after: beginning, count: 1 },
    { after: "0-1-4000,1-7-8000", count: 2000 },
    { after: "0-1-4999,1-7-8999", count: 1 },
  ];
  const position = "0-1-5000,1-7-9000";

  it("is also the latest of a replica that runs, since those before may be too large to get there", () => {
    expect(placesFor(position, false)).toEqual(running);
  });

  it("is also what follows where a replica is to go on", () => {
    expect(placesFor(position, true)).toEqual([...running, { after: position, count: 1 }]);
  });
});

describe("the transactions of a server", () => {
  const { source } = mysqlTransactions;
  const key = { server: {}, after: "", count: 5 };
  const read = (...answers: string[]) => {
    if (!("parse" in source)) throw new Error("it is read by a script");
    const keys = answers.map((_, count) => ({ ...key, count }));
    const [, mark = ""] = /printf (\S+)\n/.exec(source.script(keys).text) ?? [];
    return [...source.parse(Buffer.from(answers.map((one) => mark + one).join("")), keys).values()];
  };

  it("are read with their times", () => {
    expect(read("0-1-5 #261130 8:05:09\n0-1-6 #261130 18:05:09\n", "!ERROR: denied\n", "")).toEqual([
      at("0-1-5@2026-11-30 08:05:09 UTC", "0-1-6@2026-11-30 18:05:09 UTC"),
      { read: false, problem: "ERROR: denied" },
      at(),
    ]);
  });

  it("are not read from lines of another form", () => {
    expect(read("0-1-5 #261130\n\u{1b}[2J 0-1-6 #261130 8:05:09\n")).toEqual([at()]);
  });
});
