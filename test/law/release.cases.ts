import { createHash } from "node:crypto";
import { type FileState, file, fileContent, fileHash, fileText } from "../../src/facts/files.ts";
import { self } from "../../src/facts/self.ts";
import { release } from "../../src/modules/releases/release.ts";
import { cases } from "../../src/testing/index.ts";

const path = "/srv/probe";
const list = `${path}/releases.list`;
/** Of somebody who may turn any part of it into a link at any time. */
const anns = "/home/ann/app";
const current = `${path}/current`;
const directory: FileState = { type: "directory", mode: "0755", owner: "root", group: "root" };
const absent: FileState = { type: "absent" };
const dir = (name: string) => `${path}/releases/${name}`;
const link = (name: string): FileState => ({
  type: "link",
  target: `releases/${name}`,
  owner: "root",
  group: "root",
});
const asList = (names: readonly string[]) => names.map((name) => `${name}\n`).join("");

/** Releases that are there, those that are noted, and the one that serves. */
function having(there: readonly string[], noted?: readonly string[], serving?: string) {
  const text = noted && asList(noted);
  const all = ["1", "2", "3", "4"];
  return {
    facts: [
      ...all.map((name) => file.is(dir(name), there.includes(name) ? directory : absent)),
      file.is(current, serving === undefined ? absent : link(serving)),
      file.is(
        list,
        text === undefined ? absent : { type: "file", mode: "0644", owner: "root", group: "root" },
      ),
      fileText.is(list, text),
      fileContent.is(list, text === undefined ? undefined : Buffer.from(text)),
      fileHash.is(list, text === undefined ? undefined : createHash("sha256").update(text).digest("hex")),
    ],
    start: [
      `mkdir -p ${path}/releases`,
      ...there.map((name) => `mkdir ${dir(name)} && echo ${name} >${dir(name)}/version`),
      ...(noted ? [`printf '${noted.map((name) => `${name}\\n`).join("")}' >${list}`] : []),
      ...(serving === undefined ? [] : [`ln -s releases/${serving} ${current}`]),
    ].join("; "),
  };
}
const serves = (name: string) => `[ "$(cat ${current}/version)" = ${name} ]`;

export default cases(
  release,
  [
    {
      name: "puts the first release into service",
      params: { path, name: "1" },
      ...having(["1"]),
      changes: ["created list", "created current"],
      end: [fileText.is(list, "1\n"), file.is(current, link("1")), serves("1")],
    },
    {
      name: "puts the next release into service and keeps the one before",
      params: { path, name: "2" },
      ...having(["1", "2"], ["1"], "1"),
      changes: ["content list", "target current"],
      end: [fileText.is(list, "1\n2\n"), serves("2"), file.is(dir("1"), directory)],
    },
    {
      name: "leaves a release that serves",
      params: { path, name: "2" },
      ...having(["1", "2"], ["1", "2"], "2"),
      changes: [],
      end: serves("2"),
    },
    {
      name: "removes the oldest releases",
      params: { path, name: "4", keep: 2 },
      ...having(["1", "2", "3", "4"], ["1", "2", "3"], "3"),
      changes: ["content list", "target current", "removed 1", "removed 2", "content list"],
      end: [fileText.is(list, "3\n4\n"), serves("4"), file.is(dir("1"), absent), file.is(dir("2"), absent)],
    },
    {
      name: "removes what a run that died has left",
      params: { path, name: "4", keep: 2 },
      ...having(["2", "3", "4"], ["2", "3", "4"], "4"),
      changes: ["removed 2", "content list"],
      end: [fileText.is(list, "3\n4\n"), serves("4"), file.is(dir("2"), absent)],
    },
    {
      name: "takes what was taken back for the oldest",
      params: { path, name: "4", keep: 3 },
      ...having(["1", "2", "3", "4"], ["1", "2", "3"], "2"),
      changes: ["content list", "target current", "removed 3", "content list"],
      end: [fileText.is(list, "1\n2\n4\n"), serves("4"), file.is(dir("3"), absent)],
    },
    {
      name: "goes forward again to what was taken back",
      params: { path, name: "3" },
      ...having(["1", "2", "3"], ["1", "2", "3"], "2"),
      changes: ["target current"],
      end: [fileText.is(list, "1\n2\n3\n"), serves("3")],
    },
    {
      name: "never removes the release that serves",
      params: { path, name: "1", keep: 2 },
      ...having(["1", "2", "3"], ["1", "2", "3"], "1"),
      changes: ["content list", "removed 2", "content list"],
      end: [fileText.is(list, "3\n1\n"), serves("1"), file.is(dir("1"), directory)],
    },
    {
      name: "never removes the release that has served until now",
      params: { path, name: "4", keep: 2 },
      ...having(["1", "2", "3", "4"], ["1", "2", "3"], "1"),
      changes: ["content list", "target current", "removed 2", "removed 3", "content list"],
      end: [fileText.is(list, "1\n4\n"), serves("4"), file.is(dir("1"), directory)],
    },
    {
      name: "knows a release that somebody has put into service by hand",
      params: { path, name: "2" },
      ...having(["1", "2"], undefined, "1"),
      changes: ["created list", "target current"],
      end: [fileText.is(list, "1\n2\n"), serves("2"), file.is(dir("1"), directory)],
    },
    {
      name: "passes over names in the list that are none",
      params: { path, name: "1", keep: 2 },
      start: `mkdir -p ${dir("1")} ${path}/kept; echo 1 >${dir("1")}/version; printf '../kept\\n..\\n/etc\\n' >${list}`,
      changes: ["content list", "created current"],
      end: [fileText.is(list, "1\n"), serves("1"), file.is(`${path}/kept`, directory)],
    },
    {
      name: "works in a directory of somebody else",
      params: { path: anns, name: "3", keep: 2 },
      start: `mkdir -p ${anns}/releases/1 ${anns}/releases/2 ${anns}/releases/3; printf '1\\n2\\n' >${anns}/releases.list; ln -s releases/2 ${anns}/current; chown -hR ann:ann ${anns}`,
      changes: ["content list", "target current", "removed 1", "content list"],
      end: [fileText.is(`${anns}/releases.list`, "2\n3\n"), `[ ! -e ${anns}/releases/1 ]`],
    },
    {
      name: "refuses a release that is not there",
      params: { path, name: "3" },
      ...having(["1"], ["1"], "1"),
      changes: [],
      fails: "there is no release 3: /srv/probe/releases/3 is not there",
    },
  ],
  {
    facts: [
      file.is(path, directory),
      file.is(`${path}/releases`, directory),
      self.is("", { user: "root", group: "root" }),
    ],
    setup: "getent passwd ann >/dev/null || useradd -m -s /bin/sh ann",
    reset: `rm -rf ${path} ${anns}`,
  },
);
