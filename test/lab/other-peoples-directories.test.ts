/**
 * Root works where somebody else may turn every name at any moment, and that user does, as fast as can be.
 *
 * SHOWRUNNER_ATTACK_ROUNDS: how often each module works there (default 10)
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { play } from "../../src/core/plays/play.ts";
import { file as fileState } from "../../src/facts/files.ts";
import { linkRefusal } from "../../src/facts/followable.ts";
import { readFact } from "../../src/gathering/read-fact.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { command } from "../../src/modules/commands/command.ts";
import { copy } from "../../src/modules/files/copy.ts";
import { file } from "../../src/modules/files/file.ts";
import { lineinfile } from "../../src/modules/files/lineinfile.ts";
import { template } from "../../src/modules/files/template.ts";
import { apt } from "../../src/modules/packages/apt.ts";
import { unarchive } from "../../src/modules/sources/unarchive.ts";
import { user } from "../../src/modules/users/user.ts";
import { testLab } from "./support.ts";

const rounds = Number(process.env["SHOWRUNNER_ATTACK_ROUNDS"] ?? 10);
const lab = testLab("srunsafe", 95, ["one"]);
const local = mkdtempSync(join(tmpdir(), "unsafe-"));

/** In what root writes for its own eyes, and in a file of root's that nobody else may read. */
const token = "SECRET-4711";

const inside = async (script: string) => (await runInside(lab.spec, "one", ["sh", "-c", script])).trim();

/** Turns the names in a directory of bob's, in another way every moment, and keeps every secret that can be read there. */
const attacker = String.raw`
use strict; use Fcntl; use Time::HiRes qw(time);
my ($home) = @ARGV;
my $dir = "$home/d";
my @aims = ("/etc/victim/file", "/etc/victim", "/root/victim", "/etc/victim/secret");
sub loot { my $path = shift; sysopen(my $in, $path, O_RDONLY | O_NONBLOCK) or return; return unless -f $in;
  sysread($in, my $text, 4096); if ($text =~ /${token}/) { open(my $out, ">>", "/home/bob/loot"); print $out "$path\n"; } }
sub around { my $at = shift; opendir(my $d, $at) or return; grep { !/^\.\.?$/ } readdir $d; }
my $turn = 0;
my @kinds = ("names", "staged", "parent", "below", "linked");
while (1) {
  my $kind = $kinds[int(time * 40) % @kinds];
  my $aim = $aims[$turn++ % @aims];
  if ($kind eq "names") {
    for my $name ("file", "line", "tree", "link", "dir", "touched", "gone") {
      my $path = "$dir/$name";
      rename $path, "$home/aside/$name.$$.$turn";
      symlink $aim, $path; loot($path); unlink $path;
      link "/etc/victim/open", $path; unlink $path;
      rename "$home/aside/$name.$$.$turn", $path;
    }
  } elsif ($kind eq "staged") {
    for my $name (around($dir)) {
      my $path = "$dir/$name"; loot($path); loot("$path/$_") for around($path);
      next unless $name =~ /sr-/;
      rename $path, "$home/aside/staged.$$" and symlink $aim, $path;
      loot("$home/aside/staged.$$"); loot("$home/aside/staged.$$/$_") for around("$home/aside/staged.$$");
      select undef, undef, undef, 0.0003 * ($turn % 8);
      unlink $path; rename "$home/aside/staged.$$", $path;
    }
  } elsif ($kind eq "parent") {
    rename $dir, "$home/d2" and symlink "/root/victim", $dir;
    select undef, undef, undef, 0.0002 * ($turn % 6);
    unlink $dir; rename "$home/d2", $dir;
    select undef, undef, undef, 0.002;
  } elsif ($kind eq "linked") {
    for my $path ("$dir/file", "$dir/tree/one") {
      rename $path, "$home/aside/linked.$$" or next;
      for (1 .. 200) { link "/etc/victim/open", $path; unlink $path; }
      rename "$home/aside/linked.$$", $path;
    }
  } elsif ($kind eq "below") {
    for my $at ("$dir/tree", "$dir/gone") {
      rename "$at/sub", "$home/aside/sub.$$" and symlink "/root/victim", "$at/sub";
      rename "$at/one", "$home/aside/one.$$" and symlink $aim, "$at/one";
      unlink "$at/sub"; rename "$home/aside/sub.$$", "$at/sub";
      unlink "$at/one"; link "/etc/victim/open", "$at/one"; unlink "$at/one"; rename "$home/aside/one.$$", "$at/one";
    }
  }
}`;

beforeAll(async () => {
  mkdirSync(join(local, "tree/sub"), { recursive: true });
  for (const name of ["one", "sub/two"]) writeFileSync(join(local, "tree", name), "1\n");
  execFileSync("tar", ["-czf", join(local, "tree.tar.gz"), "-C", join(local, "tree"), "."]);
  writeFileSync(join(local, "text.ejs"), "round <%= round %>\n");
  await lab.up();
  await inside("useradd -m bob; useradd carol");
}, 300_000);
afterAll(async () => {
  rmSync(local, { recursive: true, force: true });
  await lab.down();
}, 60_000);

/** What bob is after. */
const makeVictims = () =>
  inside(`rm -rf /etc/victim /root/victim; mkdir /etc/victim /root/victim /root/victim/sub
echo root >/etc/victim/file; echo ${token} >/etc/victim/secret; chmod 600 /etc/victim/secret
echo open >/etc/victim/open; chmod 666 /etc/victim/open
for name in file line tree link dir touched gone one; do echo root >/root/victim/$name; done
chmod 700 /root/victim; : >/home/bob/loot; chown bob /home/bob/loot`);

/** All that must stay as it is: owner, group, mode, content, and the directories' names. */
const victims = () =>
  inside(`for at in / /etc /root /home /etc/victim /root/victim; do stat -c '%n %u %g %a' "$at"; done
ls -A / /etc /root /home /tmp
find /etc/victim /root/victim -exec stat -c '%n %u %g %a %F' {} + | sort
find /etc/victim /root/victim -type f -exec sha256sum {} + | sort`);

const home = "/home/bob/w";
const at = (name: string) => `${home}/d/${name}`;

/** Each changes something in every round. */
const work: Readonly<Record<string, (round: number) => PromiseLike<unknown>>> = {
  copy: (round) => copy({ dest: at("file"), content: `${token} ${round}\n`, owner: "root", mode: "0600" }),
  "copy for the user": (round) =>
    copy({ dest: at("file"), content: `theirs ${round}\n`, owner: "bob", group: "bob", mode: "0644" }),
  "copy with a check and a backup": (round) =>
    copy({ dest: at("file"), content: `checked ${round}\n`, backup: true, validate: "grep -q checked %s" }),
  "copy with a check in place": (round) =>
    copy({ dest: at("file"), content: `checked ${round}\n`, validate: round % 2 ? "true" : "false" }),
  "copy of much": (round) =>
    copy({
      dest: at("file"),
      content: `${token} ${round}\n${"x".repeat(300_000)}`,
      owner: "root",
      mode: "0600",
    }),
  "copy of a tree": (round) =>
    copy({
      src: join(local, "tree/"),
      dest: at("tree"),
      owner: "bob",
      mode: round % 2 ? "0644" : "0640",
      directoryMode: "0755",
    }),
  unarchive: (round) =>
    unarchive({ src: join(local, "tree.tar.gz"), dest: at("tree"), owner: round % 2 ? "carol" : "bob" }),
  template: (round) =>
    template({ src: join(local, "text.ejs"), dest: at("file"), vars: { round }, owner: "carol" }),
  lineinfile: (round) =>
    lineinfile({ path: at("line"), regexp: "^round", line: `round ${round}`, backup: round % 2 === 0 }),
  "file's owner": (round) => file({ path: at("file"), owner: round % 2 ? "carol" : "bob" }),
  "file's mode": (round) => file({ path: at("file"), mode: round % 2 ? "0666" : "0600" }),
  "file directory": (round) =>
    file({ path: at(`dir/${round}/deep`), state: "directory", owner: "carol", mode: "0755" }),
  "file directory's owner": (round) =>
    file({ path: at("dir"), state: "directory", owner: round % 2 ? "carol" : "bob", mode: "0777" }),
  "file recurse": (round) =>
    file({ path: at("tree"), recurse: true, owner: round % 2 ? "carol" : "bob", mode: "0755" }),
  "file touch": () => file({ path: at("touched"), state: "touch", modificationTime: "now", mode: "0666" }),
  "what a link leads to": (round) => {
    const path = at("link");
    const tasks = [
      () => lineinfile({ path, line: `round ${round}`, create: true }),
      () => file({ path, owner: "bob" }),
      () => copy({ dest: path, follow: true, content: `${round}\n` }),
    ];
    return tasks[round % 3]?.() ?? Promise.resolve();
  },
  "file link": (round) =>
    file({ path: at("link"), state: "link", src: `/nowhere/${round}`, force: true, owner: "carol" }),
  "file absent": () => file({ path: at("gone"), state: "absent" }),
  user: (round) => user({ name: `eve${round}`, home: at(`eve${round}`) }),
};

const prepare = `rm -rf ${home}; su bob -c 'mkdir -p ${home}/d/tree/sub ${home}/d/dir ${home}/d/gone/sub ${home}/aside; cd ${home}/d
echo x >file; echo round >line; echo x >touched; echo x >tree/one; echo x >tree/sub/two; echo x >gone/one; echo x >x; ln -s x link'`;

/** Does it while bob attacks. Most rounds fail, which is right; nothing else may come of them. */
async function attacked(task: (round: number) => PromiseLike<unknown>) {
  await inside(`${prepare}
su bob -c 'nohup perl /home/bob/attack.pl ${home} >/dev/null 2>&1 & echo $! >/home/bob/pid'`);
  const body = async () => {
    for (let round = 0; round < rounds; round++) {
      // there must be something to remove
      await inside(`su bob -c 'mkdir -p ${at("gone/sub")}' 2>/dev/null; :`);
      // and what was found in the last round must be looked at anew
      await command({ argv: ["true"] });
      try {
        await task(round);
      } catch {
        // refused
      }
    }
  };
  try {
    await lab.run([play("attacked", { hosts: "all", become: true }, { step: body })]);
  } finally {
    await inside("kill $(cat /home/bob/pid)");
  }
}

describe("while the owner of the directory turns names in it", () => {
  beforeAll(async () => {
    await inside(`cat >/home/bob/attack.pl <<'END'
${attacker}
END
chmod 644 /home/bob/attack.pl`);
  });

  for (const [name, task] of Object.entries(work))
    it(`${name} harms nobody`, async () => {
      await makeVictims();
      const before = await victims();
      await attacked(task);
      expect(await victims()).toBe(before);
      expect(await inside("sort -u /home/bob/loot")).toBe("");
    });
});

describe("while nobody does", () => {
  it("a link of another user is followed only to that user's own files", async () => {
    await makeVictims();
    await inside(`${prepare}
cd ${home}/d; ln -s file mine; ln -s /etc/victim/file root; ln -s /etc/victim folder; ln -s dir own; chown -h bob *`);
    const before = await victims();
    const done = async (task: () => PromiseLike<unknown>) => {
      const ran = await lab.run([play("links", { hosts: "all", become: true }, { step: task })]);
      return ran.errors.join();
    };
    const line = "one more";
    expect(await done(() => lineinfile({ path: at("mine"), line }))).toBe("");
    expect(await inside(`stat -c %U ${at("file")}; tail -n 1 ${at("file")}`)).toBe(`bob\n${line}`);
    expect(await done(() => copy({ dest: at("own/new"), content: "new\n" }))).toBe("");
    expect(await inside(`cat ${at("dir/new")}`)).toBe("new");
    const refused = [
      () => lineinfile({ path: at("root"), line }),
      () => copy({ dest: at("root"), follow: true, content: "new\n" }),
      () => copy({ dest: at("folder/new"), content: "new\n" }),
      () => file({ path: at("root"), owner: "bob" }),
      () => file({ path: at("folder"), state: "directory", mode: "0777" }),
      () => file({ path: at("folder/file"), state: "absent" }),
      () => file({ path: at("folder/sub/deep"), state: "directory" }),
    ];
    for (const task of refused)
      expect(await done(task)).toMatch(
        /is a symbolic link that other users can turn, and leads to \/etc(\/victim)?,/,
      );
    expect(await victims()).toBe(before);
  });

  /** Each would write, make, give away or remove something in a directory. */
  const steered = (directory: string, name: string) => [
    () => copy({ dest: `${directory}/${name}`, content: "steered\n" }),
    () => copy({ dest: `${directory}/new`, content: "steered\n" }),
    () => lineinfile({ path: `${directory}/${name}`, line: "steered" }),
    () => file({ path: `${directory}/${name}`, owner: "bob" }),
    () => file({ path: `${directory}/${name}`, state: "touch", modificationTime: "now" }),
    () => file({ path: `${directory}/made`, state: "directory", owner: "bob" }),
    () => file({ path: `${directory}/made`, state: "link", src: "/nowhere", force: true }),
    () => file({ path: directory, recurse: true, owner: "bob", follow: false }),
    () => file({ path: `${directory}/${name}`, state: "absent" }),
  ];
  async function refusedAll(tasks: readonly (() => PromiseLike<unknown>)[], why: RegExp) {
    const before = await victims();
    for (const task of tasks) {
      const { errors } = await lab.run([play("steered", { hosts: "all", become: true }, { step: task })]);
      expect(errors.join()).toMatch(why);
    }
    expect(await victims()).toBe(before);
  }

  it("a link to what lies beside it in a sticky directory is no way into it", async () => {
    await makeVictims();
    await inside("rm -rf /tmp/beside /tmp/bobs; mkdir -m 755 /tmp/beside; echo root >/tmp/beside/file");
    await inside("su bob -c 'ln -s /tmp/beside /tmp/bobs'");
    const state = "stat -c '%n %U %a' /tmp/beside /tmp/beside/*; cat /tmp/beside/file";
    const before = await inside(state);
    await refusedAll(
      steered("/tmp/bobs", "file"),
      /can turn, and leads to \/tmp\/beside|and is no directory/,
    );
    expect(await inside(state)).toBe(before);
    await inside("rm -rf /tmp/beside /tmp/bobs");
  });

  it("a link is not followed to what is theirs where they can't get to it", async () => {
    await makeVictims();
    await inside(`${prepare}
mkdir /root/victim/kept; echo bob >/root/victim/kept/file; chown bob /root/victim/kept
su bob -c 'ln -s /root/victim/kept ${at("kept")}'`);
    await refusedAll(
      steered(at("kept"), "file"),
      /can turn, and leads to \/root\/victim\/kept|and is no directory/,
    );
  });

  it("a link of theirs is followed below a directory that their group can't get through, as they can't to the link", async () => {
    await inside(`${prepare}
chmod 700 /home/bob; chmod 775 ${home} ${home}/d ${at("dir")}; su bob -c 'ln -s dir ${at("own")}'`);
    const tasks = async () => {
      await copy({ dest: at("link"), content: "followed\n", follow: true });
      await copy({ dest: at("own/new"), content: "followed\n" });
    };
    const ran = await lab.run([play("links", { hosts: "all", become: true }, { step: tasks })]);
    expect(ran.errors).toEqual([]);
    expect(await inside(`chmod 755 /home/bob; cat ${at("x")} ${at("dir/new")}`)).toBe("followed\nfollowed");
  });

  it("no link leads into what a user has mounted for his own processes", async () => {
    await makeVictims();
    await inside(`${prepare}
su bob -c 'mkdir -p ${home}/ns/victim; cd ${home}/ns
unshare -Urm sh -c "mount --bind /etc/victim ${home}/ns/victim && echo \\$\\$ >pid && exec sleep 600" >/dev/null 2>&1 &
for i in 1 2 3 4 5 6 7 8 9; do [ -s ${home}/ns/pid ] || sleep 0.3; done
ln -s /proc/$(cat ${home}/ns/pid)/root${home}/ns ${at("ns")}'`);
    expect(await inside(`cat ${at("ns/victim/file")}`)).toBe("root");
    try {
      await refusedAll(steered(at("ns/victim"), "file"), /leads to what is mounted for some processes only/);
    } finally {
      await inside(`kill $(cat ${home}/ns/pid)`);
    }
  });

  it("a link that an ACL lets somebody turn is not followed, nor one to where an ACL keeps its group out", async () => {
    await makeVictims();
    await inside(`${prepare}
command -v setfacl >/dev/null || apt-get install -y -q acl >/dev/null 2>&1
groupadd -f staffers; usermod -aG staffers carol; rm -rf /srv/shared /srv/theirs; mkdir /srv/shared /srv/theirs
echo x >/srv/theirs/file; chgrp staffers /srv/*; chmod 2775 /srv/shared /srv/theirs
setfacl -m u:bob:rwx /srv/shared; su bob -c 'ln -s /srv/theirs /srv/shared/link'`);
    const state = "stat -c '%n %U %a' /srv/theirs /srv/theirs/*; cat /srv/theirs/file";
    const before = await inside(state);
    const refusal = /can turn, and leads to \/srv\/theirs|and is no directory/;
    await refusedAll(steered("/srv/shared/link", "file"), refusal);
    await inside("setfacl -b /srv/shared; chmod 2775 /srv/shared; setfacl -m g::rx,u:bob:rwx /srv/theirs");
    const closed = await inside(state);
    await refusedAll(steered("/srv/shared/link", "file"), refusal);
    expect(await inside(state)).toBe(closed);
    await inside("setfacl -b /srv/theirs; chmod 2775 /srv/theirs");
    expect(await inside(state)).toBe(before);
    const followed = () => copy({ dest: "/srv/shared/link/file", content: "new\n" });
    const ran = await lab.run([play("followed", { hosts: "all", become: true }, { step: followed })]);
    expect(ran.errors).toEqual([]);
  });

  it("whether a link may be followed is told alike where the link is away just then", async () => {
    await makeVictims();
    await inside(prepare);
    const told: string[] = [];
    const ask = async () => {
      for (const path of [at("away"), at("away/deeper")])
        told.push(await readFact(linkRefusal, { path, target: "/etc/victim/file" }));
      told.push(await readFact(linkRefusal, { path: at("away"), target: at("nowhere/file") }));
      told.push(await readFact(linkRefusal, { path: "/etc/away", target: "/var/run/nowhere/file" }));
    };
    const ran = await lab.run([play("links", { hosts: "all", become: true }, { step: ask })]);
    expect(ran.errors).toEqual([]);
    const refusal = expect.stringContaining("leads to /etc/victim, which is not theirs");
    expect(told).toEqual([refusal, refusal, "", ""]);
  });

  const done = async (task: () => PromiseLike<unknown>, become: boolean | string = true) => {
    const { errors } = await lab.run([
      play("quiet", { hosts: "all", become }, { step: async () => void (await task()) }),
    ]);
    return errors.join();
  };

  it("nothing of root's is swept or removed that was given another name", async () => {
    await inside(`${prepare}
mkdir -m 700 ${at("keys")} ${at("more")}; echo kept >${at("keys/key")}; echo kept >${at("more/key")}
su bob -c 'cd ${home}/d; mv keys .file.sr-abcdef'`);
    expect(await done(() => copy({ dest: at("file"), content: "swept\n" }))).toBe("");
    const swapped = done(async () => {
      await readFact(fileState, at("gone"));
      await inside(`su bob -c 'cd ${home}/d; mv gone was; mv more gone'`);
      await file({ path: at("gone"), state: "absent" });
    });
    expect(await swapped).toContain("is not what it was when it was looked at");
    expect(await inside(`cat ${at(".file.sr-abcdef/key")} ${at("gone/key")}`)).toBe("kept\nkept");
    await inside(`rm -rf ${at("gone")}; su bob -c 'cd ${home}/d; mv was gone'`);
    expect(await done(() => file({ path: at("gone"), state: "absent" }))).toBe("");
    expect(await inside(`ls -d ${at("gone")} 2>/dev/null; :`)).toBe("");
  });

  it("what a run left behind at a power cut is removed", async () => {
    await inside(`${prepare}
mkdir ${at(".file.sr-Abc123")}; chmod 1700 ${at(".file.sr-Abc123")}; echo x >${at(".file.sr-Abc123/file")}`);
    expect(await done(() => copy({ dest: at("file"), content: "swept\n" }))).toBe("");
    expect(await inside(`ls -A ${home}/d | grep sr- ; :`)).toBe("");
  });

  it("no package is installed from where another one may lie a moment later", async () => {
    await inside(`${prepare}
mkdir -p /root/pack/DEBIAN
printf 'Package: packed\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@b>\\nDescription: x\\n' >/root/pack/DEBIAN/control
dpkg-deb -b /root/pack ${at("packed.deb")} >/dev/null; cp ${at("packed.deb")} /srv/1.deb; cp /srv/1.deb /tmp/1.deb
ln -sf ${at("packed.deb")} /srv/theirs.deb; ln -sf 1.deb /srv/packed.deb; su bob -c 'cp /srv/1.deb /tmp/2.deb'`);
    for (const deb of [at("packed.deb"), "/srv/theirs.deb", "/tmp/2.deb"])
      expect(await done(() => apt({ deb, updateCache: false }))).toContain(
        "can be another file at any moment",
      );
    expect(await inside("dpkg-query -W packed 2>/dev/null; :")).toBe("");
    for (const deb of ["/srv/packed.deb", "/tmp/1.deb"]) {
      expect(await done(() => apt({ deb, updateCache: false }))).toBe("");
      expect(await inside("dpkg-query -W packed; dpkg -P packed >/dev/null")).toContain("packed");
    }
  });

  it("a former owner can no longer read a file through an ACL", async () => {
    await inside(`${prepare}
command -v setfacl >/dev/null || apt-get install -y -q acl >/dev/null 2>&1; rm -rf /srv/taken; mkdir /srv/taken
chown bob /srv/taken; su bob -c 'cd ${home}/d; setfacl -m u:bob:rwx file line dir; setfacl -dm u:bob:rwx dir /srv/taken
setfacl -m u:bob:rwx /srv/taken; setfacl -R -m u:bob:rwx tree'`);
    const taken = { owner: "root", group: "carol" };
    const tasks = async () => {
      await copy({ dest: at("file"), content: token, ...taken, mode: "0640" });
      await file({ path: at("line"), ...taken, mode: "0640" });
      await copy({ dest: at("line"), content: token, mode: "0640" });
      await file({ path: at("dir"), state: "directory", ...taken, mode: "0750" });
      await copy({ dest: at("dir/key"), content: token, ...taken, mode: "0640" });
      await file({ path: "/srv/taken", state: "directory", ...taken, mode: "0750" });
      await copy({ dest: "/srv/taken/key", content: token, ...taken, mode: "0640" });
      await file({ path: at("tree"), recurse: true, ...taken, mode: "0750" });
      await copy({ dest: at("tree/sub/two"), content: token, mode: "0640" });
    };
    expect(await done(tasks)).toBe("");
    const keys = ["file", "line", "dir/key", "tree/sub/two"].map(at).join(" ");
    expect(await inside(`su bob -c 'cat ${keys} /srv/taken/key' 2>/dev/null; :`)).toBe("");
    expect(await inside(`su carol -c 'cat ${keys} /srv/taken/key' | grep -c ${token}`)).toBe("1");
    expect(await inside(`getfacl -cpR ${home}/d /srv/taken | grep ':bob:'; :`)).toBe("");
  });

  it("a file whose group has a space in its name is changed", async () => {
    await inside(`${prepare}
echo 'domain users:x:4711:' >>/etc/group; chgrp 4711 ${at("file")}`);
    expect(await done(() => file({ path: at("file"), mode: "0600" }))).toBe("");
    expect(await done(() => copy({ dest: at("file"), content: "new\n" }))).toBe("");
    expect(
      await inside(`sed -i '/^domain users/d' /etc/group; stat -c '%g %a' ${at("file")}; cat ${at("file")}`),
    ).toBe("4711 600\nnew");
  });

  it("a tree of very many directories in each other does not fill the host with processes", async () => {
    const deep = (levels: number) => `${prepare}
su bob -c 'perl -e "chdir q(${home}/d/tree); for (1..${levels}) { mkdir q(d), 0755; chdir q(d) }"; chmod 600 ${at("tree/one")}'`;
    const corrected = () => done(() => file({ path: at("tree"), recurse: true, owner: "bob", mode: "0755" }));
    await inside(deep(4000));
    const most = inside(
      `most=0; until [ -e /tmp/measured ]; do now=$(ps ax | wc -l); [ $now -lt $most ] || most=$now; sleep 0.1; done; echo $most`,
    );
    expect(await corrected()).toContain("more than 200 directories lie in each other");
    await inside(": >/tmp/measured");
    expect(Number(await most)).toBeLessThan(350);
    expect(await done(() => file({ path: at("tree"), state: "absent" }))).toBe("");
    await inside(`rm /tmp/measured; ${deep(100)}`);
    expect(await corrected()).toBe("");
    expect(await inside(`stat -c %a ${at("tree/one")}`)).toBe("644");
  });

  it("a check in another user's directory loads nothing from there", async () => {
    await inside(`${prepare}
su bob -c 'cd ${home}/d; chmod 666 file; echo "echo loaded >&2" >helper'`);
    const validate = "if [ -e ./helper ]; then . ./helper; false; else grep -q right %s; fi";
    expect(await done(() => copy({ dest: at("file"), content: "right\n", validate }), "carol")).toBe("");
    expect(await inside(`cat ${at("file")}`)).toBe("right");
  });

  it("all of it works", async () => {
    await makeVictims();
    await inside(prepare);
    const before = await victims();
    const ran = await lab.run([
      play(
        "quiet",
        { hosts: "all", become: true },
        {
          step: async () => {
            for (const [name, task] of Object.entries(work))
              if (name !== "user") for (const round of [1, 3]) await task(round);
          },
        },
      ),
    ]);
    expect(ran.errors).toEqual([]);
    expect(await victims()).toBe(before);
    expect(
      await inside(`ls -A ${home}/d | grep -v '~$'; stat -c '%U %a' ${at("tree/sub/two")} ${at("tree/sub")}`),
    ).toBe("dir\nfile\nline\nlink\ntouched\ntree\nx\ncarol 644\ncarol 755");
  });
});
