/** What becomes of files that are written over: their owners, ACLs and attributes, where they are mounted, full disks. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { play } from "../../src/core/plays/play.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { command } from "../../src/modules/commands/command.ts";
import { copy } from "../../src/modules/files/copy.ts";
import { file } from "../../src/modules/files/file.ts";
import { lineinfile } from "../../src/modules/files/lineinfile.ts";
import { testLab } from "./support.ts";

const lab = testLab("srwritten", 104, ["one"]);
const local = mkdtempSync(join(tmpdir(), "written-"));

beforeAll(async () => {
  mkdirSync(join(local, "tree/sub"), { recursive: true });
  writeFileSync(join(local, "tree/sub/file"), "x\n");
  await lab.up();
  await inside("apt-get install -y -q acl attr >/dev/null 2>&1; useradd ann; useradd eve; mkdir -p /srv/d");
}, 300_000);
afterAll(async () => {
  rmSync(local, { recursive: true, force: true });
  await lab.down();
}, 60_000);

const inside = async (script: string) => (await runInside(lab.spec, "one", ["sh", "-c", script])).trim();

/** @returns what went wrong, with its hint; empty where nothing did */
async function done(task: () => PromiseLike<unknown>, become: boolean | string = true): Promise<string> {
  const ran = await lab.run([
    play("written", { hosts: "all", become }, { step: async () => void (await task()) }),
  ]);
  return ran
    .of("host:failed")
    .map(({ error }) => [error.message, ...error.details, error.hint ?? ""].join("\n"))
    .join();
}

describe("a file that is replaced", () => {
  it("keeps its ACL, and its group may do no more than before", async () => {
    await inside(`cd /srv/d; echo old >acl; chown root:ann acl; chmod 640 acl; setfacl -m u:eve:r,g::- acl
setfattr -n user.note -v kept acl`);
    const before = await inside("getfacl -cp /srv/d/acl");
    expect(await done(() => copy({ dest: "/srv/d/acl", content: "new\n" }))).toBe("");
    expect(await inside("cat /srv/d/acl; getfacl -cp /srv/d/acl")).toBe(`new\n${before}`);
    expect(await inside("getfattr --only-values -n user.note /srv/d/acl")).toBe("kept");
  });

  it("is made as any other where the directory has a default ACL", async () => {
    await inside("mkdir /srv/d/shared; setfacl -d -m u:eve:rw /srv/d/shared; echo x >/srv/d/shared/touched");
    expect(await done(() => copy({ dest: "/srv/d/shared/new", content: "x\n" }))).toBe("");
    expect(await inside("getfacl -cp /srv/d/shared/new")).toContain("user:eve:rw-");
  });

  it("opens to nobody by the default ACL of another user's directory", async () => {
    await inside(
      "mkdir -m 755 /srv/d/handed; chown ann /srv/d/handed; su ann -s /bin/sh -c 'setfacl -d -m u:eve:rwx /srv/d/handed'",
    );
    for (const size of [10, 300_000]) {
      const content = `secret${"x".repeat(size)}\n`;
      expect(await done(() => copy({ dest: "/srv/d/handed/key", content, group: "ann", mode: "0640" }))).toBe(
        "",
      );
      expect(await inside("su eve -s /bin/sh -c 'cat /srv/d/handed/key' 2>&1 | head -c 60")).toContain(
        "Permission denied",
      );
      await inside("rm /srv/d/handed/key");
    }
  });

  it("leaves no backup behind where it could not be written", async () => {
    await inside("echo good >/srv/d/checked");
    const failed = await done(() =>
      copy({ dest: "/srv/d/checked", content: "bad\n", backup: true, validate: "grep -q good %s" }),
    );
    expect(failed).toContain("refused by its check");
    const inPlace = await done(() =>
      copy({
        dest: "/srv/d/checked",
        content: "bad\n",
        backup: true,
        validate: "grep -q good /srv/d/checked",
      }),
    );
    expect(inPlace).toContain("refused by its check");
    expect(await inside("cat /srv/d/checked; ls -A /srv/d | grep checked")).toBe("good\nchecked");
  });
});

describe("an ordinary user", () => {
  it("writes a file of a group that the user is not in, and one of another user's that may be written", async () => {
    await inside(`mkdir -p /srv/d/anns; chown ann /srv/d/anns; cd /srv/d/anns
echo old >grouped; chown ann:eve grouped; chmod 640 grouped; echo old >others; chown eve:ann others; chmod 664 others`);
    for (const name of ["grouped", "others"]) {
      const path = `/srv/d/anns/${name}`;
      const before = await inside(`stat -c '%U %G %a' ${path}`);
      expect(await done(() => copy({ dest: path, content: "new\n" }), "ann")).toBe("");
      expect(await inside(`cat ${path}; stat -c '%U %G %a' ${path}`)).toBe(`new\n${before}`);
    }
    expect(await inside("ls -A /srv/d/anns")).toBe("grouped\nothers");
  });

  it("is told where a file can't be written without another owner", async () => {
    await inside("cd /srv/d/anns; echo old >roots; chown root:root roots; chmod 644 roots");
    expect(await done(() => copy({ dest: "/srv/d/anns/roots", content: "new\n" }), "ann")).toContain(
      "Permission denied",
    );
    expect(await inside("cat /srv/d/anns/roots; ls -A /srv/d/anns | grep sr-; :")).toBe("old");
  });
});

describe("a tree", () => {
  it("leaves the directory alone that it is copied into", async () => {
    await inside("mkdir -m 751 /srv/d/etc");
    const tree = (dest: string) =>
      copy({ src: join(local, "tree/"), dest, owner: "ann", mode: "0640", directoryMode: "0750" });
    expect(await done(() => tree("/srv/d/etc"))).toBe("");
    expect(await inside("cd /srv/d/etc; stat -c '%U %a' . sub sub/file")).toBe("root 751\nann 750\nann 640");
    expect(await done(() => tree("/srv/d/made"))).toBe("");
    expect(await inside("stat -c '%U %a' /srv/d/made")).toBe("ann 750");
  });

  it("gives away no directory that it finds, on any level, nor changes its mode", async () => {
    await inside("mkdir -p -m 755 /srv/d/found/tree/sub /srv/d/found/sub");
    const options = { dest: "/srv/d/found", owner: "ann", group: "ann", directoryMode: "0700" } as const;
    expect(await done(() => copy({ ...options, src: join(local, "tree/") }))).toBe("");
    expect(await done(() => copy({ ...options, src: join(local, "tree") }))).toBe("");
    const found = await inside(
      "cd /srv/d/found; stat -c '%U:%G %a' . sub tree tree/sub sub/file tree/sub/file",
    );
    expect(found.split("\n")).toEqual([...Array(4).fill("root:root 755"), ...Array(2).fill("ann:ann 644")]);
  });
});

describe("a mounted file", () => {
  it("is told, and is written into where the task allows it", async () => {
    // the file system itself keeps a file mounted beside the name that it has
    await inside(`mkdir -p '/srv/d/a b'; cd '/srv/d/a b'; echo 127.0.0.1 localhost >hosts
mount --bind hosts hosts`);
    const write = (inPlace: boolean) =>
      lineinfile({ path: "/srv/d/a b/hosts", line: "192.0.2.9 db", ...(inPlace ? { inPlace } : {}) });
    const planned = await lab.run(
      [play("mounted", { hosts: "all", become: true }, { step: async () => void (await write(false)) })],
      { check: true },
    );
    expect(planned.errors.join()).toContain("/srv/d/a b/hosts is a mount point");
    const failed = await done(() => write(false));
    expect(failed).toContain("/srv/d/a b/hosts is a mount point: no new file can take its place");
    expect(failed).toContain("inPlace: true");
    expect(await inside("cat '/srv/d/a b/hosts'; ls -A '/srv/d/a b'")).toBe("127.0.0.1 localhost\nhosts");
    expect(await done(() => write(true))).toBe("");
    expect(await inside("cat '/srv/d/a b/hosts'; ls -A '/srv/d/a b'")).toBe(
      "127.0.0.1 localhost\n192.0.2.9 db\nhosts",
    );
    const refused = await done(() =>
      copy({
        dest: "/srv/d/a b/hosts",
        content: "bad\n",
        inPlace: true,
        validate: "grep -q localhost /srv/d/a*/hosts",
      }),
    );
    expect(refused).toContain("refused by its check");
    expect(await inside("cat '/srv/d/a b/hosts'; umount '/srv/d/a b/hosts'")).toContain("192.0.2.9 db");
  });
});

describe("a full disk", () => {
  it("is told by its file system, and the file is as it was", async () => {
    await inside(
      "mkdir -p /srv/d/small; mount -t tmpfs -o size=16k none /srv/d/small; echo old >/srv/d/small/x",
    );
    for (const size of [100_000, 400_000]) {
      const failed = await done(() => copy({ dest: "/srv/d/small/x", content: "x".repeat(size) }));
      expect(failed).toMatch(
        /no space left on none \(mounted on \/srv\/d\/small\): \/srv\/d\/small\/x is as it was/,
      );
    }
    expect(await inside("cat /srv/d/small/x; ls -A /srv/d/small; umount /srv/d/small")).toBe("old\nx");
  });

  it("is told where it holds no more files, or can only be read", async () => {
    await inside(`mkdir -p /srv/d/few /srv/d/fixed; mount -t tmpfs -o nr_inodes=2,mode=755 none /srv/d/few
touch /srv/d/few/x; mount -t tmpfs -o mode=755 none /srv/d/fixed; touch /srv/d/fixed/x; mount -o remount,ro /srv/d/fixed`);
    const few = "no room for one more file (no inodes left) on none (mounted on /srv/d/few)";
    const fixed = "read-only file system none (mounted on /srv/d/fixed)";
    const tasks: [() => PromiseLike<unknown>, string][] = [
      [() => copy({ dest: "/srv/d/few/new", content: "x" }), `${few}: /srv/d/few/new is as it was`],
      [() => file({ path: "/srv/d/few/a/b", state: "directory" }), `${few}: /srv/d/few/a is as it was`],
      [() => copy({ dest: "/srv/d/fixed/new", content: "x" }), `${fixed}: /srv/d/fixed/new is as it was`],
      [() => copy({ dest: "/srv/d/fixed/x", content: "x" }), `${fixed}: /srv/d/fixed/x is as it was`],
      [() => file({ path: "/srv/d/fixed/a", state: "directory" }), `${fixed}: /srv/d/fixed/a is as it was`],
      [() => file({ path: "/srv/d/fixed/t", state: "touch" }), `${fixed}: /srv/d/fixed/t is as it was`],
    ];
    for (const [task, words] of tasks) expect(await done(task)).toContain(words);
    await inside("chmod 1777 /srv/d/few; rm /srv/d/few/x");
    expect(await done(() => copy({ dest: "/srv/d/few/new", content: "x" }))).toContain(few);
    expect(await inside("ls -A /srv/d/few; umount /srv/d/few /srv/d/fixed")).toBe("");
  });

  it("is told where pending handlers can't be noted", async () => {
    const notifying = () =>
      copy({ dest: "/srv/d/notifying", content: "x" }, { notify: command({ argv: ["true"] }) });
    const place = "/var/lib/showrunner";
    await inside(
      `mkdir -p -m 700 ${place}; mount -t tmpfs -o size=4k,mode=700 none ${place}; echo x >${place}/pad`,
    );
    expect(await done(notifying)).toContain(`no space left on none (mounted on ${place})`);
    await inside(`rm -rf ${place}/*; mount -o remount,ro ${place}`);
    const told = await done(notifying);
    expect(told).toContain("Read-only file system");
    expect(told).not.toContain("not a folder of this user's own");
    await inside(`umount ${place}; rmdir ${place}`);
    expect(await inside("ls -d /srv/d/notifying 2>/dev/null; :")).toBe("");
  });
});
