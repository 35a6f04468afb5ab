import { createHash } from "node:crypto";
import { authorities, trusted } from "../../src/facts/authorities.ts";
import { addressMark, download as downloaded } from "../../src/facts/downloads.ts";
import { type FileState, file, fileHash } from "../../src/facts/files.ts";
import { type RemoteFile, remoteFile } from "../../src/facts/remote-file.ts";
import { self } from "../../src/facts/self.ts";
import { download } from "../../src/modules/index.ts";
import { cases } from "../../src/testing/index.ts";

const url = "http://127.0.0.1:8137/file";
const dest = "/srv/fetched/file";
const text = "fetched\n";
const hash = createHash("sha256").update(text).digest("hex");
const other = createHash("sha256").update("edited\n").digest("hex");
const checksum = `sha256:${hash}`;

const absent: FileState = { type: "absent" };
const regular: FileState = { type: "file", mode: "0644", owner: "root", group: "root" };
const directory: FileState = { type: "directory", mode: "0755", owner: "root", group: "root" };

/** What the server answers to a question about the file. */
const answers = (said: Partial<RemoteFile>) =>
  remoteFile.is(
    { url, headers: {}, timeout: 30_000, authorities: "none" },
    { url, status: 200, location: undefined, etag: "", modified: "", size: undefined, ...said },
  );
const stands = (state: FileState, content: string | undefined, record?: string) => [
  file.is(dest, state),
  fileHash.is(dest, content),
  downloaded.is(
    dest,
    record === undefined
      ? undefined
      : { address: addressMark(url), etag: record, modified: "", hash: content ?? "" },
  ),
];
const written = (content: string) => `printf '${content}' >${dest}`;
const holds = (content: string, mode = 644) => [
  `[ "$(cat ${dest})" = "${content}" ]`,
  `[ "$(stat -c %a ${dest})" = ${mode} ]`,
  `[ "$(ls -A /srv/fetched)" = file ]`,
];

export default cases(
  download,
  [
    {
      name: "fetches a file that is not there",
      params: { url, dest, checksum, mode: "0600" },
      facts: [...stands(absent, undefined), answers({ etag: '"1"' })],
      start: "",
      changes: ["created"],
      end: [fileHash.is(dest, hash), ...holds("fetched", 600)],
    },
    {
      name: "asks nobody where the content is the promised one",
      params: { url: "http://127.0.0.1:9/file", dest, checksum },
      facts: stands(regular, hash),
      start: written("fetched\\n"),
      changes: [],
    },
    {
      name: "corrects the attributes of what is up to date",
      params: { url, dest, checksum, mode: "0600" },
      facts: stands(regular, hash),
      start: written("fetched\\n"),
      changes: ["mode"],
      end: file.is(dest, { ...regular, mode: "0600" }),
    },
    {
      name: "fetches anew what somebody has altered, and keeps its mode",
      params: { url, dest, checksum },
      facts: [...stands(regular, other), answers({})],
      start: `${written("edited\\n")}; chmod 640 ${dest}`,
      changes: ["content"],
      end: holds("fetched", 640),
    },
    {
      name: "takes the digest from a list",
      params: { url, dest, checksum: "http://127.0.0.1:8137/SHA256SUMS" },
      start: "",
      changes: ["created"],
      end: holds("fetched"),
    },
    {
      name: "fetches what the server has no version of that is known",
      params: { url, dest },
      facts: [...stands(regular, hash), answers({ etag: '"1"' })],
      start: written("fetched\\n"),
      changes: ["content"],
      end: holds("fetched"),
    },
    {
      name: "leaves alone what it fetched, while the server has no other version",
      params: { url, dest },
      facts: [...stands(regular, hash, '"1"'), answers({ etag: '"1"' })],
      start: [download({ url, dest })],
      changes: [],
    },
    {
      name: "fetches another version",
      params: { url, dest },
      facts: [...stands(regular, other, '"1"'), answers({ etag: '"2"' })],
      changes: ["content"],
    },
    {
      name: "fetches what the server has no names for at each run",
      params: { url, dest },
      facts: [...stands(regular, other, ""), answers({})],
      changes: ["content"],
      again: ["content"],
    },
    {
      name: "leaves a file as it is with force: false",
      params: { url, dest, force: false },
      facts: stands(regular, other),
      start: written("edited\\n"),
      changes: [],
      end: holds("edited"),
    },
    {
      name: "goes into a directory, under the name in the address",
      params: { url, dest: "/srv/fetched/" },
      start: "",
      changes: ["created"],
      end: holds("fetched"),
    },
    {
      name: "keeps the old file",
      params: { url, dest, checksum, backup: true },
      start: written("edited\\n"),
      changes: ["content"],
      end: [`[ "$(cat ${dest})" = fetched ]`, `grep -qx edited ${dest}.*~`],
    },
    {
      name: "gives it to a user, in that user's directory",
      params: { url, dest: "/home/fetcher/own/file", checksum, owner: "fetcher", mode: "0600" },
      start: "install -d -o fetcher /home/fetcher/own; echo edited >/home/fetcher/own/file",
      changes: ["content"],
      end: '[ "$(stat -c "%U %a" /home/fetcher/own/file)" = "fetcher 600" ]',
    },
    {
      name: "refuses another content than was promised, and leaves the old one",
      params: { url, dest, checksum: `sha256:${"0".repeat(64)}` },
      start: written("edited\\n"),
      changes: ["content"],
      fails: /expected a content with the SHA-256 0{64}, got /,
      plan: "changed",
      end: holds("edited"),
    },
    {
      name: "has the new file checked before it takes the place of the old one",
      params: { url, dest, checksum, validate: "! grep -q fetched %s" },
      start: written("edited\\n"),
      changes: ["content"],
      fails: "refused by its check",
      plan: "changed",
      end: holds("edited"),
    },
    {
      name: "says that the server does not have it",
      params: { url, dest },
      facts: [...stands(absent, undefined), answers({ status: 404 })],
      start: "rm /srv/law-web/file",
      changes: [],
      fails: "answered with status 404",
    },
    {
      name: "says that it is too large",
      params: { url, dest, maxSize: 5 },
      facts: [...stands(absent, undefined), answers({ size: 8 })],
      start: "",
      changes: [],
      fails: "has 8 bytes, expected at most 5",
    },
    {
      name: "follows no redirect from what is encrypted to what is not",
      params: { url, dest },
      facts: [...stands(absent, undefined), answers({ status: 302, location: "http://elsewhere/" })],
      changes: [],
      fails: "leads to http://elsewhere/, which is not followed",
    },
    {
      name: "says that there is neither curl nor wget",
      params: { url, dest },
      facts: [
        ...stands(absent, undefined),
        answers({}),
        file.is("/usr/bin/curl", absent),
        file.is("/usr/bin/wget", absent),
      ],
      changes: [],
      fails: "neither curl nor wget is installed",
    },
    {
      name: "replaces no directory",
      params: { url, dest: "/srv/fetched" },
      facts: [
        file.is("/srv/fetched/file", directory),
        fileHash.is("/srv/fetched/file", undefined),
        answers({}),
      ],
      start: `mkdir ${dest}`,
      changes: [],
      fails: `${dest} is a directory on the host`,
    },
  ],
  {
    facts: [
      file.is("/srv", directory),
      file.is("/srv/fetched", directory),
      file.is(`${dest}/file`, absent),
      fileHash.is(`${dest}/file`, undefined),
      file.is("/usr/bin/curl", regular),
      file.is("/usr/bin/wget", absent),
      fileHash.is("/srv/fetched", undefined),
      downloaded.is("/srv/fetched/file", undefined),
      authorities.is(trusted, "none"),
      self.is("", { user: "root", group: "root" }),
    ],
    setup: `apt-get install -y curl busybox >/dev/null && { id fetcher >/dev/null 2>&1 || useradd -m fetcher; }
[ -e /run/law-web.pid ] || { mkdir -p /srv/law-web; setsid busybox httpd -f -p 127.0.0.1:8137 -h /srv/law-web >/dev/null 2>&1 & echo $! >/run/law-web.pid; }`,
    reset: `rm -rf /srv/fetched /home/fetcher/own /var/lib/showrunner/downloads; mkdir -p /srv/fetched /srv/law-web
printf 'fetched\\n' >/srv/law-web/file; touch -d 2026-01-01 /srv/law-web/file; (cd /srv/law-web; sha256sum file >SHA256SUMS)`,
  },
);
