import { createHash } from "node:crypto";
import { type FileState, file, fileContent, fileHash, fileText } from "../../src/facts/files.ts";
import { self } from "../../src/facts/self.ts";
import { secret } from "../../src/kit/index.ts";
import { lineinfile } from "../../src/modules/files/lineinfile.ts";
import { cases } from "../../src/testing/index.ts";

const path = "/etc/probe.conf";
/** A file of somebody who may turn it into a link at any time. */
const anns = "/home/ann/probe.conf";
const state: FileState = { type: "file", mode: "0644", owner: "root", group: "root" };

/** A file that holds a text, as a case's start. */
const holding = (text: string) => ({
  facts: [
    file.is(path, state),
    fileHash.is(path, createHash("sha256").update(text).digest("hex")),
    fileContent.is(path, Buffer.from(text)),
  ],
  start: write(path, text),
});
const write = (at: string, text: string) => `printf %s '${text}' >${at}`;
const missing = {
  facts: [file.is(path, { type: "absent" }), fileHash.is(path, undefined), fileContent.is(path, undefined)],
  start: "",
};

export default cases(
  lineinfile,
  [
    {
      name: "leaves a line that is there",
      params: { path, line: "b=2" },
      ...holding("a=1\nb=2\n"),
      changes: [],
    },
    {
      name: "adds a line at the end",
      params: { path, line: "c=3" },
      ...holding("a=1\nb=2\n"),
      changes: ["content"],
      end: fileText.is(path, "a=1\nb=2\nc=3\n"),
    },
    {
      name: "ends the last line before it adds another",
      params: { path, line: "b=2" },
      ...holding("a=1"),
      changes: ["content"],
      end: fileText.is(path, "a=1\nb=2\n"),
    },
    {
      name: "replaces the last line that matches",
      params: { path, line: "a=3", regexp: "^a=" },
      ...holding("a=1\nb=2\na=2\n"),
      changes: ["content"],
      end: fileText.is(path, "a=1\nb=2\na=3\n"),
    },
    {
      name: "replaces the first line that matches",
      params: { path, line: "a=3", regexp: "^a=", firstmatch: true },
      ...holding("a=1\nb=2\na=2\n"),
      changes: ["content"],
      end: fileText.is(path, "a=3\nb=2\na=2\n"),
    },
    {
      name: "keeps what groups of the expression matched",
      params: { path, line: "\\1=3", regexp: "^(?P<name>a|b)=", backrefs: true },
      ...holding("a=1\nb=2\n"),
      changes: ["content"],
      end: fileText.is(path, "a=1\nb=3\n"),
    },
    {
      name: "changes nothing where there are no groups to refer to",
      params: { path, line: "\\1=3", regexp: "^(c)=", backrefs: true },
      ...holding("a=1\nb=2\n"),
      changes: [],
    },
    {
      name: "inserts after a line",
      params: { path, line: "c=3", insertafter: "^a=" },
      ...holding("a=1\nb=2\n"),
      changes: ["content"],
      end: fileText.is(path, "a=1\nc=3\nb=2\n"),
    },
    {
      name: "inserts before a line",
      params: { path, line: "c=3", insertbefore: "^b=" },
      ...holding("a=1\nb=2\n"),
      changes: ["content"],
      end: fileText.is(path, "a=1\nc=3\nb=2\n"),
    },
    {
      name: "inserts at the beginning",
      params: { path, line: "c=3", insertbefore: "BOF" },
      ...holding("a=1\nb=2\n"),
      changes: ["content"],
      end: fileText.is(path, "c=3\na=1\nb=2\n"),
    },
    {
      name: "removes all lines that match",
      params: { path, regexp: "^a=", state: "absent" },
      ...holding("a=1\nb=2\na=2\n"),
      changes: ["content"],
      end: fileText.is(path, "b=2\n"),
    },
    {
      name: "removes a line as it stands",
      params: { path, line: "a=1", state: "absent" },
      ...holding("a=1\nb=2\na=11\n"),
      changes: ["content"],
      end: fileText.is(path, "b=2\na=11\n"),
    },
    {
      name: "has nothing to remove where there is no file",
      params: { path, line: "a=1", state: "absent" },
      ...missing,
      changes: [],
      end: file.is(path, { type: "absent" }),
    },
    {
      name: "makes no file unless it is told to",
      params: { path, line: "a=1" },
      ...missing,
      changes: [],
      fails: `${path} does not exist on the host | create: true makes it`,
      end: file.is(path, { type: "absent" }),
    },
    {
      name: "makes the file",
      params: { path, line: "a=1", create: true, mode: "0640", group: "adm" },
      start: "",
      changes: ["created"],
      end: [fileText.is(path, "a=1\n"), file.is(path, { ...state, mode: "0640", group: "adm" })],
    },
    {
      name: "makes a file with a secret for its owner alone",
      params: { path, line: secret("token=hush"), create: true },
      ...missing,
      changes: ["created"],
      end: [file.is(path, { ...state, mode: "0600" }), `grep -qx token=hush ${path}`],
    },
    {
      name: "corrects owner and mode where the line is there",
      params: { path, line: "a=1", mode: "0600", owner: "ann" },
      start: write(path, "a=1\n"),
      changes: ["owner", "mode"],
      end: file.is(path, { ...state, mode: "0600", owner: "ann" }),
    },
    {
      name: "keeps owner and mode of a file that it writes",
      params: { path, line: "b=2" },
      start: `${write(path, "a=1\n")}; chmod 640 ${path}; chown ann:adm ${path}`,
      changes: ["content"],
      end: file.is(path, { ...state, mode: "0640", owner: "ann", group: "adm" }),
    },
    {
      name: "keeps the file as it was if the new one is refused",
      params: { path, line: "b=2", validate: "grep -q b=3 %s" },
      start: write(path, "a=1\n"),
      changes: ["content"],
      fails: "grep -q b=3",
      plan: "changed",
      end: fileText.is(path, "a=1\n"),
    },
    {
      name: "keeps the old file beside the new one",
      params: { path, line: "b=2", backup: true },
      ...holding("a=1\n"),
      changes: ["content"],
      end: [fileText.is(path, "a=1\nb=2\n"), `grep -qx a=1 ${path}.2*~`],
    },
    {
      name: "follows a link",
      params: { path: "/etc/probe.link", line: "b=2" },
      start: `${write(path, "a=1\n")}; ln -s probe.conf /etc/probe.link`,
      changes: ["content"],
      end: [fileText.is(path, "a=1\nb=2\n"), "[ -L /etc/probe.link ]"],
    },
    {
      name: "leaves bytes that are no text as they are",
      params: { path, line: "grün", regexp: "^b" },
      start: `printf 'a=\\377\\nb=2\\n' >${path}`,
      changes: ["content"],
      end: `printf 'a=\\377\\ngrün\\n' | cmp - ${path}`,
    },
    {
      name: "refuses what is no file",
      params: { path: "/etc", line: "a=1" },
      start: "",
      changes: [],
      fails: "/etc is no file, but a directory",
    },
    {
      name: "refuses what would change the file on each run",
      params: { path, line: "c=3", regexp: "^a=" },
      ...holding("a=1\na=2\n"),
      changes: [],
      fails: "this would change the file again on each run",
    },
    {
      name: "edits a file of somebody else, and leaves it theirs",
      params: { path: anns, line: "b=2" },
      start: `${write(anns, "a=1\n")}; chown ann:ann ${anns}`,
      changes: ["content"],
      end: [fileText.is(anns, "a=1\nb=2\n"), file.is(anns, { ...state, owner: "ann", group: "ann" })],
    },
  ],
  {
    facts: [
      file.is("/etc", { type: "directory", mode: "0755", owner: "root", group: "root" }),
      self.is("", { user: "root", group: "root" }),
    ],
    setup: "getent passwd ann >/dev/null || useradd -m -s /bin/sh ann",
    reset: `rm -rf ${path}* /etc/probe.link ${anns}*`,
  },
);
