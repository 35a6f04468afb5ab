/** The talks with su and doas: any language, any order of their pieces. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, describe, expect, it, vi } from "vitest";
import { shellAs } from "../../src/transport/become.ts";
import { connectLocal } from "../../src/transport/local.ts";
import { Session } from "../../src/transport/session.ts";
import { startScript } from "../../src/transport/start.ts";
import { nothingRuns } from "../../src/transport/start-refused.ts";
import type { Become, Connection, RemoteProcess } from "../../src/transport/transport.ts";

const bins: string[] = [];
afterAll(() => bins.forEach((bin) => void rmSync(bin, { recursive: true })));

/** A folder with one program in it. */
function folderWith(name: string, script: string): string {
  const bin = mkdtempSync(join(tmpdir(), `${name}-test-`));
  bins.push(bin);
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return bin;
}

/** This machine, with a `su` that does what the script says; `go` runs the command. */
async function hostWith(su: string): Promise<Connection> {
  const local = await connectLocal();
  const bin = folderWith("su", `go() { eval "$4"; }\n${su}`);
  return { ...local, spawn: (command) => local.spawn(`PATH=${bin}:$PATH; ${command}`) };
}

/** A command that another user has started, with its own input. */
async function spawnAs(connection: Connection, become: Become, command: string): Promise<RemoteProcess> {
  return startScript(await shellAs(connection, become), command, nothingRuns(undefined));
}

/** What the command finds on its standard input, once it runs. */
async function heard(su: string, password: string | undefined): Promise<string> {
  const become: Become = { user: "root", method: "su", ...(password === undefined ? {} : { password }) };
  const process = await spawnAs(await hostWith(su), become, "cat");
  const heard: Buffer[] = [];
  process.stdout.on("data", (chunk: Buffer) => heard.push(chunk));
  process.stdin.end("input\n");
  await process.closed;
  return Buffer.concat(heard).toString();
}

const takesRight = (question: string) =>
  `${question}; read -r word; [ "$word" = right ] || { echo 'su: Fehler bei Authentifizierung' >&2; exit 1; }; go "$@"`;

it.each(["sudo", "su", "doas"] as const)(
  "a connection that breaks while %s lets us in is lost, and not refused",
  async (method) => {
    const ended = {
      stdin: new PassThrough(),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      closed: Promise.resolve({ status: null, reason: "the connection was lost" }),
      close: () => undefined,
    };
    const connection: Connection = {
      ...(await connectLocal()),
      spawn: async () => ended,
      spawnOnTerminal: async () => ended,
    };
    await expect(
      spawnAs(connection, { user: "root", method, password: "right" }, "true"),
    ).rejects.toMatchObject({
      code: "host.lost",
      message: "the connection was lost",
    });
  },
);

describe("su", () => {
  it.each([
    ["in German", "printf 'Passwort: ' >&2"],
    ["in Japanese", "printf 'パスワード：' >&2"],
    ["after a message", "echo 'This machine is watched.' >&2; sleep 0.2; printf 'Password: ' >&2"],
    ["on the standard output, as busybox does", "printf 'Password: '"],
    ["in Japanese on the standard output", "printf 'パスワード：'"],
    ["piece by piece", "for piece in P ass word :; do printf $piece >&2; sleep 0.03; done"],
  ])("is answered when it asks %s, and the command gets its own input", async (_, question) => {
    expect(await heard(takesRight(question), "right")).toBe("input\n");
  });

  it("that asks nothing is told nothing", async () => {
    expect(await heard('go "$@"', "right")).toBe("input\n");
    expect(await heard("echo 'Last login: today' >&2; go \"$@\"", "right")).toBe("input\n");
  });

  it("is not told the password where it only says something, and pauses", async () => {
    expect(await heard("printf 'Welcome, all' >&2; sleep 0.3; go \"$@\"", "right")).toBe("input\n");
    expect(await heard("printf 'Welcome, S'; sleep 0.3; go \"$@\"", "right")).toBe("input\n");
  });

  it("may print what it likes right before the command runs", async () => {
    expect(await heard("printf 'Welcome'; go \"$@\"", "right")).toBe("input\n");
  });

  it("that asks and closes its input refuses, and ends nothing else", async () => {
    const asks = "exec 0<&-; printf 'Password: ' >&2; sleep 0.3; echo 'su: closed' >&2; exit 1";
    await expect(heard(asks, "right")).rejects.toMatchObject({
      code: "become.refused",
      details: [expect.stringContaining("su: closed")],
    });
  });

  it("that says nothing is told of as such, and not as a lost host", async () => {
    const marker = join(folderWith("begun", ""), "yes");
    const host = await hostWith(`echo begun >&2; : >${marker}; exec sleep 50`);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const session = new Session(async () => host);
      const asked = session.run({ user: "root", method: "su", password: "right" }, ["true"]);
      const refused = expect(asked).rejects.toMatchObject({ code: "become.refused" });
      await vi.waitFor(() => expect(existsSync(marker)).toBe(true));
      await vi.advanceTimersByTimeAsync(70_000);
      await refused;
    } finally {
      vi.useRealTimers();
      await host.close();
    }
  });

  it("loses nothing of what the command prints at once, on either stream", async () => {
    const printed = `printf out; printf err >&2; sleep 0.2; printf put`;
    for (let round = 0; round < 5; round++) {
      const connection = await hostWith('go "$@"');
      const process = await spawnAs(connection, { user: "root", method: "su" }, printed);
      const heard = { out: "", err: "" };
      process.stdout.on("data", (chunk: Buffer) => {
        heard.out += chunk;
      });
      process.stderr.on("data", (chunk: Buffer) => {
        heard.err += chunk;
      });
      await process.closed;
      expect(heard).toEqual({ out: "output", err: "err" });
    }
  });

  it.each([
    ["a wrong password", takesRight("printf 'Passwort: ' >&2"), "wrong", "su: Fehler bei Authentifizierung"],
    [
      "a message in two pieces",
      "printf 'su: ' >&2; sleep 0.01; echo 'no such user' >&2; exit 1",
      "right",
      "su: no such user",
    ],
    ["no password to answer with", takesRight("printf 'Passwort: ' >&2"), undefined, "Passwort:"],
    [
      "a question for something else after it",
      "printf 'Password: ' >&2; read -r word; printf 'New password: ' >&2; read -r word; go",
      "right",
      "New password:",
    ],
  ])("is refused with what it said: %s", async (_, su, password, said) => {
    await expect(heard(su, password)).rejects.toMatchObject({
      code: "become.refused",
      message: "su did not let us become root",
      details: [said],
    });
  });
});

describe("doas", () => {
  const folders = () => readdirSync("/tmp").filter((name) => name.startsWith("showrunner-doas-"));

  /** This machine, with login files that print something, and a terminal that is none. */
  async function hostWithDoas(doas: string, noise = "echo welcome; printf 'to you '"): Promise<Connection> {
    const local = await connectLocal();
    const bin = folderWith("doas", doas);
    const terminal = `exec 3<&0 4>&1; PATH=${bin}:$PATH;`;
    return {
      ...local,
      spawn: (command) => local.spawn(`${noise}; ${command}`),
      spawnOnTerminal: (command) => local.spawn(`${terminal} ${command}`),
    };
  }
  const become: Become = { user: "root", method: "doas", password: "right" };

  it("is given its password behind login files that print something, and leaves no pipes", async () => {
    const before = folders();
    const asks = `printf 'doas password: ' >&4; read -r word <&3; [ "$word" = right ] || exit 1; shift 3; exec "$@"`;
    const process = await spawnAs(await hostWithDoas(asks), become, "cat");
    let heard = "";
    process.stdout.on("data", (chunk: Buffer) => {
      heard += chunk;
    });
    process.stdin.end("input\n");
    await process.closed;
    expect(heard).toBe("input\n");
    expect(folders()).toEqual(before);
  });

  it("leaves no pipes where the host does not tell of them in time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const before = folders();
      const host = await hostWithDoas("exit 1", ":");
      let first = true;
      const silent: Connection = {
        ...host,
        spawn: (command) => {
          const muted = first ? `{ ${command}; } >/dev/null` : command;
          first = false;
          return host.spawn(muted);
        },
      };
      const opened = expect(spawnAs(silent, become, "cat")).rejects.toMatchObject({ code: "host.auth" });
      await vi.waitFor(() => expect(folders().length).toBe(before.length + 1));
      await vi.advanceTimersByTimeAsync(46_000);
      await opened;
      expect(folders()).toEqual(before);
    } finally {
      vi.useRealTimers();
    }
  });
});
