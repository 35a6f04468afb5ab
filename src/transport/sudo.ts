/** Becoming another user through sudo, with a password or without. */
import { randomBytes } from "node:crypto";
import { ShowrunnerError } from "../core/errors.ts";
import { quote } from "../core/script.ts";
import { withTimeLimit } from "./time-limit.ts";
import type { Become, Connection, RemoteProcess } from "./transport.ts";

/** How long sudo may take to let somebody in: a directory service may be slow, but not for ever. */
const patience = 60_000;

/**
 * Starts a command as another user. With a password, waits until sudo has taken it.
 *
 * @throws ShowrunnerError `become.refused`
 */
export async function spawnAs(
  connection: Connection,
  become: Become,
  command: string,
): Promise<RemoteProcess> {
  const { user, password } = become;
  if (password === undefined)
    return connection.spawn(`sudo -n -H -u ${quote(user)} -- sh -c ${quote(command)}`);
  const token = `SR${randomBytes(12).toString("hex")}`;
  const wrapped = `printf ${token}ready; ${command}`;
  const process = await connection.spawn(
    `sudo -S -p ${token} -H -u ${quote(user)} -- sh -c ${quote(wrapped)}`,
  );
  const given = givePassword(
    process,
    become,
    typeof password === "string" ? password : password.reveal(),
    token,
  );
  try {
    await withTimeLimit(given, patience, () => refused(become, `no answer within ${patience / 1000} s`));
  } catch (error) {
    process.close();
    throw error;
  }
  return process;
}

/** Answers sudo's prompt, which we named ourselves so that its language does not matter. */
function givePassword(
  process: RemoteProcess,
  become: Become,
  password: string,
  token: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let asked = "";
    let answered = false;
    let heard = Buffer.alloc(0);
    const stop = () => {
      process.stderr.off("data", onStderr);
      process.stdout.off("data", onStdout);
    };
    const onStderr = (chunk: Buffer) => {
      asked += chunk.toString();
      if (!asked.includes(token)) return;
      asked = asked.replace(token, "");
      if (answered) {
        stop();
        reject(refused(become, "the password was not accepted"));
      } else {
        answered = true;
        process.stdin.write(`${password}\n`);
      }
    };
    const onStdout = (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      if (!heard.includes(`${token}ready`)) return;
      stop();
      resolve();
    };
    process.stderr.on("data", onStderr);
    process.stdout.on("data", onStdout);
    void process.closed.then(() => reject(refused(become, asked.trim())));
  });
}

export function refused({ user, password }: Become, said: string): ShowrunnerError {
  return new ShowrunnerError("become.refused", `sudo did not let us become ${user}`, {
    details: said === "" ? [] : said.split("\n").slice(-3),
    hint:
      password === undefined
        ? "allow it without a password (NOPASSWD in sudoers), or give becomePassword in the inventory"
        : "check becomePassword, and that sudoers allows this user to run sh",
  });
}
