/** What a user gets for bad input, on real hosts with real daemons. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { haproxy, nginx } from "../../roles/index.ts";
import { apt, batch, copy, fail, file, http, play, service, template } from "../../src/index.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { type Ran, testLab } from "./support.ts";

const lab = testLab("labbad", 86, ["one", "two"]);
const scratch = mkdtempSync(join(tmpdir(), "bad-input-"));
const root = { hosts: "one", become: true } as const;
const site = { domain: "bad.example", upstreams: [{ address: "127.0.0.1", port: 9 }] };
const conf = "/etc/nginx/conf.d/bad.example.conf";

const onOne = (...command: string[]) => runInside(lab.spec, "one", command);

beforeAll(async () => {
  await lab.up();
  const ran = await lab.run([
    play("daemons", root, {
      nginx: () => nginx(site),
      haproxy: () => haproxy({ servers: [{ name: "self", address: "127.0.0.1", port: 80 }], port: 8080 }),
    }),
  ]);
  expect(ran.errors).toEqual([]);
}, 300_000);
afterAll(async () => {
  rmSync(scratch, { recursive: true });
  await lab.down();
}, 60_000);

/** What nginx and haproxy answer on the host: their own page, whatever it is. */
async function answers(port: number): Promise<number> {
  let status = 0;
  const ran = await lab.run([
    play(
      "ask",
      { hosts: "one" },
      {
        ask: async () => {
          status = (
            await http({ url: `http://127.0.0.1:${port}/static/`, status: [200, 403, 404, 502, 503] })
          ).value.status;
        },
      },
    ),
  ]);
  expect(ran.errors).toEqual([]);
  return status;
}

describe("the sites of a host", { timeout: 120_000 }, () => {
  const all = "ls /etc/nginx/conf.d | grep -v 00-showrunner";
  const sites = (...domains: string[]) =>
    play("sites", root, {
      web: async () => {
        for (const domain of domains) await nginx({ ...site, domain, port: 8088 });
      },
    });
  const told = (ran: Ran) =>
    ran
      .of("task:end")
      .filter(({ task }) => task.title !== "nginx reloaded")
      .flatMap(({ task, changes }) => changes.map(({ what }) => `${task.module} ${what}`));
  const removals = (domain: string) => [
    `ownedFiles removed /etc/nginx/conf.d/${domain}.conf`,
    `ownedFiles removed /srv/www/${domain}/static/`,
    `ownedFiles removed /srv/www/${domain}/`,
    "ownedFiles noted",
  ];

  it("are as many as are called for; one that is renamed or left out goes, and another play's stay", async () => {
    for (const check of [true, false]) {
      const first = await lab.run([sites("www.example", "shop.example")], { check, verify: !check });
      expect(first.errors).toEqual([]);
    }
    expect(await onOne("sh", "-c", all)).toBe("bad.example.conf\nshop.example.conf\nwww.example.conf\n");
    for (const check of [true, false]) {
      const renamed = await lab.run([sites("new.example", "shop.example")], { check, verify: !check });
      expect(renamed.errors).toEqual([]);
      expect(told(renamed)).toEqual(expect.arrayContaining(removals("www.example")));
    }
    expect(await onOne("sh", "-c", all)).toBe("bad.example.conf\nnew.example.conf\nshop.example.conf\n");
    const less = await lab.run([sites("new.example")], { verify: true });
    expect(told(less)).toEqual(removals("shop.example"));
    expect(less.of("task:end").filter(({ task }) => task.title === "nginx reloaded")).toHaveLength(1);
    const again = await lab.run([sites("new.example")]);
    expect(told(again)).toEqual([]);
    expect(await onOne("sh", "-c", all)).toBe("bad.example.conf\nnew.example.conf\n");
    // whoever wrote one has it still, though others wrote it before
    const other = await lab.run([
      play("other", root, { web: () => nginx({ ...site, domain: "new.example", port: 8088 }) }),
    ]);
    expect(told(other)).toEqual(["ownedFiles noted"]);
    expect((await lab.run([sites("last.example")])).errors).toEqual([]);
    expect(await onOne("sh", "-c", all)).toBe("bad.example.conf\nlast.example.conf\nnew.example.conf\n");
    await onOne(
      "sh",
      "-c",
      "rm /etc/nginx/conf.d/last.example.conf /etc/nginx/conf.d/new.example.conf; nginx -s reload",
    );
  });

  it("keep a site whose step has failed", async () => {
    expect((await lab.run([sites("one.example")])).errors).toEqual([]);
    const failing = play("sites", root, {
      web: async () => {
        await nginx({ ...site, domain: "two.example", port: 8088 });
        fail("something else");
      },
    });
    expect((await lab.run([failing])).exitCode).toBe(2);
    expect(await onOne("sh", "-c", all)).toBe("bad.example.conf\none.example.conf\ntwo.example.conf\n");
    // which were noted all the same
    expect(told(await lab.run([sites("two.example")]))).toEqual(removals("one.example"));
    await onOne("sh", "-c", "rm /etc/nginx/conf.d/two.example.conf; nginx -s reload");
  });
});

describe("a configuration that the daemon refuses", { timeout: 60_000 }, () => {
  it("leaves nginx's old file in place and still served, with nginx's own words and no reload", async () => {
    const before = await onOne("sha256sum", conf);
    const served = await answers(80);
    const reload = service({ name: "nginx", state: "reloaded" });
    const ran = await lab.run([
      play("p", root, {
        one: () =>
          copy({ dest: conf, content: "server { lissten 80; }\n", validate: "nginx -t" }, { notify: reload }),
      }),
    ]);
    expect(ran.errors).toEqual([expect.stringContaining('unknown directive "lissten"')]);
    expect(ran.exitCode).toBe(2);
    expect(ran.statuses).toEqual([expect.stringMatching(/^one copy .*: failed$/)]);
    expect(await onOne("sha256sum", conf)).toBe(before);
    expect(await answers(80)).toBe(served);
    expect(await onOne("ls", "-A", "/etc/nginx/conf.d")).toBe("00-showrunner.conf\nbad.example.conf\n");
  });

  it("removes nginx's new file where there was none before", async () => {
    const ran = await lab.run([
      play("p", root, {
        one: () => copy({ dest: "/etc/nginx/conf.d/new.conf", content: "nonsense;\n", validate: "nginx -t" }),
      }),
    ]);
    expect(ran.exitCode).toBe(2);
    expect(await onOne("ls", "-A", "/etc/nginx/conf.d")).toBe("00-showrunner.conf\nbad.example.conf\n");
  });

  it("never reaches haproxy's file, and its own words are shown", async () => {
    const before = await onOne("sha256sum", "/etc/haproxy/haproxy.cfg");
    const served = await answers(8080);
    const ran = await lab.run([
      play("p", root, {
        one: () =>
          copy({
            dest: "/etc/haproxy/haproxy.cfg",
            content: "frontend x\n  bindd :1\n",
            validate: "haproxy -c -f %s",
          }),
      }),
    ]);
    expect(ran.errors).toEqual([expect.stringContaining("unknown keyword 'bindd'")]);
    expect(await onOne("sha256sum", "/etc/haproxy/haproxy.cfg")).toBe(before);
    expect(await answers(8080)).toBe(served);
    expect(
      (await onOne("ls", "-A", "/etc/haproxy")).split("\n").filter((name) => name.startsWith("haproxy.cfg")),
    ).toEqual(["haproxy.cfg"]);
  });
});

describe("a monitoring configuration that Prometheus refuses", { timeout: 120_000 }, () => {
  it("never reaches its file, and promtool's words are shown", async () => {
    const path = "/etc/prometheus/prometheus.yml";
    expect((await lab.run([play("p", root, { one: () => apt({ name: "prometheus" }) })])).errors).toEqual([]);
    const before = await onOne("sha256sum", path);
    const ran = await lab.run([
      play("p", root, {
        one: () =>
          copy({
            dest: path,
            content: "scrape_configs:\n  - job_nam: node\n",
            validate: "promtool check config %s",
          }),
      }),
    ]);
    expect(ran.errors).toEqual([expect.stringContaining("field job_nam not found")]);
    expect(await onOne("sha256sum", path)).toBe(before);
    expect(await onOne("systemctl", "is-active", "prometheus")).toBe("active\n");
  });
});

describe("a template with a mistake", { timeout: 60_000 }, () => {
  const source = (name: string, text: string) => {
    const path = join(scratch, name);
    writeFileSync(path, text);
    return path;
  };

  it.each([
    ["a missing variable", "one\n<%= two %>\n", ":2"],
    ["a missing variable one level down", "a\nb\n<%= vars.site.nmae %>\n", ":3"],
    ["a syntax error", "a\n<% if (site) { %>\nno end\n", ""],
  ])("%s: names the template's line, writes nothing", async (what, text, line) => {
    const src = source(`${what.replaceAll(" ", "-")}.ejs`, text);
    const ran = await lab.run([
      play("p", root, {
        one: () => template({ src, dest: "/root/rendered", vars: { site: { name: "x" } } }),
      }),
    ]);
    expect(ran.exitCode).toBe(2);
    const [failed] = ran.of("host:failed");
    expect(failed?.error.code).toBe("template.invalid");
    expect(JSON.stringify(failed?.error)).toContain(`${src}`);
    if (line) expect(`${failed?.error.location?.file}:${failed?.error.location?.line}`).toBe(`${src}${line}`);
    expect(await onOne("ls", "-A", "/root")).not.toContain("rendered");
  });
});

describe("content of any kind", { timeout: 120_000 }, () => {
  const contents: readonly [string, Buffer][] = [
    ["quotes, dollars and backslashes", Buffer.from(`it's "quoted" \`x\` $HOME $(id) \\n \\0 %s %% !\n`)],
    ["no newline at its end", Buffer.from("a\n\nb")],
    ["only newlines", Buffer.from("\n\n\n")],
    ["nothing", Buffer.alloc(0)],
    ["NUL bytes", Buffer.from("a\0b\0\0c")],
    ["bytes that are no UTF-8", Buffer.from([0xff, 0xfe, 0x80, 0xc3, 0x28, 0x0a])],
    ["every byte", Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
    ["just above what travels inline", randomBytes(256 * 1024 + 1)],
    ["50 MB", randomBytes(50 * 1024 * 1024)],
  ];

  it("is written byte for byte, once", async () => {
    const tasks = () =>
      contents.map(([, content], index) => copy({ dest: `/srv/bytes/${index}`, content, mode: "0600" }));
    const plays = [
      play("p", root, {
        folder: () => file({ path: "/srv/bytes", state: "directory" }),
        bytes: () => batch(tasks()),
      }),
    ];
    const first = await lab.run(plays, { verify: true });
    expect(first.errors).toEqual([]);
    const sums = (await onOne("sh", "-c", "cd /srv/bytes && sha256sum *")).trim().split("\n");
    const expected = contents.map(
      ([, content], index) => `${createHash("sha256").update(content).digest("hex")}  ${index}`,
    );
    expect(sums).toEqual(expected);
    expect((await lab.run(plays)).totals.changed).toBe(0);
    expect((await onOne("ls", "-A", "/srv/bytes")).trim().split("\n")).toHaveLength(contents.length);
  });

  it("reaches a path with spaces, quotes and a newline", async () => {
    const path = `/srv/it's a "path" $HOME\nhere`;
    const plays = [play("p", root, { one: () => copy({ dest: path, content: "x" }) })];
    expect((await lab.run(plays, { verify: true })).errors).toEqual([]);
    expect(await onOne("cat", path)).toBe("x");
    expect((await lab.run(plays)).totals.changed).toBe(0);
  });
});
