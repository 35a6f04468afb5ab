/** A secret through every module, on real hosts: it reaches its destination, and is found nowhere else. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mysql } from "../../roles/index.ts";
import { sh } from "../../src/base/script.ts";
import { Secret } from "../../src/base/secret.ts";
import { play } from "../../src/core/plays/play.ts";
import type { RunRequest } from "../../src/core/plays/run-request.ts";
import { background } from "../../src/core/steps/background.ts";
import { fail } from "../../src/core/tasks/fail.ts";
import { ipv6 } from "../../src/facts/ipv6.ts";
import * as modules from "../../src/modules/index.ts";
import { connector } from "../../src/transport/connect.ts";
import { everythingSaid } from "../secrets/said.ts";
import {
  filesWith,
  inside,
  markNow,
  type ProcessWatch,
  recordedPrograms,
  recordPrograms,
  watchProcesses,
} from "./exposure.ts";
import { type Ran, testLab } from "./support.ts";

const lab = testLab("labsecret", 93, ["one", "two"]);
const [primary = "", replica = ""] = lab.spec.hosts.map(({ address }) => address);
/** This machine, as the lab's hosts reach it. */
const gateway = "10.93.0.1";

/** In every canary, and nowhere else on this machine. */
const token = `Zc4n${randomBytes(3).toString("hex")}`;
const made: Secret[] = [];

/** A secret of a shape that is hard to quote. @param use shows where it was found; short, for a replication's password */
function canary(use: string): Secret {
  const value = new Secret(`${token}'${use}" \\ $HOME`);
  made.push(value);
  return value;
}

const secrets = {
  connection: canary("connect"),
  refused: canary("connect-refused"),
  stdin: canary("stdin"),
  environment: canary("environ"),
  playEnvironment: canary("play"),
  content: canary("content"),
  large: new Secret(`${token}-large\n${"x".repeat(400_000)}\n`),
  line: canary("line"),
  template: canary("template"),
  login: canary("login"),
  account: canary("account"),
  replication: canary("repl"),
  wrong: canary("wrong"),
  header: canary("header"),
  body: canary("body"),
  basic: canary("basic"),
  message: canary("message"),
  thrown: canary("thrown"),
  handler: canary("handler"),
  passphrase: canary("passphrase"),
  hash: new Secret(`$6$${token}$${"a".repeat(86)}`),
};

/** By the user's own wish in the environment of the programs that a task runs, and of those of the local ssh. */
const inEnvironments = /environ|play|connect/;

/** Whole, and in part: what an encoder makes of the token, wherever it stands among other bytes. */
const spellings = [
  token,
  Buffer.from(token).toString("hex"),
  ...[0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), Buffer.from(token)]).toString("base64");
    return text.slice(before === 0 ? 0 : before + 1, Math.floor(((before + token.length) * 8) / 6));
  }),
];

const folder = mkdtempSync(join(tmpdir(), "labsecret-"));
writeFileSync(join(folder, "page.ejs"), "password=<%= vars.password %>\n");
let web: Server;
let url = "";

const local = { host: "127.0.0.1", user: "canary" };
const login = { ...local, password: secrets.login };
const replication = { host: primary, user: "replication", password: secrets.replication };

/** What lets a failure be rescued, so that the next case is reached: it is reported all the same. */
const failing = (task: () => PromiseLike<unknown>) => async () => {
  try {
    await task();
  } catch {
    return;
  }
  fail("it was to fail");
};

type ModuleName = {
  [K in keyof typeof modules]: (typeof modules)[K] extends (...given: never[]) => unknown ? K : never;
}[keyof typeof modules];

const { command, shell, copy, file, lineinfile, template, http, user, debug, assert } = modules;

/** Every module, with secrets wherever it takes one. Commands run with another in their environment: the play's. */
const cases: Record<ModuleName, readonly (() => PromiseLike<unknown>)[]> = {
  ownedFiles: [() => modules.ownedFiles({ owner: "canary", files: ["/srv/content"] })],
  readFact: [() => modules.readFact(ipv6, "")],
  // no module of these takes a secret
  firewallTable: [async () => modules.firewallTable({ input: [] })],
  nftables: [
    () => modules.apt({ name: "nftables" }),
    () => modules.nftables({ tables: [{ name: "canary", chains: {} }] }),
  ],
  release: [failing(() => modules.release({ path: "/srv/app", name: "1" }))],
  rollback: [failing(() => modules.rollback({ path: "/srv/app" }))],
  apt: [() => modules.apt({ name: "hello" }), failing(() => modules.apt({ name: "no-such-package" }))],
  assert: [failing(() => assert({ that: false, message: `not ${secrets.message.reveal()}` }))],
  command: [
    () => command({ argv: ["sh", "-c", "cat; sleep 0.2"], stdin: secrets.stdin }),
    () =>
      command({
        argv: ["sh", "-c", 'echo "$CANARY"; sleep 0.2'],
        environment: { CANARY: secrets.environment },
      }),
    failing(() => command({ argv: ["sh", "-c", "cat >&2; exit 3"], stdin: secrets.stdin })),
    () => command({ argv: ["cat"], stdin: secrets.stdin, readOnly: true }),
  ],
  blockinfile: [() => modules.blockinfile({ path: "/srv/block", block: secrets.content, create: true })],
  copy: [
    () => copy({ dest: "/srv/content", content: secrets.content }),
    () => copy({ dest: "/srv/content", content: "another\n", backup: true }),
    () => copy({ dest: "/srv/large", content: secrets.large }),
    () => copy({ dest: "/srv/checked", content: secrets.content, validate: "grep -q . %s" }),
    failing(() => copy({ dest: "/srv/refused", content: secrets.content, validate: "cat %s >&2; false" })),
    failing(() =>
      copy({ dest: "/srv/refused", content: secrets.large, validate: "head -c 99 %s >&2; false" }),
    ),
    failing(() => copy({ dest: "/srv/no/folder", content: secrets.content })),
  ],
  privateKey: [
    () => modules.privateKey({ path: "/srv/key", type: "ecdsa", passphrase: secrets.passphrase }),
    failing(() => modules.privateKey({ path: "/srv/key", type: "ecdsa", passphrase: secrets.wrong })),
  ],
  certificateRequest: [
    () =>
      modules.certificateRequest({
        path: "/srv/csr",
        privateKey: "/srv/key",
        passphrase: secrets.passphrase,
        subjectAltNames: ["canary.example.org"],
      }),
  ],
  download: [
    () => modules.apt({ name: "curl" }),
    () => modules.download({ url, dest: "/srv/download", headers: { "x-token": secrets.header } }),
    failing(() =>
      modules.download({
        url,
        dest: "/srv/download-refused",
        headers: { "x-token": secrets.header },
        checksum: `sha256:${"0".repeat(64)}`,
      }),
    ),
  ],
  certificate: [
    () =>
      modules.certificate({
        path: "/srv/certificate",
        privateKey: "/srv/key",
        passphrase: secrets.passphrase,
        subject: { commonName: "Canary" },
        isAuthority: true,
      }),
    () =>
      modules.certificate({
        path: "/srv/signed",
        privateKey: "/srv/key",
        passphrase: secrets.passphrase,
        subjectAltNames: ["canary.example.org"],
        authority: {
          certificate: "/srv/certificate",
          privateKey: "/srv/key",
          passphrase: secrets.passphrase,
        },
      }),
  ],
  trustStore: [() => modules.trustStore({ name: "canary", state: "absent" })],
  verifyCertificate: [
    failing(() => modules.verifyCertificate({ path: "/srv/signed", key: secrets.wrong })),
    failing(() =>
      modules.verifyCertificate({ path: "/srv/signed", privateKey: "/srv/key", passphrase: secrets.wrong }),
    ),
  ],
  acme: [
    // it is not installed
    failing(() =>
      modules.acme({
        path: "/etc/acme",
        subjectAltNames: ["canary.example.org"],
        webroot: "/srv",
        acceptTerms: true,
      }),
    ),
  ],
  debug: [() => debug({ message: { deep: [secrets.message, secrets.message.reveal()] } })],
  facts: [() => modules.facts()],
  file: [() => file({ path: "/srv/content", mode: "0600" })],
  git: [
    () => modules.apt({ name: "git" }),
    failing(() => modules.git({ repo: "x@127.0.0.1:x", dest: "/srv/git", deployKey: secrets.login })),
  ],
  group: [() => modules.group({ name: "canaries" })],
  http: [
    () =>
      http({
        url,
        method: "POST",
        headers: { "x-token": secrets.header },
        user: "me",
        password: secrets.basic,
        body: secrets.body,
      }),
    () => http({ url, headers: { "x-token": secrets.header }, user: "me", password: secrets.basic }),
    failing(() => http({ url, method: "PUT", json: { token: secrets.body.reveal() }, status: 599 })),
    failing(() => http({ url: "http://127.0.0.1:9/", user: "me", password: secrets.basic })),
  ],
  lineinfile: [
    () => lineinfile({ path: "/srv/line", line: secrets.line, create: true }),
    () => lineinfile({ path: "/srv/line", line: secrets.line, state: "absent" }),
    () => lineinfile({ path: "/srv/line", line: secrets.line, validate: "test -s %s" }),
    failing(() =>
      lineinfile({ path: "/srv/line", regexp: "^", line: secrets.wrong, validate: "cat %s >&2; false" }),
    ),
  ],
  mysqlDatabase: [
    () => modules.mysqlDatabase({ name: "canaries", login }),
    failing(() => modules.mysqlDatabase({ name: "other", login: { ...local, password: secrets.wrong } })),
  ],
  mysqlInfo: [() => modules.mysqlInfo({ login })],
  mysqlPrimary: [() => modules.mysqlPrimary({ login })],
  mysqlReplication: [
    failing(() =>
      modules.mysqlReplication({ primary: { ...replication, password: secrets.wrong }, login, wait: 2 }),
    ),
  ],
  mysqlUser: [
    () =>
      modules.mysqlUser({
        name: "site",
        password: secrets.account,
        privileges: { "canaries.*": ["SELECT"] },
        login,
      }),
    () => modules.mysqlUser({ name: "site", password: secrets.wrong, login }),
    failing(() =>
      modules.mysqlUser({
        name: "site",
        password: secrets.account,
        privileges: { "*.*": ["NO SUCH"] },
        login,
      }),
    ),
    failing(() =>
      modules.mysqlUser({
        name: "x",
        password: secrets.account,
        login: { ...local, password: secrets.wrong },
      }),
    ),
  ],
  mysqlVariable: [() => modules.mysqlVariable({ name: "max_connections", value: 99, login })],
  reboot: [], // takes none; test/lab/transports.test.ts reboots
  shell: [
    () => shell({ cmd: "cat; sleep 0.2", stdin: secrets.stdin }),
    () => shell({ cmd: "cat; sleep 0.2", stdin: secrets.stdin, executable: "/bin/bash" }),
    failing(() =>
      shell({ cmd: 'printf "%s" "$CANARY"; exit 1', environment: { CANARY: secrets.environment } }),
    ),
    () => shell({ cmd: "base64 -w0", stdin: secrets.stdin, readOnly: true }),
    async () => {
      const job = await background(
        shell(
          { cmd: 'cat; echo "$CANARY"; sleep 0.5', stdin: secrets.stdin },
          { environment: { CANARY: secrets.environment } },
        ),
        { poll: "1s" },
      );
      await job.wait();
    },
    failing(() =>
      shell(
        { cmd: "cat", stdin: secrets.stdin },
        { timeout: "5s", until: ({ value }) => value.stdout === "" },
      ),
    ),
  ],
  systemdUnit: [
    () =>
      modules.systemdUnit({
        name: "canary.service",
        service: { ExecStart: "/bin/sleep 9", EnvironmentFile: "-/srv/content" },
      }),
    failing(() =>
      modules.systemdUnit({
        name: "bad.service",
        content: "[Service]\nExecStart=no/path\n",
      }),
    ),
  ],
  service: [() => modules.service({ name: "canary", state: "started" })],
  cron: [() => modules.apt({ name: "cron" }), () => modules.cron({ name: "canary", job: "true" })],
  haproxyServer: [failing(() => modules.haproxyServer({ server: "canary", state: "drain" }))],
  sshdConfig: [() => modules.sshdConfig({ options: { MaxAuthTries: 5 } })],
  sysctl: [() => modules.sysctl({ name: "net.ipv4.ip_forward", value: 0 })],
  systemd: [() => modules.systemd({ name: "canary", state: "started" })],
  packages: [() => modules.packages({ name: "hello" })],
  template: [
    () =>
      template({ src: join(folder, "page.ejs"), dest: "/srv/page", vars: { password: secrets.template } }),
    failing(() =>
      template({
        src: join(folder, "page.ejs"),
        dest: "/srv/refused",
        vars: { password: secrets.template },
        validate: "cat %s >&2; false",
      }),
    ),
  ],
  unarchive: [failing(() => modules.unarchive({ remoteSrc: "/srv/content", dest: "/srv/unpacked" }))],
  user: [
    () => user({ name: "canary", password: secrets.hash }),
    () => user({ name: "canary", password: secrets.hash, passwordLock: true }),
    failing(() => user({ name: "canary", password: secrets.hash, groups: ["no-such-group"] })),
  ],
  authorizedKey: [() => modules.authorizedKey({ user: "canary", key: "ssh-ed25519 AAAAC3Nz canary" })],
  waitFor: [
    () => modules.waitFor({ path: "/srv/page" }),
    failing(() => modules.waitFor({ port: 9, timeout: "1s", interval: "1s" })),
  ],
};

const holds = (line: string) => spellings.some((spelling) => line.includes(spelling));

/** Where they are to be. */
const destinations = [
  "/srv/block",
  "/srv/checked",
  // the server sends back all that it was asked
  "/srv/download",
  "/srv/large",
  "/srv/line",
  "/srv/page",
  "/etc/shadow",
  "/etc/shadow-", // useradd's own copy, as readable as the file
];

interface Passwords {
  readonly password?: Secret;
  readonly becomePassword?: Secret;
}

/** As a user who must give a password to log in, and one for sudo. */
const withPasswords = (
  transport: "ssh" | "openssh",
  { password = secrets.connection, becomePassword = secrets.connection }: Passwords = {},
): Partial<RunRequest> => ({
  access: ({ name }) => ({
    connect: connector(transport, {
      ...lab.settings(name),
      user: "careful",
      identityFile: undefined,
      password,
    }),
    becomePassword,
  }),
});

const everyModule = () =>
  play(
    "canaries",
    { hosts: "one", become: true, environment: { PLAY_CANARY: secrets.playEnvironment } },
    Object.fromEntries(
      Object.entries(cases).map(([name, tasks]) => [
        name,
        async () => {
          for (const task of tasks) await task();
        },
      ]),
    ),
  );

const said: string[] = [];

async function run(plays: Parameters<typeof lab.run>[0], request: Partial<RunRequest>): Promise<Ran> {
  const ran = await lab.run(plays, request);
  said.push(await everythingSaid(ran.events));
  return ran;
}

const databases = (password: Secret) => [
  play(
    "primary",
    { hosts: "one", become: true },
    {
      mysql: () =>
        mysql({ role: "primary", replication: { user: "replication", password, hosts: [replica] } }),
    },
  ),
  play(
    "replica",
    { hosts: "two", become: true },
    {
      mysql: () => mysql({ role: "replica", replication: { user: "replication", password, primary } }),
    },
  ),
];

let watch: ProcessWatch;

beforeAll(async () => {
  await lab.up();
  web = createServer((request, response) => {
    // an answer that holds all that was asked, as some error pages do
    response.statusCode = request.method === "PUT" ? 500 : 200;
    response.setHeader("x-token", request.headers["x-token"] ?? "");
    response.write(JSON.stringify(request.headers));
    request.pipe(response);
  });
  await new Promise<void>((listening) => web.listen(0, gateway, listening));
  const address = web.address();
  url = `http://${gateway}:${typeof address === "object" ? address?.port : ""}/`;

  const ready = await lab.run([
    play(
      "accounts",
      { hosts: "all", become: true },
      {
        users: async () => {
          await user({ name: "careful", shell: "/bin/sh", createHome: true });
          await shell({ cmd: "chpasswd", stdin: new Secret(`careful:${secrets.connection.reveal()}\n`) });
          await copy({ dest: "/etc/sudoers.d/careful", mode: "0440", content: "careful ALL=(ALL) ALL\n" });
        },
      },
    ),
    ...databases(new Secret("an-older-password")),
    play(
      "account",
      { hosts: "one", become: true },
      {
        account: async () => {
          for (const host of ["localhost", "127.0.0.1"])
            await modules.mysqlUser({
              name: "canary",
              host,
              password: secrets.login,
              privileges: { "*.*": ["ALL", "GRANT OPTION"] },
            });
        },
      },
    ),
  ]);
  expect(ready.errors).toEqual([]);
  for (const { name } of lab.spec.hosts) {
    await recordPrograms(lab, name);
    await markNow(lab, name);
  }
  watch = await watchProcesses(token);
}, 600_000);

afterAll(async () => {
  await watch?.stop();
  web?.close();
  rmSync(folder, { recursive: true, force: true });
  await lab.down();
}, 60_000);

describe("a secret", () => {
  it("goes through every module there is", () => {
    const all = Object.entries(modules).filter(([, value]) => typeof value === "function");
    expect(Object.keys(cases).sort()).toEqual(all.map(([name]) => name).sort());
  });

  it("is planned, put in place, and planned again, over connections and sudo with passwords", async () => {
    for (const [transport, check] of [
      ["ssh", true],
      ["ssh", false],
      ["openssh", true],
    ] as const) {
      const ran = await run([everyModule()], { ...withPasswords(transport), check });
      if (!check) expect(ran.errors).toEqual([]);
      expect(ran.totals.unreachable).toBe(0);
    }
  });

  it("replaces another one in a replication that runs", async () => {
    const ran = await run(databases(secrets.replication), withPasswords("ssh"));
    expect(ran.errors).toEqual([]);
    expect(ran.statuses.filter((line) => line.endsWith("changed")).join("\n")).toMatch(/mysqlReplication/);
  });

  it("fails a host, and is refused", async () => {
    const failed = await run(
      [
        play(
          "fails",
          { hosts: "all" },
          {
            step: async ({ host }) => {
              const text = secrets.thrown.reveal();
              if (host.name === "one") fail(`no: ${text}`, text);
              throw new Error(text);
            },
          },
        ),
      ],
      withPasswords("ssh"),
    );
    expect(failed.errors).toHaveLength(2);
    const id = [play("refused", { hosts: "one", become: true }, { id: () => command({ argv: ["id"] }) })];
    for (const transport of ["ssh", "openssh"] as const) {
      const { errors } = await run(id, withPasswords(transport, { password: secrets.refused }));
      expect(errors.join()).toContain("host.auth");
      const notRoot = await run(id, withPasswords(transport, { becomePassword: secrets.wrong }));
      expect(notRoot.errors.join()).toContain("become.refused");
    }
  });

  it("is in a pending handler", async () => {
    const handler = shell({ cmd: "cat >/dev/null", stdin: secrets.handler });
    const spoken = shell({ cmd: sh`: ${secrets.handler.reveal()}` });
    const { errors } = await run(
      [
        play(
          "notifies",
          { hosts: "two", become: true },
          {
            step: async () => {
              await copy({ dest: "/srv/notifying", content: "x\n" }, { notify: [handler, spoken] });
              await shell({ cmd: "cp -r /var/lib/showrunner /srv/pending && ls /srv/pending/owed/*" });
            },
          },
        ),
      ],
      withPasswords("ssh"),
    );
    expect(errors).toEqual([]);
  });

  it("was where it was to be", async () => {
    expect(await inside(lab, "one", "cat /srv/checked")).toBe(secrets.content.reveal());
    expect(await inside(lab, "one", "getent shadow canary | cut -d: -f2")).toBe(
      `!${secrets.hash.reveal()}\n`,
    );
    expect(await inside(lab, "two", "mariadb -e 'SHOW SLAVE STATUS\\G' | grep -c 'Running: Yes'; :")).toBe(
      "2\n",
    );
  });

  it("is in no command line of a process, short as its life may be", async () => {
    expect(watch.commandLines()).toEqual([]);
    for (const { name } of lab.spec.hosts) {
      const recorded = (await recordedPrograms(lab, name)).split("\n");
      expect(recorded.length).toBeGreaterThan(10);
      expect(recorded.filter(holds)).toEqual([]);
    }
    const programs = new Set(
      (await recordedPrograms(lab, "one")).split("\n").map((line) => line.split(" ")[0]),
    );
    for (const name of ["useradd", "chpasswd", "mariadb", "systemctl", "stat", "sha256sum"])
      expect(programs).toContain(`/usr/local/bin/${name}`);
    // the watch and the record do see what runs on a host
    const parts = `token=${token.slice(0, 4)}; token=\${token}${token.slice(4)}`;
    await inside(lab, "one", `${parts}; sh -c "sleep 0.3; :" "$token"; /usr/local/bin/true "$token"; :`);
    await expect.poll(watch.commandLines).toEqual([expect.stringContaining(token)]);
    expect(await recordedPrograms(lab, "one")).toContain(`true ${token}`);
  });

  it("is in no environment but where the user puts it", () => {
    const found = watch
      .environments()
      .flatMap((line) => line.match(new RegExp(`${token}\\W+[a-z]+`, "g")) ?? [line]);
    expect([...new Set(found)].filter((text) => !inEnvironments.test(text))).toEqual([]);
    expect(found.join()).toMatch(/play/);
  });

  it("is said by no reporter at any verbosity, and in no journal", () => {
    expect(said.join("\n").split("\n").filter(holds)).toEqual([]);
    expect(said.join("\n")).toContain("********");
  });

  it("is in no file, log or history but where it is to be", async () => {
    expect(await filesWith(lab, "one", spellings)).toEqual(expect.arrayContaining(["/srv/checked"]));
    expect(
      (await filesWith(lab, "one", spellings)).filter(
        (path) => !destinations.includes(path) && !path.startsWith("/srv/content."),
      ),
    ).toEqual([]);
    expect(await filesWith(lab, "two", spellings)).toEqual(["/var/lib/mysql/master.info"]);
  });
});
