import { createHash } from "node:crypto";
import { type FileState, file, fileContent, fileHash, fileText } from "../../src/facts/files.ts";
import { self } from "../../src/facts/self.ts";
import { secret } from "../../src/kit/index.ts";
import { blockinfile } from "../../src/modules/files/blockinfile.ts";
import { cases } from "../../src/testing/index.ts";

const path = "/etc/probe.hosts";
/** A file of somebody who may turn it into a link at any time. */
const anns = "/home/ann/probe.hosts";
const state: FileState = { type: "file", mode: "0644", owner: "root", group: "root" };
const block = "10.0.0.1 one\n10.0.0.2 two";
const marked = (text: string) => `# BEGIN Showrunner's block\n${text}\n# END Showrunner's block\n`;

/** A file that holds a text, as a case's start. */
const holding = (text: string) => ({
  facts: [
    file.is(path, state),
    fileHash.is(path, createHash("sha256").update(text).digest("hex")),
    fileContent.is(path, Buffer.from(text)),
  ],
  start: write(path, text),
});
const write = (at: string, text: string) => `cat >${at} <<'END OF TEXT'\n${text}END OF TEXT`;
const missing = {
  facts: [file.is(path, { type: "absent" }), fileHash.is(path, undefined), fileContent.is(path, undefined)],
  start: "",
};

export default cases(
  blockinfile,
  [
    {
      name: "puts the block at the end",
      params: { path, block },
      ...holding("127.0.0.1 localhost\n"),
      changes: ["content"],
      end: fileText.is(path, `127.0.0.1 localhost\n${marked(block)}`),
    },
    {
      name: "leaves a block that is there",
      params: { path, block },
      ...holding(`${marked(block)}127.0.0.1 localhost\n`),
      changes: [],
    },
    {
      name: "replaces the block where it stands",
      params: { path, block },
      ...holding(`first\n${marked("10.0.0.9 nine")}last\n`),
      changes: ["content"],
      end: fileText.is(path, `first\n${marked(block)}last\n`),
    },
    {
      name: "keeps one block of several",
      params: { path, block },
      ...holding(`${marked(block)}between\n${marked(block)}`),
      changes: ["content"],
      end: fileText.is(path, `${marked(block)}between\n`),
    },
    {
      name: "takes away a mark without its other one, and no line beside it",
      params: { path, block },
      ...holding("# BEGIN Showrunner's block\nours\n"),
      changes: ["content"],
      end: fileText.is(path, `${marked(block)}ours\n`),
    },
    {
      name: "takes the place of other lines",
      params: { path, block, replaces: "^10[.]" },
      ...holding("10.0.0.7 seven\n127.0.0.1 localhost\n10.0.0.8 eight\n"),
      changes: ["content"],
      end: fileText.is(path, `127.0.0.1 localhost\n${marked(block)}`),
    },
    {
      name: "leaves a block of other marks alone",
      params: { path, block: "10.0.0.3 three", marker: "# {mark} web" },
      ...holding(marked(block)),
      changes: ["content"],
      end: fileText.is(path, `${marked(block)}# BEGIN web\n10.0.0.3 three\n# END web\n`),
    },
    {
      name: "removes the block",
      params: { path, state: "absent" },
      ...holding(`first\n${marked(block)}last\n`),
      changes: ["content"],
      end: fileText.is(path, "first\nlast\n"),
    },
    {
      name: "takes a block without lines for none",
      params: { path, block: "" },
      ...holding(`first\n${marked(block)}`),
      changes: ["content"],
      end: fileText.is(path, "first\n"),
    },
    {
      name: "has nothing to remove where there is no block",
      params: { path, state: "absent" },
      ...holding("first\n"),
      changes: [],
    },
    {
      name: "has nothing to remove where there is no file",
      params: { path, state: "absent" },
      ...missing,
      changes: [],
      end: file.is(path, { type: "absent" }),
    },
    {
      name: "makes no file unless it is told to",
      params: { path, block },
      ...missing,
      changes: [],
      fails: `${path} does not exist on the host | create: true makes it`,
    },
    {
      name: "makes the file",
      params: { path, block, create: true, mode: "0640" },
      ...missing,
      changes: ["created"],
      end: [fileText.is(path, marked(block)), file.is(path, { ...state, mode: "0640" })],
    },
    {
      name: "makes a file with a secret for its owner alone",
      params: { path, block: secret("token=hush"), create: true },
      ...missing,
      changes: ["created"],
      end: [file.is(path, { ...state, mode: "0600" }), `grep -qx token=hush ${path}`],
    },
    {
      name: "takes no line for the block that is a mark",
      params: { path, block: "# END Showrunner's block" },
      facts: [],
      changes: [],
      fails: "one of its lines is a mark",
    },
    {
      name: "keeps the file as it was if the new one is refused",
      params: { path, block, validate: "grep -q three %s" },
      start: write(path, "first\n"),
      changes: ["content"],
      fails: "grep -q three",
      plan: "changed",
      end: fileText.is(path, "first\n"),
    },
    {
      name: "edits a file of somebody else, and leaves it theirs",
      params: { path: anns, block },
      start: `${write(anns, "first\n")}\nchown ann:ann ${anns}`,
      changes: ["content"],
      end: [
        fileText.is(anns, `first\n${marked(block)}`),
        file.is(anns, { ...state, owner: "ann", group: "ann" }),
      ],
    },
  ],
  {
    facts: [
      file.is("/etc", { type: "directory", mode: "0755", owner: "root", group: "root" }),
      self.is("", { user: "root", group: "root" }),
    ],
    setup: "getent passwd ann >/dev/null || useradd -m -s /bin/sh ann",
    reset: `rm -rf ${path}* ${anns}*`,
  },
);
