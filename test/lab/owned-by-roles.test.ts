/** What roles wrote and want no more, on a real host: files of an application, applications, lines of /etc/hosts. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { app, common, nginx } from "../../roles/index.ts";
import { inventory, lineinfile, ownedFiles, play } from "../../src/index.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { type Ran, testLab } from "./support.ts";

const lab = testLab("srowned", 124, ["one"]);
const local = mkdtempSync(join(tmpdir(), "owned-"));
const root = { hosts: "one", become: true } as const;

beforeAll(() => lab.up(), 300_000);
afterAll(async () => {
  rmSync(local, { recursive: true, force: true });
  await lab.down();
}, 60_000);

const inside = async (script: string) => (await runInside(lab.spec, "one", ["sh", "-c", script])).trim();

/** What tasks changed, but for handlers. */
const told = (ran: Ran) =>
  ran
    .of("task:end")
    .filter(({ task }) => !/ (restarted|reloaded)$/.test(task.title))
    .flatMap(({ task, changes }) => changes.map(({ what }) => `${task.module} ${what}`));

/** Plans it, does it, and does it again: the plan must be what is done, and the second time nothing. */
async function done(step: () => PromiseLike<unknown>, request: Parameters<typeof lab.run>[1] = {}) {
  const plays = [play("roles", root, { step: async () => void (await step()) })];
  const planned = await lab.run(plays, { ...request, check: true });
  const ran = await lab.run(plays, { ...request, verify: true });
  expect([planned.errors, ran.errors]).toEqual([[], []]);
  const again = await lab.run(plays, request);
  expect([again.errors, told(again)]).toEqual([[], []]);
  expect(again.statuses.filter((status) => !status.endsWith(": ok"))).toEqual([]);
  return { planned: told(planned), told: told(ran), ran };
}

/** A server that ends where it does not get its port, as most do. */
const server = `use IO::Socket::INET;
my $socket = IO::Socket::INET->new(LocalPort => $ARGV[0], Listen => 5, ReuseAddr => 1) or die "port $ARGV[0]: $!";
while (my $client = $socket->accept) {
  while (my $line = <$client>) { last if $line =~ /^\\r?$/ }
  print $client "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: " . length($ARGV[1]) . "\\r\\n\\r\\n$ARGV[1]";
  close $client;
}
`;

/** The same, on the socket that systemd passes on. It ends what it has begun before it ends. */
const inheriting = `open(my $socket, "+<&=", 3) or die $!;
my $ending = 0;
$SIG{TERM} = sub { $ending = 1 };
until ($ending) {
  my $ready = ""; vec($ready, fileno($socket), 1) = 1;
  next unless select($ready, undef, undef, 0.1) > 0;
  accept(my $client, $socket) or next;
  while (my $line = <$client>) { last if $line =~ /^\\r?$/ }
  print $client "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: " . length($ARGV[0]) . "\\r\\n\\r\\n$ARGV[0]";
  close $client;
}
`;

/** A local folder that holds these files, and those alone. */
function source(files: readonly string[]): string {
  const path = join(local, "app");
  rmSync(path, { recursive: true, force: true });
  for (const name of files) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), name === "serve" ? server : name);
  }
  return path;
}

const serving = (name: string, port: number) => () =>
  app({
    name,
    source: join(local, "app"),
    command: ["/usr/bin/perl", "serve", String(port), name],
    health: `http://127.0.0.1:${port}/`,
  });
const listed = (path: string) => inside(`cd ${path} && find . -mindepth 1 | sort | tr '\\n' ' '`);
const serves = (name: string) => inside(`basename $(readlink /srv/${name}/current)`);
const ask = (port: number) => `perl -MIO::Socket::INET -e '
    $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => ${port}) or exit 1;
    print $s "GET / HTTP/1.0\\r\\n\\r\\n"; local $/; $_ = <$s>; s/.*\\r\\n\\r\\n//s; print'`;
const answer = (port: number) => inside(`${ask(port)}; :`);

describe("the role app", { timeout: 240_000 }, () => {
  it("deploys a release, and leaves what it has not written", async () => {
    source(["serve", "conf", "plugins/a"]);
    await done(serving("first", 9001));
    expect(await answer(9001)).toBe("first");
    const before = await serves("first");
    await inside("touch /srv/first/uploads.db");
    source(["serve", "conf/part"]);
    const { planned, told: made, ran } = await done(serving("first", 9001));
    expect(made).toEqual(planned);
    expect(made).toContain("release target current");
    expect(ran.of("task:end").filter(({ task }) => task.title === "first restarted")).toHaveLength(1);
    const after = await serves("first");
    expect(after).not.toBe(before);
    expect(await listed("/srv/first/current/")).toBe("./conf ./conf/part ./serve");
    expect(await inside("ls /srv/first; ls /srv/first/releases")).toBe(
      [
        "current",
        "releases",
        "releases.list",
        "releases.served",
        "uploads.db",
        ...[before, after].sort(),
      ].join("\n"),
    );
  });

  it("puts the release before back where a new one does not serve", async () => {
    const before = await serves("first");
    const folder = source(["serve"]);
    writeFileSync(join(folder, "serve"), "die 'a bad build'");
    const bad = [play("roles", root, { step: async () => void (await serving("first", 9001)()) })];
    const ran = await lab.run(bad);
    expect(ran.errors.join("\n")).toMatch(
      new RegExp(`new release of first does not serve, and ${before} serves again: .*a bad build`, "s"),
    );
    expect(await serves("first")).toBe(before);
    expect(await answer(9001)).toBe("first");
  });

  it("takes an application away that was renamed, before the new one needs its port", async () => {
    source(["serve"]);
    const { planned, told: made } = await done(serving("second", 9001));
    const expected = [
      "systemdUnit stopped",
      "systemdUnit removed",
      "file removed",
      "ownedFiles removed /etc/first/environment",
      "ownedFiles removed /etc/first/",
    ];
    expect(planned).toEqual(expect.arrayContaining(expected));
    expect(made).toEqual(expect.arrayContaining(expected));
    expect(await inside("systemctl is-active first second; :")).toBe("inactive\nactive");
    expect(await answer(9001)).toBe("second");
    expect(await listed("/srv/first")).toBe("./uploads.db");
    expect(
      await inside(
        "ls -d /etc/first /etc/systemd/system/first.service /etc/systemd/system/*.wants/first.service 2>/dev/null; :",
      ),
    ).toBe("");
  });

  it("takes files away that earlier versions of the role wrote, which had no releases", async () => {
    source(["serve", "conf"]);
    await inside(
      "cp -r /srv/second/current/serve /srv/second/serve; rm -r /srv/second/current /srv/second/releases*; touch /srv/second/kept",
    );
    const old = { owner: "application second", trees: [{ src: join(local, "app"), dest: "/srv/second" }] };
    const noted = await lab.run([play("old", root, { files: () => ownedFiles(old) })]);
    expect(noted.errors).toEqual([]);
    await done(serving("second", 9001));
    expect(await answer(9001)).toBe("second");
    expect(await inside("ls /srv/second")).toBe("current\nkept\nreleases\nreleases.list\nreleases.served");
  });

  it("is under the level of exposure that systemd itself calls safe", async () => {
    const level = await inside("systemd-analyze security second --no-pager | tail -1");
    const [, exposure] = /: ([0-9.]+) /.exec(level) ?? [];
    expect(Number(exposure), level).toBeLessThan(3);
  });

  it("refuses no request while it is restarted, where systemd listens for it", {
    timeout: 240_000,
  }, async () => {
    writeFileSync(join(source(["serve"]), "serve"), inheriting);
    const listening = () =>
      app({
        name: "second",
        source: join(local, "app"),
        command: ["/usr/bin/perl", "serve", "second"],
        listen: "127.0.0.1:9001",
        health: "http://127.0.0.1:9001/",
      });
    await done(listening);
    const answers = inside(
      `for i in $(seq 200); do ${ask(9001)} || echo refused; echo; done | sort | uniq -c`,
    );
    for (let i = 0; i < 3; i++)
      await inside("systemctl reset-failed second; systemctl restart second; sleep 0.5");
    expect(await answers).toMatch(/^200 second$/);
    // another address, and none any more
    source(["serve"]);
    await done(serving("second", 9001));
    expect(await inside("systemctl is-active second.socket; ls /etc/systemd/system | grep socket$; :")).toBe(
      "inactive",
    );
    expect(await answer(9001)).toBe("second");
  });

  it("has several, and takes the one away that is left out", async () => {
    const both = async () => {
      await serving("second", 9001)();
      await serving("third", 9003)();
    };
    await done(both);
    expect([await answer(9001), await answer(9003)]).toEqual(["second", "third"]);
    const { told: made } = await done(serving("third", 9003));
    expect(made).toContain("systemdUnit removed");
    expect([await answer(9001), await answer(9003)]).toEqual(["", "third"]);
    expect(await inside("ls /srv; ls /srv/second")).toBe("first\nsecond\nthird\nkept");
  });
});

describe("the role nginx", { timeout: 240_000 }, () => {
  it("removes static files that are no more, and those of a site that was renamed", async () => {
    const site = (domain: string) => () =>
      nginx({ domain, upstreams: [{ address: "127.0.0.1", port: 9 }], staticFiles: join(local, "app") });
    source(["a.css", "img/b.png"]);
    await done(site("www.example"));
    await inside("touch /srv/www/www.example/static/by-hand");
    source(["a.css"]);
    const less = await done(site("www.example"));
    expect(less.planned).toContain("ownedFiles removed /srv/www/www.example/static/img/b.png");
    expect(await listed("/srv/www")).toBe(
      "./www.example ./www.example/static ./www.example/static/a.css ./www.example/static/by-hand",
    );
    const renamed = await done(site("new.example"));
    expect(renamed.planned).toContain("ownedFiles removed /srv/www/www.example/static/a.css");
    expect(await listed("/srv/www")).toBe(
      "./new.example ./new.example/static ./new.example/static/a.css ./www.example ./www.example/static ./www.example/static/by-hand",
    );
  });
});

describe("the role nginx, with a site that answers for all names", { timeout: 240_000 }, () => {
  const upstreams = [{ address: "127.0.0.1", port: 9 }];
  const sites =
    (domains: readonly string[], isDefault: (domain: string) => boolean, port = 80) =>
    async () => {
      for (const domain of domains) await nginx({ domain, upstreams, port, isDefault: isDefault(domain) });
    };
  const answering = async () => {
    await inside("nginx -t 2>/dev/null");
    return inside("grep -l default_server /etc/nginx/conf.d/*; grep -h root /etc/nginx/conf.d/default-*; :");
  };

  it("is renamed", async () => {
    await done(sites(["old.example"], () => true));
    await done(sites(["renamed.example"], () => true));
    expect(await answering()).toMatch(
      /^\/etc\/nginx\/conf.d\/default-80.conf\s+root \/srv\/www\/renamed.example;$/,
    );
    expect(await inside("ls /etc/nginx/conf.d | grep -v 00-showrunner")).toBe(
      "default-80.conf\nrenamed.example.conf",
    );
  });

  it.each(["two.example", "one.example"])("is another one now: %s", async (chosen) => {
    const { planned, told: made } = await done(
      sites(["one.example", "two.example"], (domain) => domain === chosen),
    );
    expect(made).toEqual(planned);
    expect(await answering()).toContain(`root /srv/www/${chosen};`);
  });

  it("moves to another port, and is none any more", async () => {
    await done(sites(["one.example", "two.example"], (domain) => domain === "one.example", 8080));
    expect(await inside("ls /etc/nginx/conf.d | grep -v 00-showrunner")).toBe(
      "default-8080.conf\none.example.conf\ntwo.example.conf",
    );
    await done(sites(["one.example", "two.example"], () => false, 8080));
    expect(await inside("ls /etc/nginx/conf.d | grep -v 00-showrunner")).toBe(
      "one.example.conf\ntwo.example.conf",
    );
  });

  it("took its place in the site's own file in earlier versions", async () => {
    await inside(
      "sed -i 's/listen 8080/& default_server/; s/listen .*:8080/& default_server/' /etc/nginx/conf.d/one.example.conf; nginx -t",
    );
    await done(sites(["one.example", "two.example"], (domain) => domain === "one.example", 8080));
  });

  it("is one alone on a port: two are refused by name", async () => {
    const both = [play("roles", root, { step: sites(["one.example", "two.example"], () => true) })];
    const ran = await lab.run(both);
    expect(ran.errors.join("\n")).toMatch(
      /one\.example.*two\.example.*isDefault|isDefault.*one\.example.*two\.example/s,
    );
  });
});

describe("the role common", { timeout: 240_000 }, () => {
  const address = lab.spec.hosts[0]?.address ?? "";
  const named = (others: Readonly<Record<string, string>>) => ({
    inventory: inventory({
      hosts: {
        one: { address },
        ...Object.fromEntries(Object.entries(others).map(([name, at]) => [name, { address: at }])),
      },
    }),
  });
  const step = () => common({ packages: ["bash"] });
  const hosts = () => inside("cat /etc/hosts");
  const block = (...lines: string[]) =>
    ["# BEGIN hosts of the inventory", ...lines, "# END hosts of the inventory"].join("\n");

  it.each([false, true])("has the names of the inventory's hosts alone (mounted: %s)", async (isMounted) => {
    await inside(`printf '127.0.0.1 localhost\\n10.1.1.1 mine\\n' >/etc/hosts`);
    if (isMounted)
      await inside("cp /etc/hosts /etc/hosts.mounted; mount --bind /etc/hosts.mounted /etc/hosts");
    // as earlier versions did
    const old = { path: "/etc/hosts", inPlace: true } as const;
    const before = await lab.run([
      play("lines", root, {
        step: async () => {
          await lineinfile({ ...old, regexp: "^\\S+\\s+one$", line: `${address} one` });
          await lineinfile({ ...old, regexp: "^\\S+\\s+two$", line: "10.9.9.2 two" });
        },
      }),
    ]);
    expect(before.errors).toEqual([]);
    const adopted = await done(step, named({ two: "10.9.9.2", three: "10.9.9.3" }));
    expect(adopted.planned).toContain("blockinfile content");
    expect(await hosts()).toBe(
      `127.0.0.1 localhost\n10.1.1.1 mine\n${block(`${address} one`, "10.9.9.2 two", "10.9.9.3 three")}`,
    );
    const less = await done(step, named({ three: "10.9.9.4" }));
    expect(less.planned).toEqual(["blockinfile content"]);
    expect(await hosts()).toBe(
      `127.0.0.1 localhost\n10.1.1.1 mine\n${block(`${address} one`, "10.9.9.4 three")}`,
    );
    await done(() => common({ packages: ["bash"], nameHosts: false }), named({}));
    expect(await hosts()).toBe("127.0.0.1 localhost\n10.1.1.1 mine");
    if (isMounted) {
      expect(await inside("cat /etc/hosts.mounted")).toBe("127.0.0.1 localhost\n10.1.1.1 mine");
      await inside("umount /etc/hosts; rm /etc/hosts.mounted");
    }
  });
});
