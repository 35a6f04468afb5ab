/** Hosts whose users have any login shell, which says whatever it likes before it does what it is asked. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quote } from "../../src/core/base/script.ts";
import { play } from "../../src/core/plays/play.ts";
import { background } from "../../src/core/tasks/background.ts";
import { command, copy, reboot, shell } from "../../src/modules/index.ts";
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
