/** What every transport must do, over each of them. */
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { printBytes } from "../../src/base/script.ts";
import { play } from "../../src/core/plays/play.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { leaderOf } from "../../src/lab/machine.ts";
import { labOf } from "../../src/lab/spec.ts";
import { command, reboot } from "../../src/modules/index.ts";
import { connector, type TransportName } from "../../src/transport/connect.ts";
import { defineTransport } from "../../src/transport/custom.ts";
import { Session } from "../../src/transport/session.ts";
import type { ConnectionSettings } from "../../src/transport/settings.ts";
import { testLab } from "./support.ts";

const lab = testLab("labconn", 87, ["one", "two", "three"]);
const hasSudo = spawnSync("sudo", ["-n", "true"]).status === 0;
const root = { user: "root" };

/** A user's own transport: processes are started in a host's container, without any connection to it. */
const nspawn = defineTransport({
  name: "nspawn",
  command: ({ name, user = "root" }, script) => [
    "nsenter",
    `--target=${leaderOf(labOf(lab.spec), name)?.pid}`,
    ...["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd", "--"],
    ...["env", "-i", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"],
    ...["/usr/sbin/runuser", "-u", user, "--", "sh", "-c", script],
  ],
});

const over = (transport: TransportName | "nspawn", host = "one", changed: Partial<ConnectionSettings> = {}) =>
  new Session(connector(transport === "nspawn" ? nspawn : transport, lab.settings(host, changed)));

async function text(session: Session, script: string, become?: typeof root): Promise<string | undefined> {
  const [output] = await session.run(become, [script]);
  return output?.stdout.toString();
}

beforeAll(() => lab.up(), 180_000);
afterAll(() => lab.down(), 60_000);

describe.each(["ssh", "openssh", "local", "nspawn"] as const)("over %s", { timeout: 60_000 }, (transport) => {
  let session: Session;
  beforeAll(() => {
    session = over(transport);
  });
  afterAll(() => session.close());

  it("stdout, stderr and the status come apart", async () => {
    const [output] = await session.run(undefined, ["echo out; echo err >&2; exit 7"]);
    expect(output).toEqual({ stdout: Buffer.from("out\n"), stderr: Buffer.from("err\n"), status: 7 });
  });

  it("every byte comes through, both ways", async () => {
    const bytes = Buffer.from(
      Array.from({ length: 256 * 8 }, (_, index) => (index * 7 + (index >> 8)) % 256),
    );
    const [output] = await session.run(undefined, [printBytes(bytes)]);
    expect(output?.stdout.equals(bytes)).toBe(true);
  });

  it("10 MB are uploaded byte for byte, for their owner only", async () => {
    const content = randomBytes(10 * 1024 * 1024);
    const path = (await text(session, "mktemp -u"))?.trim() ?? "";
    await session.upload(undefined, path, content);
    const { createHash } = await import("node:crypto");
    const sum = createHash("sha256").update(content).digest("hex");
    expect(await text(session, `sha256sum <${path}; stat -c %a ${path}; rm ${path}`)).toBe(
      `${sum}  -\n600\n`,
    );
  });

  it("a time limit ends the process group, and the next task runs", async () => {
    const marker = `4${process.pid}`;
    const running = session.run(undefined, [`sleep ${marker} & sleep ${marker}`], { timeout: 500 });
    await expect(running).rejects.toMatchObject({ code: "task.timeout" });
    const count = `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'sleep ${marker.slice(0, -1)}[${marker.slice(-1)}]'; :`;
    expect(await text(session, count)).toBe("0\n");
  });

  it.skipIf(transport === "local" && !hasSudo)("becomes another user", async () => {
    expect(await text(session, "id -un", root)).toBe("root\n");
  });

  it.skipIf(transport === "local")("connects elsewhere as seen from the host", async () => {
    const stream = await session.dial("127.0.0.1", 22);
    const banner = await new Promise<Buffer>((resolve) => stream.once("data", resolve));
    expect(banner.toString()).toContain("SSH-2.0");
    stream.destroy();
  });

  it("says why a connection elsewhere is refused", async () => {
    await expect(session.dial("127.0.0.1", 1)).rejects.toThrow(/refused/i);
  });

  it.skipIf(["local", "nspawn"].includes(transport))(
    "a connection that is cut in the middle of a task is lost",
    async () => {
      const cut = over(transport);
      await text(cut, "echo");
      const running = cut.run(root, ["for pid in $(pgrep -u deploy sshd); do kill -9 $pid; done; sleep 20"]);
      await expect(running).rejects.toMatchObject({ code: "host.lost" });
      await cut.close();
    },
  );
});

describe.each(["ssh", "openssh"] as const)(
  "a host that can't be used over %s",
  { timeout: 60_000 },
  (transport) => {
    it.each([
      ["no such key file", { identityFile: "/no/such/key" }, "host.auth"],
      ["no such user", { user: "nobody-there" }, "host.auth"],
      ["no sshd", { port: 23 }, "host.unreachable"],
      ["no such name", { address: "no-such-host.invalid" }, "host.unreachable"],
      ["an unknown key", { hostKeys: "known" as const, knownHosts: "/dev/null" }, "host.key"],
      ["no answer", { address: "10.87.0.99", connectTimeout: 1 }, "host.unreachable"],
    ])("says so: %s", async (_, changed, code) => {
      const session = over(transport, "one", changed);
      await expect(session.run(undefined, ["echo"])).rejects.toMatchObject({
        code,
        hint: expect.stringMatching(/.{20}/),
      });
      await session.close();
    });

    it("a handful of hosts is reached through jump hosts, and the way is theirs", async () => {
      const jump = [lab.settings("one"), lab.settings("two")];
      const sessions = Array.from({ length: 6 }, () => over(transport, "three", { jump }));
      const from = await Promise.all(sessions.map((session) => text(session, "echo $SSH_CLIENT")));
      expect(new Set(from.map((said) => said?.split(" ")[0]))).toEqual(new Set(["10.87.0.12"]));
      const refused = over(transport, "three", { jump, port: 23 });
      await expect(refused.run(undefined, ["echo"])).rejects.toMatchObject({
        code: "host.unreachable",
        message: expect.stringMatching(/^from the jump host two: nothing listens/),
      });
      await Promise.all([...sessions, refused].map((session) => session.close()));
    });

    it("lets the host use our agent where forwardAgent says so, and not otherwise", async () => {
      const socket = join(mkdtempSync(join(tmpdir(), "agent-")), "socket");
      const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
      await vi.waitFor(() => expect(existsSync(socket)).toBe(true));
      vi.stubEnv("SSH_AUTH_SOCK", socket);
      const script = 'test -S "$SSH_AUTH_SOCK" && echo yes || echo no';
      const sessions = [true, false].map((forwardAgent) => over(transport, "one", { forwardAgent }));
      expect(await Promise.all(sessions.map((session) => text(session, script)))).toEqual(["yes\n", "no\n"]);
      await Promise.all(sessions.map((session) => session.close()));
      vi.unstubAllEnvs();
      agent.kill();
      rmSync(dirname(socket), { recursive: true });
    });

    it("a password lets us in, and is in no process list", async () => {
      const password = "pa$$ 'word";
      await runInside(lab.spec, "one", [
        "sh",
        "-c",
        `id pw 2>/dev/null || useradd -m -s /bin/sh pw; printf '%s\\n' "pw:$1" | chpasswd; mkdir -p /etc/ssh/sshd_config.d; grep -q '^Match User pw' /etc/ssh/sshd_config || printf 'Match User pw\\n  PasswordAuthentication yes\\n' >>/etc/ssh/sshd_config; systemctl restart ssh`,
        "sh",
        password,
      ]);
      const session = over(transport, "one", { user: "pw", identityFile: undefined, password });
      expect(await text(session, "id -un")).toBe("pw\n");
      const listed = readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name) && existsSync(join("/proc", name, "cmdline")))
        .map((name) => {
          try {
            return readFileSync(join("/proc", name, "cmdline"), "utf8");
          } catch {
            return "";
          }
        });
      expect(listed.filter((line) => line.includes(password))).toEqual([]);
      await session.close();
    });
  },
);

describe.each(["ssh", "openssh"] as const)("a reboot over %s", { timeout: 120_000 }, (transport) => {
  const site = (timeout: "60s") => [
    play(
      "p",
      { hosts: "three", become: true },
      {
        before: () => command({ argv: ["touch", "/run/before"] }),
        reboot: () => reboot({ timeout }),
        after: () => command({ argv: ["test", "!", "-e", "/run/before"] }),
      },
    ),
  ];
  const access = ({ name }: { name: string }) => ({ connect: connector(transport, lab.settings(name)) });

  it("is waited for, and the run goes on", async () => {
    const ran = await lab.run(site("60s"), { access });
    expect(ran.errors).toEqual([]);
    expect(ran.hosts["three"]).toMatchObject({ changed: 3, failed: 0, unreachable: 0 });
  });

  it("is noticed where the boot id is the kernel's, as in many containers", async () => {
    const session = over(transport, "three");
    const unit = [
      ...["[Unit]", "DefaultDependencies=no", "Before=sysinit.target"],
      ...["[Service]", "Type=oneshot", "ExecStart=/bin/umount /proc/sys/kernel/random/boot_id"],
      ...["[Install]", "WantedBy=sysinit.target"],
    ];
    const path = "/etc/systemd/system/kernels-boot-id.service";
    await session.run(root, [
      `printf '%s\\n' ${unit.map((line) => `'${line}'`).join(" ")} >${path}; systemctl enable kernels-boot-id; umount /proc/sys/kernel/random/boot_id`,
    ]);
    await session.close();
    const ran = await lab.run(site("60s"), { access });
    expect(ran.errors).toEqual([]);
    expect(ran.hosts["three"]).toMatchObject({ changed: 3, failed: 0, unreachable: 0 });
    const after = over(transport, "three");
    await after.run(root, [`systemctl disable kernels-boot-id; rm ${path}; systemctl daemon-reload`]);
    await after.close();
  });

  it("is not made in a check", async () => {
    const session = over(transport, "three");
    const id = () => text(session, "cat /proc/sys/kernel/random/boot_id");
    const before = await id();
    const ran = await lab.run([play("p", { hosts: "three", become: true }, { it: () => reboot({}) })], {
      access,
      check: true,
    });
    expect(ran.hosts["three"]).toMatchObject({ changed: 1 });
    expect(await id()).toBe(before);
    await session.close();
  });

  it("that a user may not ask for is refused", async () => {
    const ran = await lab.run([play("p", { hosts: "three" }, { it: () => reboot({}) })], { access });
    expect(ran.errors).toEqual([expect.stringContaining("only root may reboot a host")]);
  });
});

it("openssh leaves no control socket behind", async () => {
  const sockets = () => readdirSync(tmpdir()).filter((name) => /^sr-/.test(name)).length;
  const before = sockets();
  const session = over("openssh");
  await text(session, "echo");
  expect(sockets()).toBe(before + 1);
  await session.close();
  expect(sockets()).toBe(before);
});
