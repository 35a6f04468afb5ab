/** What users of a host may have: any login shell, which says whatever it likes, and a host that lets them in no further. */
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { quote } from "../../src/base/script.ts";
import { play } from "../../src/core/plays/play.ts";
import { background } from "../../src/core/steps/background.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { command, copy, http, reboot, shell } from "../../src/modules/index.ts";
import { connector } from "../../src/transport/connect.ts";
import { Session } from "../../src/transport/session.ts";
import { testLab } from "./support.ts";

const lab = testLab("labconnect", 99, ["one"]);
const root = { user: "root" };

/** Login shells, the file that each reads first, and what stands in it. */
const users = [
  { name: "noisybash", shell: "/bin/bash", file: ".bashrc", says: "echo hello; echo trouble >&2" },
  { name: "noisyzsh", shell: "/usr/bin/zsh", file: ".zshenv", says: "echo hello; echo trouble >&2" },
  { name: "noisyfish", shell: "/usr/bin/fish", file: ".config/fish/config.fish", says: "echo hello" },
  { name: "noisytcsh", shell: "/usr/bin/tcsh", file: ".tcshrc", says: "echo hello" },
  { name: "noisycsh", shell: "/usr/bin/bsd-csh", file: ".cshrc", says: "echo hello" },
  { name: "restricted", shell: "/bin/rbash", file: ".bashrc", says: "printf 'no end of line'" },
  { name: "dashed", shell: "/bin/dash", file: ".profile", says: "echo hello" },
] as const;

/** What a key may be held to: it says something, and starts what was asked for in one way or another. */
const forced = [
  { name: "forced", command: String.raw`echo hello; exec $SHELL -c \"$SSH_ORIGINAL_COMMAND\"` },
  { name: "splitting", command: "echo hello; $SSH_ORIGINAL_COMMAND" },
] as const;

/** Users whom the host lets in no further, and what makes it so. */
const barred = [
  { name: "shut", setup: "usermod -s /usr/sbin/nologin shut" },
  { name: "late", setup: "chage -E 0 late" },
  { name: "stale", setup: "echo stale:x | chpasswd; chage -d 0 stale" },
  { name: "denied", setup: "echo 'DenyUsers denied' >>/etc/ssh/sshd_config" },
  { name: "hours", setup: "echo 'sshd;*;hours;!Al0000-2400' >>/etc/security/time.conf" },
  { name: "bare", setup: "echo 'Defaults:bare requiretty' >>/etc/sudoers.d/bare" },
  { name: "tries", setup: "printf 'Match User tries\\n  MaxAuthTries 2\\n' >>/etc/ssh/sshd_config" },
  {
    name: "transfers",
    setup: "printf 'Match User transfers\\n  ForceCommand internal-sftp\\n' >>/etc/ssh/sshd_config",
  },
  { name: "alone", setup: "printf 'Match User alone\\n  MaxSessions 1\\n' >>/etc/ssh/sshd_config" },
  { name: "paired", setup: "printf 'Match User paired\\n  MaxSessions 2\\n' >>/etc/ssh/sshd_config" },
  {
    name: "cloud",
    setup: `sed -i 's|^|command="echo Please login as the user debian rather than the user root.; exit 142" |' ~cloud/.ssh/authorized_keys`,
  },
] as const;

const names = [...users, ...forced].map(({ name }) => name);

beforeAll(async () => {
  await lab.up();
  const makeUsers = users.map(
    ({ name, shell: login, file, says }) =>
      `useradd -m -s ${login} ${name}; mkdir -p "$(dirname ~${name}/${file})"; { printf '%s\\n' ${JSON.stringify(says)}; cat ~${name}/${file} 2>/dev/null; } >/tmp/rc; cp /tmp/rc ~${name}/${file}`,
  );
  const makeForced = forced.map(
    ({ name, command: line }) => `useradd -m -s /bin/bash ${name}; forced=${quote(`command="${line}" `)}`,
  );
  const finish = (name: string) =>
    `mkdir -p ~${name}/.ssh; { printf %s "\${forced-}"; cat ~deploy/.ssh/authorized_keys; } >~${name}/.ssh/authorized_keys; chown -R ${name}: ~${name}; echo '${name} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/${name}; unset forced`;
  const { errors } = await lab.run([
    play(
      "users",
      { hosts: "all", become: true },
      {
        shells: () =>
          shell({
            cmd: "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends zsh fish tcsh csh",
          }),
        barred: () =>
          shell({
            cmd: [
              ...barred.map(
                ({ name, setup }) => `useradd -m -s /bin/bash ${name}\n${finish(name)}\n${setup}`,
              ),
              "sed -i '1i account required pam_time.so' /etc/pam.d/sshd; systemctl restart ssh",
            ].join("\n"),
          }),
        users: () =>
          shell({
            cmd: [...makeUsers, ...makeForced]
              .map((line, at) => `${line}\n${finish(names[at] ?? "")}`)
              .join("\n"),
          }),
      },
    ),
  ]);
  expect(errors).toEqual([]);
}, 300_000);
afterAll(() => lab.down(), 60_000);

describe.each(["ssh", "openssh"] as const)("over %s", { timeout: 120_000 }, (transport) => {
  it.each(names)("%s is asked, and changed with and without become", async (user) => {
    const access = () => ({ connect: connector(transport, lab.settings("one", { user })) });
    const large = randomBytes(300 * 1024).toString("hex");
    const ran = await lab.run(
      [
        play(
          "changes",
          { hosts: "all" },
          {
            own: async () => {
              await copy({ dest: `/home/${user}/${transport}`, content: "x\n" });
              await copy({ dest: `/home/${user}/${transport}-large`, content: large });
              await background(command({ argv: ["touch", `/home/${user}/${transport}-job`] }));
            },
          },
        ),
        play(
          "changes as root",
          { hosts: "all", become: true },
          {
            theirs: async () => {
              await copy({ dest: `/srv/${user}-${transport}`, content: "x\n" });
              await copy({ dest: `/srv/${user}-${transport}-large`, content: large });
              await background(command({ argv: ["touch", `/srv/${user}-${transport}-job`] }));
            },
          },
        ),
      ],
      { access },
    );
    expect(ran.errors).toEqual([]);
    expect(ran.hosts["one"]).toMatchObject({ changed: 6, failed: 0, unreachable: 0 });
    const session = new Session(connector(transport, lab.settings("one", { user })));
    const [own, theirs] = await Promise.all([
      session.run(undefined, [`id -un; wc -c <~/${transport}-large; ls ~/${transport}-job`]),
      session.run(root, [`id -un; wc -c </srv/${user}-${transport}-large`]),
    ]);
    expect(own[0]?.stdout.toString()).toBe(`${user}\n${large.length}\n/home/${user}/${transport}-job\n`);
    expect(theirs[0]?.stdout.toString()).toBe(`root\n${large.length}\n`);
    await session.close();
  });
});

it("a reboot is waited for behind a login shell that says something", { timeout: 120_000 }, async () => {
  const access = () => ({ connect: connector("ssh", lab.settings("one", { user: "noisybash" })) });
  const ran = await lab.run(
    [play("p", { hosts: "all", become: true }, { it: () => reboot({ timeout: "60s" }) })],
    { access },
  );
  expect(ran.errors).toEqual([]);
  expect(ran.hosts["one"]).toMatchObject({ changed: 1 });
});

interface Told {
  readonly code: string;
  readonly message: RegExp;
  readonly hint: RegExp;
  readonly details?: RegExp;
}

/** What each is told, as whom, and over which transport where that makes a difference. */
const conditions: readonly (readonly [user: string, become: typeof root | undefined, told: Told])[] = [
  [
    "shut",
    undefined,
    {
      code: "host.auth",
      message: /login shell runs no commands: This account is currently not available\.$/,
      hint: /usermod -s \/bin\/sh \w+$/,
    },
  ],
  [
    "late",
    undefined,
    {
      code: "host.auth",
      message: /^the account late of 10\.99\.0\.11:22 has expired: Your account has expired; please contact/,
      hint: /chage -E -1 late/,
    },
  ],
  [
    "stale",
    undefined,
    {
      code: "host.auth",
      message:
        /^the password of the user stale has expired.*: Password change required but no TTY available\.$/,
      hint: /change it.*passwd stale, or chage -d today stale$/,
      details: /WARNING: Your password has expired\./,
    },
  ],
  [
    "denied",
    undefined,
    {
      code: "host.auth",
      message: /accepted no key or password for the user denied$/,
      hint: /identityFile.*the log of the host's sshd/,
      details: /tried in this order: \/\S+\/id_ed25519/,
    },
  ],
  [
    "hours",
    undefined,
    {
      code: "host.unreachable",
      message: /^10\.99\.0\.11:22 closed the connection while the user hours logged in/,
      hint: /time\.conf/,
    },
  ],
  [
    "bare",
    root,
    { code: "become.refused", message: /^sudo did not let us become root$/, hint: /requiretty.*!requiretty/ },
  ],
  [
    "transfers",
    undefined,
    {
      code: "host.auth",
      message: /transfer files, and nothing else: This service allows sftp/,
      hint: /ForceCommand/,
    },
  ],
  [
    "cloud",
    undefined,
    {
      code: "host.auth",
      message: /: Please login as the user debian rather than/,
      hint: /set the user of the inventory/,
    },
  ],
];

function asked(user: string, transport: "ssh" | "openssh", become?: typeof root): Promise<unknown> {
  const session = new Session(connector(transport, lab.settings("one", { user })));
  return session.run(become, ["id -un"]).finally(() => session.close());
}

const expected = ({ code, message, hint, details = /./ }: Told) => ({
  code,
  message: expect.stringMatching(message),
  hint: expect.stringMatching(hint),
  details: expect.arrayContaining([expect.stringMatching(details)]),
});

describe.each(["ssh", "openssh"] as const)(
  "a user who gets no further over %s",
  { timeout: 60_000 },
  (transport) => {
    it.each(conditions)("is told why: %s", async (user, become, told) => {
      await expect(asked(user, transport, become)).rejects.toMatchObject(expected(told));
    });

    it("is told the host's own reason for letting nobody in", async () => {
      await runInside(lab.spec, "one", ["sh", "-c", "echo 'Down for repairs until noon.' >/etc/nologin"]);
      try {
        await expect(asked("dashed", transport)).rejects.toMatchObject(
          expected({
            code: "host.unreachable",
            message: /Down for repairs until noon\.$/,
            hint: /\/etc\/nologin/,
          }),
        );
      } finally {
        await runInside(lab.spec, "one", ["rm", "/etc/nologin"]);
      }
    });

    it("is told which keys were tried, in order, where there were too many", async () => {
      const folder = mkdtempSync(join(tmpdir(), "keys-"));
      const socket = join(folder, "agent");
      const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
      await vi.waitFor(() => expect(existsSync(socket)).toBe(true));
      vi.stubEnv("SSH_AUTH_SOCK", socket);
      for (const name of ["first", "second", "third"]) {
        execFileSync("ssh-keygen", [
          "-q",
          "-t",
          "ed25519",
          "-N",
          "",
          "-C",
          `${name} key`,
          "-f",
          join(folder, name),
        ]);
        execFileSync("ssh-add", ["-q", join(folder, name)]);
      }
      try {
        const settings = lab.settings("one", { user: "tries", identityFile: undefined });
        const session = new Session(connector(transport, settings));
        await expect(session.run(undefined, ["id"])).rejects.toMatchObject(
          expected({
            code: "host.auth",
            message:
              /^10\.99\.0\.11:22 broke off before a key for the user tries was found: .*Too many authentication failures/,
            hint: /identityFile.*IdentitiesOnly.*MaxAuthTries/,
            details: /^tried in this order: .*first key \(SHA256:\S+\) of the agent, second key \(SHA256:/,
          }),
        );
        await session.close();
      } finally {
        vi.unstubAllEnvs();
        agent.kill();
        rmSync(folder, { recursive: true });
      }
    });
  },
);

describe("a host that allows few sessions a connection", { timeout: 60_000 }, () => {
  const changes = (name: string) => [
    play(
      "p",
      { hosts: "all", become: true },
      { it: () => copy({ dest: `/srv/few-${name}`, content: "x\n" }) },
    ),
  ];

  it.each(["alone", "paired"])("is changed over further connections: %s", async (user) => {
    const access = () => ({ connect: connector("ssh", lab.settings("one", { user })) });
    const ran = await lab.run(changes(user), { access });
    expect(ran.errors).toEqual([]);
    expect(ran.hosts["one"]).toMatchObject({ changed: 1 });
  });

  it.each(["alone", "paired"])(
    "is told to allow more where OpenSSH holds the one connection: %s",
    async (user) => {
      const access = () => ({ connect: connector("openssh", lab.settings("one", { user })) });
      const ran = await lab.run(changes(`${user}-openssh`), { access });
      expect([...ran.of("host:unreachable"), ...ran.of("host:failed")][0]?.error).toMatchObject({
        code: "host.lost",
        message: expect.stringMatching(/no more sessions/),
        hint: expect.stringMatching(/at least 10 .*MaxSessions.*transport: "ssh"/),
      });
    },
  );
});

it("a control socket whose path would be too long lies elsewhere", { timeout: 60_000 }, async () => {
  const long = join(mkdtempSync(join(tmpdir(), "long-")), "x".repeat(90));
  mkdirSync(long);
  vi.stubEnv("TMPDIR", long);
  try {
    await expect(asked("dashed", "openssh")).resolves.toMatchObject([{ status: 0 }]);
  } finally {
    vi.unstubAllEnvs();
    rmSync(dirname(long), { recursive: true });
  }
});

it("http trusts the authorities that the host trusts", { timeout: 60_000 }, async () => {
  const make = `cd "$(mktemp -d)" && openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=Own &&
openssl req -newkey rsa:2048 -nodes -keyout key -out csr -subj /CN=one && echo subjectAltName=IP:127.0.0.1 >ext &&
openssl x509 -req -in csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out crt &&
systemd-run -q -p WorkingDirectory="$PWD" openssl s_server -accept 443 -cert crt -key key -www && cp ca.crt /root/`;
  const site = (trust: boolean) => [
    play(
      "p",
      { hosts: "all", become: true },
      {
        trust: () =>
          shell({
            cmd: trust ? "cp /root/ca.crt /usr/local/share/ca-certificates/ && update-ca-certificates" : make,
          }),
        ask: () => http({ url: "https://127.0.0.1/" }, { retries: 2, delay: "1s" }),
      },
    ),
  ];
  expect((await lab.run(site(false))).errors.join()).toMatch(/did not answer: unable to (verify|get)/);
  expect((await lab.run(site(true))).errors).toEqual([]);
});
