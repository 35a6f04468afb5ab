import { createHash } from "node:crypto";
import { type FileState, file, fileContent, fileHash, fileText } from "../../src/facts/files.ts";
import { self } from "../../src/facts/self.ts";
import { rollback } from "../../src/modules/releases/rollback.ts";
import { cases } from "../../src/testing/index.ts";

const path = "/srv/probe";
const list = `${path}/releases.list`;
const current = `${path}/current`;
const served = `${path}/releases.served`;
const directory: FileState = { type: "directory", mode: "0755", owner: "root", group: "root" };
const dir = (name: string) => `${path}/releases/${name}`;
const link = (name: string): FileState => ({
  type: "link",
  target: `releases/${name}`,
  owner: "root",
  group: "root",
});

const written = (at: string, text: string) => [
  file.is(at, { type: "file", mode: "0644", owner: "root", group: "root" }),
  fileText.is(at, text),
  fileContent.is(at, Buffer.from(text)),
  fileHash.is(at, createHash("sha256").update(text).digest("hex")),
];

/** Releases that were deployed and are there, and the one that serves. */
const having = (names: readonly string[], serving: string) => ({
  facts: [
    ...names.map((name) => file.is(dir(name), directory)),
    file.is(current, link(serving)),
    fileText.is(list, names.map((name) => `${name}\n`).join("")),
    ...written(served, `${serving}\n`),
  ],
  start: [
    `mkdir -p ${names.map(dir).join(" ")}`,
    ...names.map((name) => `echo ${name} >${dir(name)}/version`),
    `printf '${names.map((name) => `${name}\\n`).join("")}' >${list}`,
    `ln -s releases/${serving} ${current}`,
    `echo ${serving} >${served}`,
  ].join("; "),
});
const serves = (name: string) => `[ "$(cat ${current}/version)" = ${name} ]`;

export default cases(
  rollback,
  [
    {
      name: "goes back to the release before",
      params: { path },
      ...having(["1", "2", "3"], "3"),
      changes: ["target current", "content served"],
      end: [
        file.is(current, link("2")),
        fileText.is(served, "2\n"),
        fileText.is(list, "1\n2\n3\n"),
        serves("2"),
      ],
    },
    {
      name: "goes no further where it has gone back",
      params: { path },
      ...having(["1", "2", "3"], "2"),
      changes: [],
      end: serves("2"),
    },
    {
      name: "goes back to a release by its name",
      params: { path, name: "1" },
      ...having(["1", "2", "3"], "3"),
      changes: ["target current", "content served"],
      end: serves("1"),
    },
    {
      name: "discards what was deployed after it",
      params: { path, name: "1", discard: true },
      ...having(["1", "2", "3"], "3"),
      facts: [
        ...having(["1", "2", "3"], "3").facts,
        ...["1", "2", "3"].map((name) => file.is(dir(name), directory)),
        ...written(list, "1\n2\n3\n"),
      ],
      changes: ["target current", "content served", "removed 2", "removed 3", "content list"],
      end: [fileText.is(list, "1\n"), serves("1"), `[ ! -e ${dir("3")} ]`],
    },
    {
      name: "refuses where there is no earlier release",
      params: { path },
      ...having(["1"], "1"),
      changes: [],
      fails: "/srv/probe has no earlier release to go back to: kept are 1",
    },
    {
      name: "refuses where none was deployed",
      params: { path },
      facts: [file.is(current, { type: "absent" }), fileText.is(list, undefined)],
      start: `mkdir -p ${path}`,
      changes: [],
      fails: "/srv/probe has no earlier release to go back to: no release was deployed",
    },
    {
      name: "refuses a release that was not kept, and names those that were",
      params: { path, name: "7" },
      ...having(["1", "2"], "2"),
      facts: [...having(["1", "2"], "2").facts, file.is(dir("7"), { type: "absent" })],
      changes: [],
      fails: "/srv/probe has no release 7 to go back to: kept are 1, 2",
    },
  ],
  {
    facts: [
      file.is(path, directory),
      file.is(`${path}/releases`, directory),
      self.is("", { user: "root", group: "root" }),
    ],
    reset: `rm -rf ${path}`,
  },
);
