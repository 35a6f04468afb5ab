/** The role app on real hosts: the samples side by side, archives and git as sources, what is done before a release serves. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { AppVars } from "../../roles/app/index.ts";
import { app, bringOut, mysql } from "../../roles/index.ts";
import { play, rollback, Secret, service } from "../../src/index.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { type Ran, testLab } from "./support.ts";

const lab = testLab("srapps", 131, ["one", "two"]);
const address = lab.settings("one").address;
/** Where hosts reach this machine. */
const gateway = address.replace(/\d+$/, "1");
const local = mkdtempSync(join(tmpdir(), "applications-"));
const samples = resolve(import.meta.dirname, "../../roles/app/files");
const inside = async (script: string, host = "one") =>
  (await runInside(lab.spec, host, ["sh", "-c", script])).trim();

const password = new Secret("a-password-of-the-lab");
const databases = ["flask", "django", "node"];
const health = (port: number) => `http://${address}:${port}/healthz`;
const environment = (database: string) => ({
  DB_PRIMARY: "127.0.0.1",
  DB_REPLICA: "127.0.0.1",
  DB_NAME: database,
  DB_USER: "site",
  DB_PASSWORD: password,
});

const flask: AppVars = {
  name: "flask",
  source: join(samples, "sample"),
  packages: ["python3-flask", "python3-pymysql", "gunicorn"],
  command: ["/usr/bin/gunicorn", "app:app"],
  listen: `${address}:8001`,
  serviceSettings: { Type: "notify", MemoryDenyWriteExecute: "yes" },
  environment: environment("flask"),
  health: health(8001),
};
const repository = join(local, "django.git");
const django: AppVars = {
  name: "django",
  source: { git: repository, version: "main" },
  packages: ["python3-django", "python3-pymysql", "gunicorn"],
  build: [["/usr/bin/python3", "-m", "compileall", "-q", "."]],
  migrate: [["/usr/bin/python3", "manage.py", "migrate", "--noinput"]],
  command: ["/usr/bin/gunicorn", "guestbook.wsgi"],
  listen: `${address}:8002`,
  serviceSettings: { Type: "notify", MemoryDenyWriteExecute: "yes" },
  environment: {
    ...environment("django"),
    SECRET_KEY: new Secret("for-the-lab-alone"),
    ALLOWED_HOSTS: address,
  },
  health: health(8002),
};
const archive = join(local, "node.tar.gz");
const node: AppVars = {
  name: "node",
  source: { archive, strip: 1 },
  packages: ["nodejs", "node-mysql"],
  migrate: [["/usr/bin/node", "migrate.js"]],
  command: ["/usr/bin/node", "server.js"],
  listen: `${address}:8003`,
  environment: environment("node"),
  health: health(8003),
};

const on = (hosts: string, step: () => PromiseLike<unknown>, options: { serial?: number } = {}) => [
  play("a step", { hosts, become: true, ...options }, { step: async () => void (await step()) }),
];
/** A play each: what a step leaves out is removed. */
const deploy = (...apps: AppVars[]) =>
  apps.map((one) =>
    play(one.name, { hosts: "one", become: true }, { app: async () => void (await app(one)) }),
  );
const notOk = ({ statuses }: Ran) => statuses.filter((status) => !status.endsWith(": ok"));
const page = async (port: number) => (await fetch(`http://${address}:${port}/`)).text();
const releases = (name: string) => inside(`ls /srv/${name}/releases`).then((names) => names.split("\n"));
const serving = (name: string) => inside(`basename $(readlink /srv/${name}/current)`);
const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], {
    cwd: repository,
    encoding: "utf8",
  }).trim();

/** Replaces a text in a file of this machine. */
function edit(path: string, from: string, to: string): void {
  const text = readFileSync(path, "utf8");
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

function commit(message: string): string {
  git("add", "-A");
  git("commit", "-q", "-m", message);
  return git("rev-parse", "HEAD");
}

function pack(): void {
  execFileSync("tar", ["-czf", archive, "-C", local, "node-1.0"]);
}

beforeAll(async () => {
  vi.stubEnv("XDG_CACHE_HOME", join(local, "cache"));
  cpSync(join(samples, "django"), repository, { recursive: true });
  git("init", "-q", "-b", "main");
  commit("the guest book");
  cpSync(join(samples, "node"), join(local, "node-1.0"), { recursive: true });
  pack();
  await lab.up();
  const ran = await lab.run(
    on("one", () =>
      mysql({
        role: "primary",
        bindAddress: "127.0.0.1",
        databases: databases.map((name) => ({ name })),
        users: [
          {
            name: "site",
            hosts: ["127.0.0.1"],
            password,
            privileges: Object.fromEntries(databases.map((name) => [`${name}.*`, ["ALL"]])),
          },
        ],
      }),
    ),
  );
  expect(ran.errors).toEqual([]);
}, 600_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  rmSync(local, { recursive: true, force: true });
  await lab.down();
}, 60_000);

describe("the samples", { timeout: 600_000 }, () => {
  it("run side by side, each from another kind of source, and are left alone by a second run", async () => {
    const planned = await lab.run(deploy(flask, django, node), { check: true });
    expect(planned.errors).toEqual([]);
    const ran = await lab.run(deploy(flask, django, node));
    expect(ran.errors).toEqual([]);
    const again = await lab.run(deploy(flask, django, node));
    expect([again.errors, notOk(again)]).toEqual([[], []]);
    for (const port of [8001, 8002, 8003]) {
      expect(await (await fetch(health(port))).text()).toBe("ok\n");
      expect(await page(port)).toContain("Nobody has signed yet.");
    }
  });

  it("keep what visitors write, and show it as text", async () => {
    const form = (text: string, more: Record<string, string> = {}) => ({
      method: "POST",
      redirect: "manual" as const,
      body: new URLSearchParams({ text, ...more }),
    });
    const asked = await fetch(`http://${address}:8002/`);
    const [, token = ""] = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(await asked.text()) ?? [];
    const [cookie = ""] = (asked.headers.get("set-cookie") ?? "").split(";");
    for (const [port, headers] of [
      [8001, {}],
      [8002, { cookie }],
      [8003, {}],
    ] as const) {
      const text = `<b>it's ${port}</b>`;
      const sent = form(text, { csrfmiddlewaretoken: token });
      const { status } = await fetch(`http://${address}:${port}/notes`, { ...sent, headers });
      expect(status).toBe(303);
      expect(await page(port)).toContain(`&lt;b&gt;it&#${port === 8002 ? "x27" : "39"};s ${port}&lt;/b&gt;`);
    }
    expect((await fetch(`http://${address}:8002/notes`, form("from elsewhere"))).status).toBe(403);
  });

  it("are each under the level of exposure that systemd itself calls safe", async () => {
    for (const name of databases) {
      const level = await inside(`systemd-analyze security ${name} --no-pager | tail -1`);
      const [, exposure] = /: ([0-9.]+) /.exec(level) ?? [];
      expect(Number(exposure), level).toBeLessThan(3);
    }
  });
});

describe("a version of a git repository", { timeout: 240_000 }, () => {
  it("is named by its commit, and the next one is built, migrated and put into service", async () => {
    const before = await serving("django");
    expect(before.slice(0, 12)).toBe(git("rev-parse", "HEAD").slice(0, 12));
    edit(join(repository, "notes/templates/notes/index.html"), "<h1>Guest book", "<h1>Second edition");
    const after = commit("a second edition");
    const planned = await lab.run(deploy(django), { check: true });
    expect([planned.errors, await releases("django")]).toEqual([[], [before]]);
    expect(notOk(planned).join("\n")).toMatch(/manage\.py migrate --noinput: (likely|changed)/);
    const ran = await lab.run(deploy(django));
    expect(ran.errors).toEqual([]);
    expect((await serving("django")).slice(0, 12)).toBe(after.slice(0, 12));
    expect(await page(8002)).toContain("Second edition");
    // what the service itself may not write
    expect(await inside("ls /srv/django/current/notes/__pycache__")).toContain("views.");
    expect(notOk(await lab.run(deploy(django)))).toEqual([]);
  });

  it("goes back by name, and forth again without being built anew", async () => {
    const [newest = "", older = ""] = await inside("tac /srv/django/releases.list").then((text) =>
      text.split("\n"),
    );
    const restart = service({ name: "django", state: "restarted" });
    const back = () => on("one", () => rollback({ path: "/srv/django" }, { notify: restart }));
    expect((await lab.run(back())).errors).toEqual([]);
    expect(await serving("django")).toBe(older);
    expect(await page(8002)).toContain("Guest book");
    expect(notOk(await lab.run(back()))).toEqual([]);
    const forth = await lab.run(on("one", () => bringOut({ ...django, keep: 5 })));
    expect([forth.errors, await serving("django")]).toEqual([[], newest]);
    expect(forth.statuses.join("\n")).not.toContain("manage.py migrate");
  });

  it("is the same for all hosts, and migrates once, though the branch moves meanwhile and hosts have their turns", async () => {
    const moved: AppVars = {
      name: "moved",
      source: { git: repository, version: "main" },
      migrate: [["/usr/bin/touch", "/var/lib/moved/migrated"]],
      command: ["/usr/bin/sleep", "infinity"],
    };
    const wanted = git("rev-parse", "HEAD");
    const ran = await lab.run(
      on(
        "all",
        async () => {
          await app(moved);
          writeFileSync(join(repository, "later"), String(performance.now()));
          commit("while hosts have their turns");
        },
        { serial: 1 },
      ),
    );
    expect(ran.errors).toEqual([]);
    const names = await Promise.all(
      ["one", "two"].map((host) => inside("basename $(readlink /srv/moved/current)", host)),
    );
    expect(names.map((name) => name.slice(0, 12))).toEqual(Array(2).fill(wanted.slice(0, 12)));
    expect(await inside("ls /var/lib/moved")).toBe("migrated");
    expect(await inside("ls /var/lib/moved", "two")).toBe("");
  });

  it("tells what is wrong with it before anything is changed", async () => {
    const told = async (source: AppVars["source"]) => {
      const ran = await lab.run(deploy({ ...django, source }));
      expect(ran.statuses.filter((status) => status.endsWith(": changed"))).toEqual([]);
      return ran.errors.join("\n");
    };
    expect(await told({ git: repository, version: "nowhere" })).toContain("has no branch or tag nowhere");
    expect(await told({ git: join(local, "nothing") })).toContain("can't be read");
    expect(await told({ git: "ext::sh -c id" })).toContain("expected a repository");
    expect(await told({ git: "https://me:word@example.org/a.git" })).toContain("has a password in it");
  });
});

describe("an archive", { timeout: 240_000 }, () => {
  it("is named by its digest, and the next one, which the host fetches, is put into service", async () => {
    const before = await serving("node");
    const digest = () => createHash("sha256").update(readFileSync(archive)).digest("hex");
    expect(before.slice(0, 12)).toBe(digest().slice(0, 12));
    edit(join(local, "node-1.0/server.js"), "<h1>Guest book", "<h1>Second edition");
    pack();
    const server = createServer((_, response) => void response.end(readFileSync(archive))).listen(0);
    await once(server, "listening");
    const at = server.address();
    const port = at !== null && typeof at === "object" ? at.port : 0;
    const source = {
      archive: `http://${gateway}:${port}/node.tar.gz`,
      strip: 1,
      checksum: `sha256:${digest()}`,
    };
    const packages = [...(node.packages ?? []), "curl"];
    const ran = await lab.run(deploy({ ...node, packages, source }));
    const again = await lab.run(deploy({ ...node, packages, source }));
    server.close();
    expect([ran.errors, again.errors, notOk(again)]).toEqual([[], [], []]);
    expect(await page(8003)).toContain("Second edition");
    expect(await releases("node")).toHaveLength(2);
    // the same archive, from elsewhere, is the same release
    const here = await lab.run(deploy({ ...node, source: { ...source, archive } }));
    expect([here.errors, notOk(here)]).toEqual([[], []]);
  });

  it("that is another one than it must be, or that hosts would fetch unseen, changes nothing", async () => {
    const checksum = `sha256:${"0".repeat(64)}`;
    const other = await lab.run(deploy({ ...node, source: { archive, checksum } }));
    expect(other.errors.join("\n")).toContain("is another one than `checksum` says");
    expect(notOk(other)).toEqual([]);
    expect(() => app({ ...node, source: { archive: "https://example.org/a.tar.gz" } })).toThrow(
      "no checksum",
    );
  });

  it("whose building fails serves nowhere, and is begun anew from the archive's files", async () => {
    const before = await serving("node");
    const build = [
      ["/usr/bin/test", "!", "-e", "built"],
      ["/usr/bin/touch", "built"],
      ["/usr/bin/test", "-e", "/var/lib/node/go"],
    ];
    const failed = await lab.run(deploy({ ...node, build }));
    expect(failed.errors.join("\n")).toContain("/usr/bin/test -e /var/lib/node/go");
    expect([await serving("node"), (await fetch(health(8003))).status]).toEqual([before, 200]);
    await inside("touch /var/lib/node/go");
    const ran = await lab.run(deploy({ ...node, build }));
    expect(ran.errors).toEqual([]);
    expect(await serving("node")).not.toBe(before);
    expect(await inside("stat -c %U /srv/node/current/built")).toBe("node");
    expect(notOk(await lab.run(deploy({ ...node, build })))).toEqual([]);
  });
});
