/** Private keys in files: how they are decrypted, and why one can't be used. */
import { existsSync } from "node:fs";
import ssh2, { type ParsedKey } from "ssh2";
import { messageOf, ShowrunnerError } from "../base/errors.ts";
import { readUserFile } from "../base/user-file.ts";
import { type AgentKeys, agentKeys } from "./agent.ts";
import { missingKey } from "./missing-key.ts";
import { passwordText } from "./password.ts";
import { publicPart } from "./public-part.ts";
import type { Password } from "./settings.ts";

/** One that is open, or that its passphrase opens. */
interface Key {
  readonly key: ParsedKey;
}

/** Why a key can't be used. A locked key would need a passphrase, or an agent. */
interface Useless {
  readonly problem: "locked" | "wrong passphrase" | "unusable";
  readonly error: ShowrunnerError;
}

/**
 * The key that an inventory names, as far as it can be used.
 *
 * @param socket the agent that is asked for it where nothing else opens it
 * @param signal ends what is being run for the passphrase
 */
export async function namedKey(
  file: string,
  passphrase: Password | undefined,
  socket: string | undefined,
  signal?: AbortSignal,
): Promise<Key | AgentKeys | Useless> {
  if (!existsSync(file)) return { problem: "unusable", error: missingKey(file) };
  const key = await readKey(file, passphrase, signal);
  if (!("problem" in key)) return key;
  const { problem } = key;
  if (problem !== publicOnly && !/passphrase/i.test(problem)) return unusable(file, problem);
  if (problem !== publicOnly && passphrase !== undefined)
    return {
      problem: "wrong passphrase",
      error: fail(`the passphrase does not open the key file ${file}`, "check passphrase in the inventory"),
    };
  const agent = await agentKeys(socket);
  // an old format without its .pub does not show its public key: any key of the agent may be meant
  const held = publicPart(file) === undefined ? agent : heldAs(file, agent);
  const why = problem === publicOnly ? problem : "is encrypted, and no passphrase was given";
  return held ?? { problem: "locked", error: notHeld(file, why, agent) };
}

/** What the agent has of a key file's key. */
export function heldAs(file: string, agent: AgentKeys | undefined): AgentKeys | undefined {
  const key = publicPart(file);
  return key && agent?.only(key);
}

const publicOnly = "is a public key";

export async function readKey(
  file: string,
  passphrase: Password | undefined,
  signal?: AbortSignal,
): Promise<Key | { readonly problem: string }> {
  let content: Buffer;
  try {
    content = await readUserFile(file, undefined, signal);
  } catch (error) {
    if (error instanceof ShowrunnerError) throw error;
    return { problem: messageOf(error) };
  }
  // an unencrypted key needs no passphrase: it may be meant for other hosts
  const plain = parsed(file, content);
  if (!(plain instanceof Error)) return plain.isPrivateKey() ? { key: plain } : { problem: publicOnly };
  if (passphrase === undefined) return { problem: plain.message };
  const opens = await passwordText(passphrase, signal);
  const opened = parsed(file, content, opens);
  if (!(opened instanceof Error)) return { key: opened };
  const isShut = /encrypted|passphrase/i.test(plain.message) && !unknownType.test(opened.message);
  return { problem: isShut ? "wrong passphrase" : opened.message };
}

interface Parsed {
  readonly content: Buffer;
  readonly passphrase: string | undefined;
  readonly key: ParsedKey | Error;
}

/** What was parsed last, by file and whether with a passphrase: many hosts have the same key, and opening it is slow. */
const parsedLast = new Map<string, Parsed>();

/** So many are kept. */
const mostParsed = 100;

function parsed(file: string, content: Buffer, passphrase?: string): ParsedKey | Error {
  const id = `${passphrase === undefined ? "" : "opened"}\0${file}`;
  const last = parsedLast.get(id);
  if (last?.passphrase === passphrase && last?.content.equals(content)) return last.key;
  const key = ssh2.utils.parseKey(content, passphrase);
  if (parsedLast.size >= mostParsed) parsedLast.clear();
  parsedLast.set(id, { content, passphrase, key });
  return key;
}

/** What it was opened for shows only then. */
const unknownType = /^Unsupported OpenSSH private key type/;

const fail = (message: string, hint: string) => new ShowrunnerError("host.auth", message, { hint });

function unusable(file: string, why: string): Useless {
  return {
    problem: "unusable",
    error: fail(`the key file ${file} can't be used: ${why}`, "identityFile names the private key's file"),
  };
}

function notHeld(file: string, why: string, agent: AgentKeys | undefined): ShowrunnerError {
  return fail(
    `the key file ${file} ${why}${agent ? "; the agent does not hold it" : ""}`,
    `give passphrase in the inventory (a secret), or hold the key in an agent: ssh-add ${file}`,
  );
}
