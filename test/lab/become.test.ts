/** Becoming other users through sudo, su and doas, as root and as an ordinary user, over every transport. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sh } from "../../src/base/script.ts";
import { type Secret, secret } from "../../src/base/secret.ts";
import { play } from "../../src/core/plays/play.ts";
import { apt, command, copy, file, shell, user } from "../../src/modules/index.ts";
import { connector } from "../../src/transport/connect.ts";
import { Session } from "../../src/transport/session.ts";
import type { Become, BecomeMethod } from "../../src/transport/transport.ts";
import { testLab } from "./support.ts";

const lab = testLab("labbecome", 91, ["one"]);
const own = secret("Ordinary'Pass 1");
const passwords: Readonly<Record<string, Secret>> = {
  root: secret("Root$Pass 1"),
  target: secret('Target"Pass 1'),
};

/** What each method asks an ordinary user for. */
function passwordFor(method: BecomeMethod, name: string): Secret | undefined {
  return method === "su" ? passwords[name] : own;
}

beforeAll(async () => {
  await lab.up();
  const { errors } = await lab.run([
    play(
      "users",
      { hosts: "all", become: true },
      {
        packages: () => apt({ name: ["opendoas", "locales"], updateCache: true }),
        users: async () => {
          await user({ name: "ordinary", shell: "/bin/bash", createHome: true });
          await user({ name: "target", shell: "/bin/bash", createHome: true });
          await user({ name: "service", shell: "/usr/sbin/nologin", createHome: false });
          const lines = Object.entries({ ...passwords, ordinary: own }).map(
            ([name, word]) => `${name}:${word.reveal()}\n`,
          );
          await shell({ cmd: "chpasswd", stdin: secret(lines.join("")) });
          await shell({
            cmd: "cp -r ~deploy/.ssh ~ordinary/ && chown -R ordinary: ~ordinary/.ssh && cp ~deploy/.ssh/* ~root/.ssh/",
          });
          // /var/mail and the like aside, what only its owner may enter must not be needed
          await file({ path: "/home/ordinary", mode: "0700" });
          await copy({
            dest: "/etc/doas.conf",
            mode: "0600",
            content: "permit ordinary\npermit nopass deploy\npermit nopass root\n",
          });
          await copy({ dest: "/etc/sudoers.d/ordinary", mode: "0440", content: "ordinary ALL=(ALL) ALL\n" });
        },
        // the questions are German from here on
        language: () =>
          shell({
            cmd: sh`sed -i 's/^# de_DE.UTF-8/de_DE.UTF-8/' /etc/locale.gen && locale-gen
for file in /etc/default/locale /etc/environment; do echo LANG=de_DE.UTF-8 >"$file"; done`,
          }),
      },
    ),
  ]);
  expect(errors).toEqual([]);
}, 300_000);
afterAll(() => lab.down(), 60_000);

const sessions: Session[] = [];
afterAll(() => Promise.all(sessions.map((session) => session.close())));

function over(transport: "ssh" | "openssh", as: string): Session {
  const session = new Session(connector(transport, lab.settings("one", { user: as })));
  sessions.push(session);
  return session;
}

async function said(session: Session, become: Become, script: string): Promise<string> {
  const [output] = await session.run(become, [script]);
  return output?.stdout.toString() ?? "";
}

describe.each(["ssh", "openssh"] as const)("over %s", { timeout: 60_000 }, (transport) => {
  describe.each<BecomeMethod>(["sudo", "su", "doas"])("%s", (method) => {
    let session: Session;
    beforeAll(() => {
      session = over(transport, "ordinary");
    });

    it.each(["root", "target"])("lets an ordinary user with the password become %s", async (name) => {
      const become = { user: name, method, password: passwordFor(method, name) };
      expect(await said(session, become, 'id -un; echo "$HOME"; echo "$LANG" >&2')).toBe(
        `${name}\n${name === "root" ? "/root" : "/home/target"}\n`,
      );
    });

    it("keeps the streams, the status and every byte apart", async () => {
      const become = { user: "root", method, password: passwordFor(method, "root") };
      const [output] = await session.run(become, ["printf 'a\\r\\n\\004\\377\\n'; echo err >&2; exit 7"]);
      expect(output).toEqual({
        stdout: Buffer.from([0x61, 13, 10, 4, 255, 10]),
        stderr: Buffer.from("err\n"),
        status: 7,
      });
    });

    it("takes files of any size and ends what takes too long", async () => {
      const become = { user: "root", method, password: passwordFor(method, "root") };
      const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256));
      await session.upload(become, "/root/uploaded", content);
      expect(await said(session, become, "wc -c </root/uploaded; rm /root/uploaded")).toBe("300000\n");
      const late = session.run(become, ["sleep 4711 & sleep 4711"], { timeout: 500 });
      await expect(late).rejects.toMatchObject({ code: "task.timeout" });
      expect(await said(session, become, "pgrep -cfx 'sleep 4711'; :")).toBe("0\n");
    });

    it("says that a wrong password is wrong, and shows neither", async () => {
      const wrong = over(transport, "ordinary");
      const become = { user: "root", method, password: secret("Wrong-Pass-1") };
      const refusal = await wrong.run(become, ["id"]).catch((error: unknown) => error);
      expect(refusal).toMatchObject({
        code: "become.refused",
        message: `${method} did not let us become root`,
        hint: expect.stringContaining("check becomePassword"),
      });
      expect(JSON.stringify(refusal)).not.toContain("Wrong-Pass");
    });

    it("says what to do where a password is wanted and none is known", async () => {
      const without = over(transport, "ordinary");
      await expect(without.run({ user: "root", method }, ["id"])).rejects.toMatchObject({
        code: "become.refused",
        hint: expect.stringContaining("give becomePassword"),
      });
    });

    it("asks root for nothing, not even to become a service without a shell", async () => {
      const root = over(transport, "root");
      expect(await said(root, { user: "service", method }, "id -un")).toBe("service\n");
    });

    it("keeps a password out of the process list", async () => {
      const become = { user: "root", method, password: passwordFor(method, "root") };
      const list = await said(
        session,
        become,
        "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'",
      );
      expect(list).not.toMatch(/Pass 1/);
      expect(await said(session, become, "ls -d /tmp/tmp.* 2>/dev/null; :")).toBe("");
    });
  });

  it("names the method that is not there", async () => {
    const root = over(transport, "root");
    await said(root, { user: "target" }, "id");
    await root.run(undefined, ["mv /usr/bin/doas /usr/bin/not-doas"]);
    const refusal = await root
      .run({ user: "service", method: "doas" }, ["id"])
      .catch((error: unknown) => error);
    await root.run(undefined, ["mv /usr/bin/not-doas /usr/bin/doas"]);
    expect(refusal).toMatchObject({
      code: "become.refused",
      hint: expect.stringContaining("install doas"),
    });
  });

  it("says why su can't become a service from an ordinary user", async () => {
    const ordinary = over(transport, "ordinary");
    await expect(
      ordinary.run({ user: "service", method: "su", password: own }, ["id"]),
    ).rejects.toMatchObject({ code: "become.refused" });
  });
});

it("a play becomes whom it names by the inventory's method", { timeout: 60_000 }, async () => {
  const names: string[] = [];
  const { errors } = await lab.run(
    [
      play(
        "names",
        { hosts: "all", become: "target" },
        {
          s: async () => {
            names.push((await command({ argv: ["id", "-un"] })).value.stdout);
            names.push((await command({ argv: ["id", "-un"] }, { become: "root" })).value.stdout);
          },
        },
      ),
    ],
    {
      access: () => ({
        connect: connector("ssh", lab.settings("one")),
        becomeMethod: "doas",
      }),
    },
  );
  expect(errors).toEqual([]);
  expect(names).toEqual(["target\n", "root\n"]);
});

it("a user who was become before has new groups at once, and can be removed", {
  timeout: 60_000,
}, async () => {
  const groups: string[] = [];
  const asPassing = { become: "passing" };
  const { errors, statuses } = await lab.run([
    play(
      "passing",
      { hosts: "all", become: true },
      {
        s: async () => {
          await user({ name: "passing" });
          await command({ argv: ["touch", "/tmp/passing"] }, asPassing);
          await user({ name: "passing", groups: ["games"] });
          groups.push((await command({ argv: ["id", "-Gn"] }, asPassing)).value.stdout);
          await user({ name: "passing", state: "absent", remove: true });
        },
      },
    ),
  ]);
  expect(errors).toEqual([]);
  expect(groups).toEqual(["passing games\n"]);
  expect(statuses.at(-1)).toBe("one user passing: changed");
});
