/** What reading costs a host: as many processes for sixty asks as for ten. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fact, FactKey } from "../../src/core/facts/fact.ts";
import { realDirectory } from "../../src/core/facts/real-paths.ts";
import { accounts } from "../../src/facts/accounts.ts";
import { aptOffer } from "../../src/facts/apt-lists.ts";
import { authorities } from "../../src/facts/authorities.ts";
import { certificateRequest, certificates } from "../../src/facts/certificates.ts";
import { clockOffset } from "../../src/facts/clock.ts";
import { download } from "../../src/facts/downloads.ts";
import { dpkgFiles, dpkgPackage, dpkgTraces, dpkgVersion } from "../../src/facts/dpkg.ts";
import { directoryNames, emptyDirectory, holdsOnly, treeDifference } from "../../src/facts/file-tree.ts";
import { file, fileContent, fileHash, fileText } from "../../src/facts/files.ts";
import { haproxySettings, haproxyTraffic } from "../../src/facts/haproxy.ts";
import { portListeners } from "../../src/facts/listeners.ts";
import { pathExists } from "../../src/facts/net.ts";
import { sshdSettings } from "../../src/facts/sshd.ts";
import { sysctlSettable, sysctlValue } from "../../src/facts/sysctl.ts";
import { unit } from "../../src/facts/systemd.ts";
import { isTrusted } from "../../src/facts/trust-store.ts";
import {
  groupExists,
  groupId,
  userAttribute,
  userExists,
  userExpiry,
  userGroups,
  userPassword,
} from "../../src/facts/users.ts";
import { canCountProcesses, processesOf } from "../processes.ts";
import { shellWith } from "./stub-commands.ts";

const directory = mkdtempSync(join(tmpdir(), "processes-"));
const busyboxOnly = join(directory, "bin");
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const at = (kind: string) => (number: number) => join(directory, `${kind} ${number}`);

/** Of the kernel. */
const parameters = readdirSync("/proc/sys/net/ipv4").filter((name) => name.startsWith("tcp_"));

beforeAll(() => {
  mkdirSync(busyboxOnly);
  spawnSync("busybox", ["--install", "-s", busyboxOnly]);
  for (const number of numbers(60)) {
    writeFileSync(at("file")(number), "text");
    writeFileSync(at("two\nlines")(number), "text");
    mkdirSync(at("directory")(number));
    writeFileSync(join(at("directory")(number), "a"), "");
    symlinkSync("where it leads", at("link")(number));
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Commands of a Debian, of the fewest processes. What is even is there, what is odd is not. */
const commands = {
  systemctl: `#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift
for name; do
  case $name in *[02468].service) load=loaded ;; *) load=not-found ;; esac
  printf 'Type=simple\\nId=%s\\nLoadState=%s\\nActiveState=active\\nUnitFileState=enabled\\nDropInPaths=\\n\\n' "$name" $load
done`,
  "dpkg-query": "#!/bin/sh\nprintf 'ii \\tdpkg\\tamd64\\t1\\n'; [ $# -le 3 ]",
  dpkg: "#!/bin/sh\necho amd64",
  "apt-cache": "#!/bin/sh\n:",
};
const debian = shellWith(commands);

interface Case {
  readonly name: string;
  script(count: number): string;
}

/** @param key the number's one */
function reading<K extends FactKey, V>(fact: Fact<K, V>, key: (number: number) => K, of = ""): Case {
  return {
    name: of === "" ? fact.name : `${fact.name} of ${of}`,
    script(count) {
      if ("read" in fact.source) throw new Error(`${fact.name} has no script`);
      return fact.source.script(numbers(count).map(key)).text;
    },
  };
}

const named = (kind: string) => (number: number) => `${kind}${number}`;
const system = ["root", "daemon", "bin", "sys", "mail"];
const someone = (number: number) => (number < 5 ? (system[number] ?? "") : `nobody-of-the-name-${number}`);

const files: readonly Case[] = [
  reading(realDirectory, at("directory")),
  reading(file, at("file"), "files"),
  reading(fileHash, at("file"), "files"),
  reading(fileHash, at("two\nlines"), "files with odd names"),
  reading(fileContent, at("file")),
  reading(fileText, at("file")),
  reading(sysctlValue, (number) => `net.ipv4.${parameters[number]}`),
  reading(sysctlSettable, (number) => `net.ipv4.${parameters[number]}`),
  reading(authorities, at("file")),
  reading(certificates, at("file")),
  reading(certificateRequest, at("file")),
  reading(emptyDirectory, at("directory")),
  reading(directoryNames, at("directory")),
  reading(holdsOnly, (number) => ({ path: at("directory")(number), names: "b/c" })),
  reading(treeDifference, (number) => ({ path: at("directory")(number), owner: "root", fileMode: "0600" })),
  reading(pathExists, at("file")),
];

const others: readonly Case[] = [
  reading(isTrusted, (number) => `line${number}`),
  reading(clockOffset, () => ""),
  reading(accounts, () => ""),
  reading(sshdSettings, () => ""),
  reading(file, at("link"), "links"),
  reading(download, at("file")),
  reading(userExists, someone),
  reading(userAttribute, (number) => ({ user: someone(number), attribute: "group" })),
  reading(userGroups, someone),
  reading(userPassword, someone),
  reading(userExpiry, someone),
  reading(groupExists, someone),
  reading(groupId, someone),
  reading(unit, (number) => `${named("unit")(number)}.service`),
  reading(haproxySettings, (number) => ({ socket: "/run/none.sock", server: `web${number}` })),
  reading(haproxyTraffic, (number) => ({ socket: "/run/none.sock", server: `web${number}` })),
  reading(portListeners, (number) => ({ port: 8000 + number })),
  reading(dpkgPackage, named("package")),
  reading(dpkgVersion, named("package")),
  reading(dpkgTraces, named("package")),
  reading(dpkgFiles, named("package")),
  reading(aptOffer, (number) => ({ name: named("package")(number), release: "" })),
];

describe.skipIf(!canCountProcesses)("sixty asks start as many processes as ten", () => {
  const counts = ({ script }: Case, shell: readonly string[], path?: string) =>
    [1, 10, 60].map((count) => processesOf(script(count), shell, path));

  for (const one of [...files, ...others])
    it(`for ${one.name}`, () => {
      const [, ten, sixty] = counts(one, debian);
      expect(sixty).toBe(ten);
      expect(sixty).toBeLessThanOrEqual(8);
    });

  for (const one of files)
    it(`for ${one.name}, where there is nothing but busybox`, () => {
      const [, ten, sixty] = counts(one, ["sh"], busyboxOnly);
      expect(sixty).toBe(ten);
    });
});

/** Of these the count grows, since no tool answers for several at once; each says here why that is no matter. */
const growing: Readonly<Record<string, string>> = {
  "net.addressHolder": "each address is asked of the network by itself, and a host shares few",
  "certificate.privateKey": "openssl knows one key at a time, and a host has few",
  "apt.simulation": "one dry run a command of apt, before a change alone",
  "cron.table": "crontab knows one user at a time, and a host has few tables",
  "deb.file": "dpkg-deb knows one archive at a time",
  "file.below": "a directory is listed by a process of its own, and few are",
  "file.unpacked": "a record is read by a process of its own, and a host has few archives",
  "file.link-refusal": "only where a task follows a link",
  "file.matches": "each file is searched for something else",
  "git.checkout": "git knows one checkout at a time",
  "git.remote": "git knows one repository at a time",
  "net.connections": "connections are counted, not listed: there may be very many",
  "nftables.table": "nft lists one table at a time, and a host has few that are ours",
  "nftables.understood": "a host has one ruleset",
  "sshd.understood": "a host has few files of sshd's that are ours",
  "systemd.install": "before a change alone",
};

it("no fact is left out", async () => {
  const folder = new URL("../../src/facts/", import.meta.url);
  const modules = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  const scripted = new Set<string>();
  for (const module of modules)
    for (const value of Object.values(await import(new URL(module, folder).href)))
      if (isFact(value) && "script" in value.source && value.source.script.length > 0)
        scripted.add(value.name);
  const looked = [...files, ...others].map(({ name }) => name.replace(/ of .*/, ""));
  const rest = [...scripted].filter((name) => !looked.includes(name) && !(name in growing));
  expect(rest.sort()).toEqual([]);
});

function isFact(value: unknown): value is Fact<FactKey, unknown> {
  return typeof value === "object" && value !== null && "source" in value && "allBelow" in value;
}
