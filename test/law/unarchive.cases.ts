import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileState, file, fileHash } from "../../src/facts/files.ts";
import { self } from "../../src/facts/self.ts";
import { pathsBelow, unpacked } from "../../src/facts/unpacked.ts";
import { shell, unarchive } from "../../src/modules/index.ts";
import { cases } from "../../src/testing/index.ts";

const dest = "/srv/unpacked";

/** Archives of this machine: the same tree in each. */
const folder = mkdtempSync(join(tmpdir(), "unarchive-cases-"));
mkdirSync(join(folder, "app/sub"), { recursive: true });
writeFileSync(join(folder, "app/one"), "one\n");
writeFileSync(join(folder, "app/sub/two"), "two\n");
writeFileSync(join(folder, "app/sub/run"), "#!/bin/sh\n", { mode: 0o755 });
symlinkSync("sub/two", join(folder, "app/link"));
process.once("exit", () => execFileSync("rm", ["-rf", folder]));
const pack = (name: string, ...options: string[]) => {
  const path = join(folder, name);
  execFileSync("tar", ["--mtime=2026-01-01", "--sort=name", ...options, "-cf", path, "-C", folder, "app"]);
  return path;
};
const src = pack("app.tar.gz", "-z");
const zst = pack("app.tar.zst", "--zstd");
const xz = pack("app.tar.xz", "-J");
const bz2 = pack("app.tar.bz2", "-j");
const hash = createHash("sha256").update(readFileSync(src)).digest("hex");
const markOf = (strip: number, more: readonly unknown[] = [null, null, null, null, null]) =>
  createHash("sha256")
    .update(JSON.stringify([hash, strip, ...more]))
    .digest("hex");

const absent: FileState = { type: "absent" };
const root = { owner: "root", group: "root" };
const directory: FileState = { type: "directory", mode: "0755", ...root };
const key = { path: dest, archive: "app.tar.gz" };
const one = { path: "one", type: "file", mode: "0644", ...root, target: "", hash: "1" } as const;
const link = { path: "link", type: "link", mode: "", ...root, target: "one", hash: "" } as const;
const known = (mark = markOf(0)) => [
  file.is(dest, directory),
  unpacked.is(key, { mark, entries: [one, link] }),
];
const isThere = [
  file.is(`${dest}/one`, { type: "file", mode: "0644", ...root }),
  fileHash.is(`${dest}/one`, "1"),
  file.is(`${dest}/link`, { type: "link", target: "one", ...root }),
];

const whole = [
  `[ "$(cat ${dest}/app/one)" = one ]`,
  `[ "$(cat ${dest}/app/link)" = two ]`,
  `[ "$(stat -c '%a %U' ${dest}/app/sub/run)" = "755 root" ]`,
  `[ -z "$(find ${dest} -name '.sr*')" ]`,
  "! ls -d /var/lib/showrunner/unpacked/*.work 2>/dev/null",
];
const made = { remoteSrc: "/srv/made.tar", dest };
/** A tree on the host, packed as it is said. */
const making = (text: string) =>
  `tar() { find /srv/made -exec touch -hd 2026-01-01 {} +; command tar --mtime=2026-01-01 --sort=name "$@"; }
zip() { find /srv/made -exec touch -hd 2026-01-01 {} +; command zip -X "$@"; }
mkdir -p /srv/made/d; cd /srv/made; echo x >d/file; ${text}`;
const nothing = `[ -z "$(ls -A ${dest} 2>/dev/null)" ]`;

export default cases(
  unarchive,
  [
    {
      name: "unpacks an archive of the control machine, into a directory that it makes",
      params: { src, dest },
      facts: [file.is(dest, absent), unpacked.is(key, undefined)],
      start: "",
      changes: ["created", "unpacked"],
      end: whole,
    },
    {
      name: "has nothing to do where all is as it came",
      params: { src, dest },
      facts: [...known(), ...isThere],
      start: [unarchive({ src, dest })],
      changes: [],
    },
    {
      name: "brings back what somebody has altered, and nothing else",
      params: { src, dest },
      facts: [...known(), ...isThere, fileHash.is(`${dest}/one`, "2")],
      start: [
        unarchive({ src, dest }),
        shell({ cmd: `cd ${dest}/app; echo edited >one; rm link; chmod 600 sub/two; echo mine >mine` }),
      ],
      changes: ["restored"],
      end: `[ "$(cat ${dest}/app/mine)" = mine ] `,
    },
    {
      name: "replaces what was there before, and leaves the rest",
      params: { remoteSrc: "/srv/made.tar", dest },
      start: `${making("tar -cf /srv/made.tar d")}; mkdir ${dest}; mkdir ${dest}/d; echo edited >${dest}/d/file; echo mine >${dest}/d/mine; touch ${dest}/d/.sr-unpack-99`,
      changes: ["unpacked"],
      end: [`[ "$(cat ${dest}/d/file)" = x ]`, `[ "$(ls -A ${dest}/d | tr '\\n' ' ')" = "file mine " ]`],
    },
    {
      name: "brings back a mode and a link",
      params: { src, dest },
      facts: [
        ...known(),
        ...isThere,
        file.is(`${dest}/one`, { type: "file", mode: "0600", ...root }),
        file.is(`${dest}/link`, absent),
      ],
      changes: [{ what: "restored", before: "2 of 2 entries differ" }],
    },
    {
      name: "unpacks another archive of the same name",
      params: { src, dest },
      facts: known("another"),
      changes: ["unpacked"],
    },
    {
      name: "unpacks anew where it is to be unpacked in another way",
      params: { src, dest, strip: 1 },
      facts: known(),
      changes: ["unpacked"],
    },
    {
      name: "unpacks zst",
      params: { src: zst, dest },
      start: "",
      changes: ["created", "unpacked"],
      end: whole,
    },
    {
      name: "unpacks xz",
      params: { src: xz, dest },
      start: "",
      changes: ["created", "unpacked"],
      end: whole,
    },
    {
      name: "unpacks bz2",
      params: { src: bz2, dest },
      start: "",
      changes: ["created", "unpacked"],
      end: whole,
    },
    {
      name: "unpacks a zip of the host, without its first directory",
      params: { remoteSrc: "/srv/made.zip", dest, strip: 1 },
      start: making("ln -s file d/link; zip -qry /srv/made.zip d"),
      changes: ["created", "unpacked"],
      end: [`[ "$(cat ${dest}/file)" = x ]`, `[ "$(readlink ${dest}/link)" = file ]`],
    },
    {
      name: "fetches an archive from a server",
      params: {
        url: "http://127.0.0.1:8138/made.tar",
        checksum: "http://127.0.0.1:8138/SHA256SUMS",
        dest,
      },
      start: `${making("tar -cf /srv/law-archives/made.tar d")}; cd /srv/law-archives; sha256sum made.tar >SHA256SUMS`,
      changes: ["created", "unpacked"],
      end: `[ "$(cat ${dest}/d/file)" = x ]`,
    },
    {
      name: "takes a part, and leaves out a part of that",
      params: { src, dest, strip: 1, include: ["app/sub"], exclude: ["*/run"] },
      start: "",
      changes: ["created", "unpacked"],
      end: [`[ "$(cd ${dest}; find . | sort | tr '\\n' ' ')" = ". ./sub ./sub/two " ]`],
    },
    {
      name: "gives it owner, group and mode",
      params: { src, dest, owner: "packer", group: "packer", mode: "0750" },
      start: "",
      changes: ["created", "unpacked"],
      end: [
        `[ "$(stat -c '%a %U %G' ${dest}/app/one)" = "640 packer packer" ]`,
        `[ "$(stat -c '%a %U' ${dest}/app/sub/run)" = "750 packer" ]`,
        `[ "$(stat -c '%a %U' ${dest}/app/sub)" = "750 packer" ]`,
        `[ "$(stat -c '%U' ${dest}/app/link)" = packer ]`,
      ],
    },
    {
      name: "takes set-id bits away",
      params: made,
      start: making("chmod 6755 d/file; tar -cf /srv/made.tar d"),
      changes: ["created", "unpacked"],
      end: `[ "$(stat -c %a ${dest}/d/file)" = 755 ]`,
    },
    {
      name: "does nothing where what it creates is there",
      params: { src, dest, creates: "/etc/hostname" },
      facts: [file.is(dest, absent), unpacked.is(key, undefined), file.is("/etc/hostname", directory)],
      start: "",
      changes: [],
      end: `[ ! -e ${dest} ]`,
    },
    {
      name: "removes what else is there, where it is to be exact",
      params: { src, dest, exact: true },
      facts: [
        ...known(),
        ...isThere,
        pathsBelow.is(dest, [`${dest}/one`, `${dest}/link`, `${dest}/x`, `${dest}/x/y`]),
        file.is(`${dest}/x`, directory),
      ],
      start: [unarchive({ src, dest, exact: true }), shell({ cmd: `mkdir ${dest}/x; echo y >${dest}/x/y` })],
      changes: ["removed"],
      end: `[ "$(ls ${dest})" = app ]`,
    },
    {
      name: "leaves no more than the archive, where it is to be exact",
      params: { ...made, exact: true },
      start: `${making("tar -cf /srv/made.tar d")}; mkdir -p ${dest}/d/old; echo x >${dest}/d/old/file; ln -s / ${dest}/root`,
      changes: ["unpacked"],
      end: `[ "$(cd ${dest}; find . | sort | tr '\\n' ' ')" = ". ./d ./d/file " ]`,
    },
    {
      name: "works in the directory of a user",
      params: { ...made, dest: "/home/packer/own", owner: "packer" },
      start: `${making("mkdir d/e; echo y >d/e/file; tar -cf /srv/made.tar d")}; install -d -o packer /home/packer/own /home/packer/own/d /home/packer/own/d/e`,
      changes: ["unpacked"],
      end: '[ "$(stat -c %U /home/packer/own/d/e/file)" = packer ]',
    },
    {
      name: "follows no link of the host",
      params: made,
      start: `${making("tar -cf /srv/made.tar d")}; mkdir ${dest} /srv/elsewhere; ln -s /srv/elsewhere ${dest}/d`,
      changes: ["unpacked"],
      fails: "/srv/unpacked/d is a link on the host, and a directory in the archive",
      plan: "changed",
      end: '[ -z "$(ls -A /srv/elsewhere)" ]',
    },
    {
      name: "puts no file in the place of a directory",
      params: made,
      start: `${making("tar -cf /srv/made.tar d")}; mkdir -p ${dest}/d/file`,
      changes: ["unpacked"],
      fails: "/srv/unpacked/d/file is a directory on the host, and none in the archive",
      plan: "changed",
    },
    ...(
      [
        [
          "a path that leads out",
          "tar -P --transform='s,^d/file,../out,' -cf /srv/made.tar d/file",
          "a path that leads out of it: ../out",
        ],
        ["an absolute path", "tar -P -cf /srv/made.tar /etc/hostname", "an absolute path: /etc/hostname"],
        [
          "a link that leads out",
          "ln -s ../../etc d/link; tar -cf /srv/made.tar d",
          "a link that leads out of it: d/link leads to ../../etc",
        ],
        [
          "a link that leads out by another link",
          "ln -s . d/a; ln -s a/a/../.. d/b; ln -s d/b/.. c; tar -cf /srv/made.tar c d",
          "a link that leads out of it: c leads to d/b/..",
        ],
        [
          "an absolute link",
          "ln -s /etc d/link; tar -cf /srv/made.tar d",
          "a link that leads out of it: d/link leads to /etc",
        ],
        [
          "a device",
          "mknod d/null c 1 3; tar -cf /srv/made.tar d",
          "what is no file, directory or link: new/d/null",
        ],
        [
          "a pipe",
          "mkfifo d/pipe; tar -cf /srv/made.tar d",
          "what is no file, directory or link: new/d/pipe",
        ],
        [
          "a name of two lines",
          "touch 'd/a\nb'; tar -cf /srv/made.tar d",
          "a name with control characters or a backslash: new/d/a?b",
        ],
        [
          "a name that is not in UTF-8",
          "touch d/caf\u00e9 \"d/$(printf 'caf\\351.txt')\"; tar -cf /srv/made.tar d",
          "a name that is not in UTF-8: d/caf\\351.txt",
        ],
        [
          "a link that leads to what is not in UTF-8",
          "ln -s \"$(printf 'caf\\351.txt')\" d/link; tar -cf /srv/made.tar d",
          "a name that is not in UTF-8: caf\\351.txt",
        ],
      ] as const
    ).map(([what, text, why]) => ({
      name: `refuses ${what}`,
      params: made,
      start: making(text),
      changes: ["created", "unpacked"],
      fails: `the archive has ${why}`,
      plan: "changed" as const,
      end: nothing,
    })),
    {
      name: "says how many files it can remember",
      params: made,
      start: making("(cd d; seq -w 12000 | xargs touch); tar -cf /srv/made.tar d"),
      changes: ["created", "unpacked"],
      fails:
        /the archive has 12003 files and directories, which take \d+ bytes to remember, expected at most 1048576 /,
      plan: "changed",
      end: nothing,
    },
    {
      name: "refuses a path that leads out of a zip",
      params: { remoteSrc: "/srv/made.zip", dest },
      start: making("cd d; mkdir e; cd e; zip -q /srv/made.zip ../file"),
      changes: ["created", "unpacked"],
      fails: "the archive has a path that leads out of it: ../file",
      plan: "changed",
      end: nothing,
    },
    {
      name: "says that it is no archive",
      params: made,
      start: "echo nothing >/srv/made.tar",
      changes: ["created", "unpacked"],
      fails: "the archive can't be read: ",
      plan: "changed",
    },
    {
      name: "says that the archive is not there",
      params: made,
      facts: [
        file.is("/srv/made.tar", absent),
        fileHash.is("/srv/made.tar", undefined),
        file.is(dest, absent),
        unpacked.is({ path: dest, archive: "made.tar" }, undefined),
      ],
      start: "",
      changes: [],
      fails: "remoteSrc: /srv/made.tar does not exist on the host",
    },
  ],
  {
    facts: [file.is("/srv", directory), self.is("", { user: "root", group: "root" })],
    setup: `apt-get install -y zip unzip zstd xz-utils bzip2 curl busybox >/dev/null; id packer >/dev/null 2>&1 || useradd -m packer
[ -e /run/law-archives.pid ] || { mkdir -p /srv/law-archives; setsid busybox httpd -f -p 127.0.0.1:8138 -h /srv/law-archives >/dev/null 2>&1 & echo $! >/run/law-archives.pid; }`,
    reset: `rm -rf ${dest} /srv/made /srv/made.* /srv/elsewhere /home/packer/own /var/lib/showrunner/unpacked`,
  },
);
