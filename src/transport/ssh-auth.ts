/** What to prove oneself with: the agent, key files, a password. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { KeyboardInteractiveCallback, Prompt } from "ssh2";
import ssh2 from "ssh2";
import { messageOf, ShowrunnerError } from "../core/base/errors.ts";
import { type AgentKeys, agentKeys } from "./agent.ts";
import { missingKey } from "./missing-key.ts";
import { passwordText } from "./password.ts";
import { publicPart } from "./public-part.ts";
import type { Password, ResolvedSettings } from "./settings.ts";

export type Authentication =
  | { type: "publickey"; username: string; key: Buffer; passphrase?: string }
  | { type: "agent"; username: string; agent: AgentKeys }
  | { type: "password"; username: string; password: string }
  | {
      type: "keyboard-interactive";
      username: string;
      prompt(
        name: string,
        instructions: string,
        lang: string,
        prompts: Prompt[],
        finish: KeyboardInteractiveCallback,
      ): void;
    };

/**
 * What to try, in OpenSSH's order: the agent, key files, a password. A named key file is tried alone; the agent is asked
 * for just that key, where it is encrypted.
 *
 * @param signal ends what is being run for a password
 * @throws ShowrunnerError `host.auth` for a named key that is not there or can't be read; `secret.unavailable`
 */
export async function authentications(
  settings: ResolvedSettings,
  signal?: AbortSignal,
): Promise<Authentication[]> {
  const { user: username, identityFile, keyFiles = defaultKeys(), passphrase, password } = settings;
  const found: Authentication[] = [];
  const offerAgent = (agent: AgentKeys | undefined) => {
    if (agent !== undefined) found.push({ type: "agent", username, agent });
  };
  const offer = (key: Key) => {
    const { content: buffer, passphrase: opens } = key;
    found.push({
      type: "publickey",
      username,
      key: buffer,
      ...(opens === undefined ? {} : { passphrase: opens }),
    });
  };
  if (identityFile !== undefined) {
    const key = await namedKey(identityFile, passphrase, signal);
    // as OpenSSH has it: an encrypted key that the agent holds needs no passphrase
    if ("locked" in key) {
      const agent = await agentKeys();
      // an old format without its .pub does not tell which it is: any of the agent's may be meant
      const held = publicPart(identityFile) === undefined ? agent : heldAs(identityFile, agent);
      if (held === undefined && password === undefined) throw notHeld(identityFile, key.locked, agent);
      offerAgent(held);
    } else offer(key);
  } else {
    const agent = await agentKeys();
    if (!settings.noAgent) offerAgent(agent);
    for (const file of keyFiles.filter((name) => existsSync(name) || existsSync(`${name}.pub`))) {
      const key = await readKey(file, passphrase, signal);
      if (!("problem" in key)) offer(key);
      else if (settings.noAgent) offerAgent(heldAs(file, agent));
    }
  }
  if (password !== undefined) {
    const answer = await passwordText(password, signal);
    found.push({ type: "password", username, password: answer });
    // sshd asks this way where PAM does, and a host may allow nothing else
    found.push({
      type: "keyboard-interactive",
      username,
      prompt: (_name, _instructions, _lang, prompts, finish) => finish(prompts.map(() => answer)),
    });
  }
  return found;
}

interface Key {
  readonly content: Buffer;
  readonly passphrase: string | undefined;
}

function defaultKeys(): string[] {
  return ["id_ed25519", "id_ecdsa", "id_rsa"].map((name) => join(homedir(), ".ssh", name));
}

const fail = (message: string, hint: string) => new ShowrunnerError("host.auth", message, { hint });

/** Or why only an agent can open it. */
async function namedKey(
  file: string,
  passphrase: Password | undefined,
  signal: AbortSignal | undefined,
): Promise<Key | { readonly locked: string }> {
  if (!existsSync(file)) throw missingKey(file);
  const key = await readKey(file, passphrase, signal);
  if (!("problem" in key)) return key;
  const { problem } = key;
  if (problem === publicOnly) return { locked: problem };
  if (!/passphrase/i.test(problem))
    throw fail(`the key file ${file} can't be used: ${problem}`, "identityFile names the private key's file");
  if (passphrase !== undefined)
    throw fail(`the passphrase does not open the key file ${file}`, "check passphrase in the inventory");
  return { locked: "is encrypted, and no passphrase was given" };
}

function notHeld(file: string, why: string, agent: AgentKeys | undefined): ShowrunnerError {
  return fail(
    `the key file ${file} ${why}${agent ? "; the agent does not hold it" : ""}`,
    `give passphrase in the inventory (a secret), or hold the key in an agent: ssh-add ${file}`,
  );
}

function heldAs(file: string, agent: AgentKeys | undefined): AgentKeys | undefined {
  const key = publicPart(file);
  return key && agent?.only(key);
}

const publicOnly = "is a public key";

async function readKey(
  file: string,
  passphrase: Password | undefined,
  signal: AbortSignal | undefined,
): Promise<Key | { readonly problem: string }> {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    return { problem: messageOf(error) };
  }
  // a key that is not encrypted needs none: the passphrase may be there for other hosts
  const plain = ssh2.utils.parseKey(content);
  if (!(plain instanceof Error))
    return plain.isPrivateKey() ? { content, passphrase: undefined } : { problem: publicOnly };
  if (passphrase === undefined) return { problem: plain.message };
  const opens = await passwordText(passphrase, signal);
  const opened = ssh2.utils.parseKey(content, opens);
  if (!(opened instanceof Error)) return { content, passphrase: opens };
  return { problem: /encrypted|passphrase/i.test(plain.message) ? "wrong passphrase" : opened.message };
}
