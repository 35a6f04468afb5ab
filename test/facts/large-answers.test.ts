/** Whatever a host answers, in whatever size a fact lets it: reading it holds up nobody else for long. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { describe, expect, it } from "vitest";
import type { Fact, FactKey } from "../../src/core/facts/fact.ts";
import { usualLimit } from "../../src/core/facts/fact-request.ts";
import { allPendingHandlers, hostState } from "../../src/core/lease/host-state.ts";
import { treeDifference } from "../../src/facts/file-tree.ts";
import { fileHash } from "../../src/facts/files.ts";
import { chainProblem } from "../../src/modules/certificates/chain.ts";
import { keepAuthorities } from "../../src/transport/authorities.ts";
import { firstOf, madeHere } from "../law/made-certificates.ts";

const folder = join(import.meta.dirname, "../../src/facts");
const files = [folder, join(folder, "mysql")].flatMap((one) =>
  readdirSync(one)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(one, name)),
);

function isFact(value: unknown): value is Fact<FactKey, unknown> {
  return value !== null && typeof value === "object" && "source" in value && "below" in value;
}

async function allFacts(): Promise<Fact<FactKey, unknown>[]> {
  const modules: unknown[] = await Promise.all(files.map((file) => import(file)));
  const exported = modules.flatMap((one) =>
    one !== null && typeof one === "object" ? Object.values(one) : [],
  );
  const given: unknown[] = [...exported, hostState, allPendingHandlers];
  return given.filter(isFact);
}

/** How the host could say that contents end: what it says is looked for in all that follows. */
const word = "0123456789abcdef".repeat(2);
const longMark = `a${word}${"a".repeat(10_000)}`;

/** As a host prints what may hold anything; of three bytes each, so that pieces can be strung together. */
const encoded = (text: string) => Buffer.from(text).toString("base64");

/** Pieces of which a host may make an answer of any length: new ones are a line each. */
const pieces = [
  "\n",
  "\n\n",
  " ",
  "\t",
  "a",
  "1",
  "0-1-1,",
  ":",
  ",",
  "a:\n",
  "a:b:1:a,a,a\n",
  "\0",
  "\x1e",
  "\x1f",
  "\x1e\n",
  "ii \tx\tall\t1\n",
  "i\n",
  "\n\nii \ta,a\n",
  "x:all (",
  "x:all (1), ",
  "a ",
  "a=\n",
  "Id=x\n\n",
  "/etc/systemd/system/x.service.d/a\n",
  "\n== drop-ins\n",
  "2: eth0 inet 192.0.2.1/24 ",
  "2: eth0 inet 192.0.2.1/24\n",
  "/proc/meminfo:a: 1\n",
  "/etc/os-release:A= \n",
  "== df\n",
  "1 1 1 1% /x\n",
  "<resultset >",
  "<row>",
  '<field name="',
  '<field name="a">x</field>',
  "<resultset ><row></row></resultset>",
  "GRANT a ON ",
  "`",
  "(",
  " Candidate: ",
  "Package: \n",
  "The following NEW packages will be installed:\n",
  "   a (",
  "   a (1 => ",
  "   a (1)\n",
  `- ${"a".repeat(32)}\n${"a".repeat(64)}`,
  "0\tset\tx\ta\t0\t1\n",
  "0\tdoes\tx\ta\t0\t0\tUP\tL7OK\n",
  "0\tothers\ta ",
  "0\tset\t",
  "LISTEN 0 128 0.0.0.0:1 0.0.0.0:* a\n",
  "a a a :",
  "{",
  '{"a":',
  "[",
  '"',
  ...["no ", "\0\0\0", "a\0 "].map(encoded),
];
/** What may stand before all of that, so that it is read as one thing or another. */
const beginnings = [
  "",
  "Install: ",
  "\n== cut off\nInstall: ",
  "\n== addresses\n2: ",
  "\n== df\n",
  "\n== files\n/etc/os-release:A=",
  "\n== files\n/proc/self/mounts:",
  "dpkg\n\n",
  "\n\n",
  "Id=x\nDropInPaths=",
  "x:\n  Candidate: 1\n",
  "\n== drop-ins\n== further\n== aliases\n",
  "amd64\n1 upgraded ",
  "x\n== provided\nPackage: x\n",
  `+ ${word}\n${longMark}${longMark}`,
  "128 ",
  `0 ${encoded("aa\nb\n\n")}`,
];

const object = {
  path: "/x",
  name: "x",
  release: "",
  within: 1,
  user: "x",
  host: "x",
  attribute: "group",
  server: {},
  port: 1,
  encoding: "x",
  reach: "safe",
  search: "x",
  socket: "/x",
  url: "x",
  version: "x",
  command: "install",
  options: [],
  names: ["x"],
};
const keys: FactKey[][] = [Array.from({ length: 20 }, (_, at) => `x${at}`), [object]];

describe("a fact's answer of the size that it may have", async () => {
  const facts = await allFacts();

  it("is that of a good many facts", () => expect(facts.length).toBeGreaterThan(30));

  it.each(facts.flatMap((fact) => ("parse" in fact.source ? [[fact.name, fact.source] as const] : [])))(
    "is read in a moment: %s",
    (name, { parse, limit = usualLimit }) => {
      const read = (some: FactKey[], text: string, piece: string, size: number) => {
        const answer = Buffer.from(text + piece.repeat(size / piece.length));
        const before = process.cpuUsage();
        try {
          parse(answer, some);
        } catch {
          // it is no answer
        }
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1000;
      };
      const cases = keys.flatMap((some) =>
        beginnings.flatMap((text) => pieces.map((piece) => ({ some, text, piece, time: 0 }))),
      );
      // a part is enough to find those that take long, and of 32 KiB to find those that may: what takes a time that
      // grows faster than the answer does so there already, by far
      const slowest = (some: typeof cases, count: number, sizeOf: (most: number) => number) => {
        for (const one of some) one.time = read(one.some, one.text, one.piece, sizeOf(limit(one.some)));
        return some.sort((a, b) => b.time - a.time).slice(0, count);
      };
      const suspects = slowest(cases, 100, (most) => Math.min(most / 32, 32 * 1024));
      for (const { some, text, piece } of slowest(suspects, 5, (most) => most / 32)) {
        const whole = () => read(some, text, piece, limit(some));
        let time = whole();
        // what else the machine does shows in CPU time, too
        for (let again = 0; again < 2 && time > 100; again++) time = Math.min(time, whole());
        if (time > 100)
          process.stderr.write(
            `${name}: ${time.toFixed(0)} ms for ${JSON.stringify([text.slice(0, 100), piece])}\n`,
          );
        expect(time, JSON.stringify([text.slice(0, 100), piece])).toBeLessThan(250);
      }
    },
  );

  it("is read in a moment where it lists other paths in each line, of many directories", () => {
    const last = { path: "/x/59" };
    const trees = [...Array.from({ length: 59 }, (_, at) => ({ path: `/x/${at}` })), last];
    const answer = Buffer.from(Array.from({ length: 300_000 }, (_, at) => `/x/59/${at}\0`).join(""));
    const { source } = treeDifference;
    if (!("parse" in source)) throw new Error("file.tree is read by a script");
    let time = Number.POSITIVE_INFINITY;
    for (let again = 0; again < 3 && time > 250; again++) {
      const before = process.cpuUsage();
      expect(source.parse(answer, trees).get(last)).toHaveLength(300_000);
      const { user, system } = process.cpuUsage(before);
      time = Math.min(time, (user + system) / 1000);
    }
    expect(time).toBeLessThan(500);
  });

  it("is judged in a moment where it has thousands of authorities that are called alike", async () => {
    const { shop, alike } = madeHere(
      `key root; self root 365 /CN=Root "$ca" "$sign"; key shop; signed shop root 365 /CN=Shop "$end"
key alike; openssl req -new -x509 -key alike.key -subj /CN=Root -days 365 -out alike.pem 2>/dev/null`,
      "shop",
      "alike",
    );
    const { publicKey } = firstOf(alike);
    const [first, of] = [
      firstOf(shop),
      Buffer.from(firstOf(alike).pem.replace(/-----.*-----/g, ""), "base64"),
    ];
    // each with another key, and with no name of a key that would rule it out
    const at = of.indexOf(Buffer.from(publicKey.replace(/-----.*-----/g, ""), "base64").subarray(-64));
    const pems = Array.from({ length: 5000 }, (_, number) => {
      of.writeUInt32BE(number, at);
      return `-----BEGIN CERTIFICATE-----\n${of.toString("base64")}\n-----END CERTIFICATE-----\n`;
    });
    const bundle = keepAuthorities(pems.join(""));
    const unnamed = { ...first };
    delete unnamed.issuerKeyId;
    const turns = monitorEventLoopDelay({ resolution: 1 });
    turns.enable();
    const before = process.cpuUsage();
    expect(await chainProblem(unnamed, [], bundle, Date.now())).toMatch("who is not trusted");
    const { user, system } = process.cpuUsage(before);
    turns.disable();
    expect((user + system) / 1000).toBeLessThan(1500);
    expect(turns.max / 1e6).toBeLessThan(250);
  });

  it("is read in a moment where no line of it ends, of many files", () => {
    const paths = Array.from({ length: 2000 }, (_, at) => `/x/${at}`);
    const { source } = fileHash;
    if (!("parse" in source)) throw new Error("file.hash is read by a script");
    const answer = Buffer.from(`${"+".repeat(paths.length)}\n`.padEnd(usualLimit(paths), "a"));
    const before = process.cpuUsage();
    source.parse(answer, paths);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(1000);
  });
});
