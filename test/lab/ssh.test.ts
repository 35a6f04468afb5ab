import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Type } from "../../src/base/schema.ts";
import { rawScript } from "../../src/base/script.ts";
import { secret } from "../../src/base/secret.ts";
import { change } from "../../src/core/facts/change.ts";
import { play } from "../../src/core/plays/play.ts";
import { defineModule } from "../../src/core/tasks/module.ts";
import { run as runInside, start, stop } from "../../src/lab/index.ts";
import { connector } from "../../src/transport/connect.ts";
import { Session } from "../../src/transport/session.ts";
import { testLab } from "./support.ts";

const lab = testLab("labssh", 83, ["one", "two"]);
const scratch = mkdtempSync(join(tmpdir(), "ssh-test-"));
const root = { user: "root" };

/** A command that always runs: what a connection is tested with. */
const run = defineModule({
  name: "run",
  summary: "Runs a script.",
  params: { script: Type.String() },
  async *plan(_, p) {
    const output = yield change({ what: "run", script: rawScript(p.script), touches: ["everything"] });
    return output.stdout.toString();
  },
});

function session(host: string, changed: Parameters<typeof lab.settings>[1] = {}): Session {
  return new Session(connector("ssh", lab.settings(host, changed)));
}

async function say(made: Session, script: string, become?: typeof root): Promise<string> {
  const [output] = await made.run(become, [script]);
  return output?.stdout.toString() ?? "";
}

beforeAll(() => lab.up(), 180_000);
afterAll(async () => {
  rmSync(scratch, { recursive: true });
  await lab.down();
}, 60_000);

describe("a session over ssh", { timeout: 30_000 }, () => {
  it("keeps a shell for each user on one connection", async () => {
    const made = session("one");
    expect([await say(made, "id -un"), await say(made, "id -un", root)]).toEqual(["deploy\n", "root\n"]);
    expect(await say(made, "echo $PPID")).toBe(await say(made, "echo $PPID"));
    await made.close();
  });

  it("uploads 50 MB byte for byte, as root, with its mode set from the start", async () => {
    const made = session("one");
    const content = randomBytes(50 * 1024 * 1024);
    await made.upload(root, "/root/large file", content);
    const [output] = await made.run(root, [
      "sha256sum < '/root/large file'; stat -c %a%U '/root/large file'",
    ]);
    const { createHash } = await import("node:crypto");
    expect(output?.stdout.toString()).toBe(
      `${createHash("sha256").update(content).digest("hex")}  -\n600root\n`,
    );
    await made.close();
  });

  it("opens connections as seen from the host", async () => {
    const made = session("one");
    const stream = await made.dial("127.0.0.1", 22);
    const [banner] = await new Promise<[Buffer]>((resolve) =>
      stream.once("data", (data: Buffer) => resolve([data])),
    );
    expect(banner.toString()).toContain("SSH-2.0");
    stream.destroy();
    await expect(made.dial("127.0.0.1", 1)).rejects.toThrow(/refused|fail/i);
    await made.close();
  });

  it("ends a root command's process group at its time limit", async () => {
    const made = session("one");
    await expect(made.run(root, ["sleep 4711 & sleep 4711"], { timeout: 500 })).rejects.toMatchObject({
      code: "task.timeout",
    });
    expect(
      await say(made, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'sleep 471[1]'; :"),
    ).toBe("0\n");
    expect(await say(made, "echo alive", root)).toBe("alive\n");
    await made.close();
  });
});

describe("sudo with a password", { timeout: 30_000 }, () => {
  const password = secret("it's a $ecret \\ password");
  beforeAll(async () => {
    await runInside(lab.spec, "one", ["useradd", "--create-home", "--shell", "/bin/sh", "careful"]);
    await runInside(lab.spec, "one", [
      "sh",
      "-c",
      `printf '%s\\n' "careful:$1" | chpasswd; echo 'careful ALL=(ALL) ALL' > /etc/sudoers.d/careful; mkdir -p ~careful/.ssh; cp ~deploy/.ssh/authorized_keys ~careful/.ssh/; chown -R careful: ~careful/.ssh`,
      "sh",
      password.reveal(),
    ]);
  });

  it("is asked for and given", async () => {
    const made = session("one", { user: "careful" });
    const [output] = await made.run({ user: "root", password }, ["id -un"]);
    expect(output?.stdout.toString()).toBe("root\n");
    await made.close();
  });

  it("that is wrong is refused with a hint", async () => {
    const made = session("one", { user: "careful" });
    await expect(made.run({ user: "root", password: "wrong" }, ["id"])).rejects.toMatchObject({
      code: "become.refused",
      hint: expect.stringContaining("becomePassword"),
    });
    await made.close();
  });

  it("that is missing is refused with a hint, and fails that host alone", async () => {
    const ran = await lab.run(
      [play("p", { hosts: "all", become: true }, { one: () => run({ script: "id -un" }) })],
      {
        access: ({ name }) => ({
          connect: connector("ssh", lab.settings(name, name === "one" ? { user: "careful" } : {})),
        }),
      },
    );
    expect(ran.errors).toEqual([
      expect.stringMatching(/^one: become.refused: sudo did not let us become root/),
    ]);
    expect(ran.hosts["two"]).toMatchObject({ changed: 1 });
    expect(ran.exitCode).toBe(2);
  });

  it("does not matter in what language sudo asks", async () => {
    await runInside(lab.spec, "one", [
      "sh",
      "-c",
      "echo 'Defaults passprompt=\"Mot de passe : \"' > /etc/sudoers.d/prompt",
    ]);
    const made = session("one", { user: "careful" });
    const [output] = await made.run({ user: "root", password }, ["id -un"]);
    expect(output?.stdout.toString()).toBe("root\n");
    await made.close();
  });
});

describe("a host that can't be used", { timeout: 60_000 }, () => {
  const elsewhere = (changed: Parameters<typeof lab.settings>[1]) =>
    lab.run([play("p", { hosts: "all" }, { one: () => run({ script: "echo" }) })], {
      access: ({ name }) => ({
        connect: connector("ssh", lab.settings(name, name === "one" ? changed : {})),
      }),
    });
  const other = (name: string) => {
    const file = join(scratch, name);
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]);
    return file;
  };

  it.each([
    ["a wrong key", () => ({ identityFile: other("wrong") }), "host.auth"],
    ["a key file that is not there", () => ({ identityFile: join(scratch, "none") }), "host.auth"],
    ["no sshd", () => ({ port: 23 }), "host.unreachable"],
    ["no such name", () => ({ address: "no-such-host.invalid" }), "host.unreachable"],
  ])("%s is unreachable with a hint; the others go on", async (_, changed, code) => {
    const ran = await elsewhere(changed());
    const [failure] = ran.of("host:unreachable");
    expect(failure).toMatchObject({ host: "one", error: { code, hint: expect.stringMatching(/.{20}/) } });
    expect(ran.hosts["two"]).toMatchObject({ changed: 1, unreachable: 0 });
    expect(ran.exitCode).toBe(4);
  });

  it("whose key changed is refused", async () => {
    const pinned = join(scratch, "pinned");
    const key = execFileSync("cat", [`${other("impostor")}.pub`], { encoding: "utf8" });
    writeFileSync(pinned, `${lab.settings("one").address} ${key}`);
    const ran = await elsewhere({ knownHosts: pinned });
    expect(ran.of("host:unreachable")[0]?.error).toMatchObject({
      code: "host.key",
      message: expect.stringContaining(`${pinned}:1`),
    });
  });

  it("that goes down in the middle of a task is lost, and nobody else", async () => {
    let stopped: Promise<void> | undefined;
    const ran = lab.run(
      [play("p", { hosts: "all" }, { one: () => run({ script: "echo begun; sleep 4" }) })],
      {
        subscribers: [
          (event) => {
            if (event.type === "task:output" && event.host === "one") stopped ??= stop(lab.spec, "one");
          },
        ],
      },
    );
    const { errors, hosts, exitCode } = await ran;
    await stopped;
    expect(errors).toEqual([expect.stringContaining("one: host.lost")]);
    expect(hosts["two"]).toMatchObject({ changed: 1 });
    expect(exitCode).toBe(4);
    await start(lab.spec, "one");
  });
});
