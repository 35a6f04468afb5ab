/** The talk with su: any language, any order of its pieces. */
import { describe, expect, it } from "vitest";
import { spawnAs } from "../../src/transport/become.ts";
import { connectLocal } from "../../src/transport/local.ts";
import type { Become, Connection } from "../../src/transport/transport.ts";

/** This machine, with a `su` that does what the script says; `go` runs the command. */
async function hostWith(su: string): Promise<Connection> {
  const local = await connectLocal();
  return { ...local, spawn: (command) => local.spawn(`go() { eval "$4"; }\nsu() { ${su}\n}\n${command}`) };
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

describe("su", () => {
  it.each([
    ["in German", "printf 'Passwort: ' >&2"],
    ["in Japanese", "printf 'パスワード：' >&2"],
    ["after a message", "echo 'This machine is watched.' >&2; sleep 0.2; printf 'Password: ' >&2"],
    ["on the standard output, as busybox does", "printf 'Password: '"],
    ["piece by piece", "for piece in P ass word :; do printf $piece >&2; sleep 0.03; done"],
  ])("is answered when it asks %s, and the command gets its own input", async (_, question) => {
    expect(await heard(takesRight(question), "right")).toBe("input\n");
  });

  it("that asks nothing is told nothing", async () => {
    expect(await heard('go "$@"', "right")).toBe("input\n");
    expect(await heard("echo 'Last login: today' >&2; go \"$@\"", "right")).toBe("input\n");
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
      "printf 'su: ' >&2; sleep 0.05; echo 'no such user' >&2; exit 1",
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
