/** What to authenticate with: the agent, key files, a password. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { KeyboardInteractiveCallback, ParsedKey, Prompt } from "ssh2";
import { type AgentKeys, agentKeys, agentSocket } from "./agent.ts";
import { heldAs, namedKey, readKey } from "./key-file.ts";
import { passwordText } from "./password.ts";
import type { ResolvedSettings } from "./settings.ts";

type Authentication =
  | { type: "publickey"; username: string; key: ParsedKey }
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

/** A key or password, and its name in messages. */
interface Offer {
  readonly name: string;
  readonly authentication: Authentication;
}

/**
 * What to try, in OpenSSH's order: the agent, key files, a password. A named key file is the only key that is tried; if
 * it is encrypted, the agent is asked for just that key.
 *
 * @param signal ends what is being run for a password
 * @throws ShowrunnerError `host.auth` for a named key that is not there or can't be read; `secret.unavailable`
 */
export async function authentications(settings: ResolvedSettings, signal?: AbortSignal): Promise<Offer[]> {
  const { user: username, identityFile, keyFiles = defaultKeys(), passphrase, password } = settings;
  const found: Offer[] = [];
  // one by one, so that an error can name each that was refused
  const offerAgent = (agent: AgentKeys | undefined) => {
    for (const { name, agent: one } of agent?.apart() ?? [])
      found.push({ name: `${name} of the agent`, authentication: { type: "agent", username, agent: one } });
  };
  const offer = (file: string, key: ParsedKey) => {
    found.push({ name: file, authentication: { type: "publickey", username, key } });
  };
  if (identityFile !== undefined) {
    const key = await namedKey(identityFile, passphrase, agentSocket(), signal);
    if ("key" in key) offer(identityFile, key.key);
    else if (!("problem" in key)) offerAgent(key);
    else if (key.problem !== "locked" || password === undefined) throw key.error;
  } else {
    const agent = await agentKeys(agentSocket());
    if (!settings.noAgent) offerAgent(agent);
    for (const file of keyFiles.filter((name) => existsSync(name) || existsSync(`${name}.pub`))) {
      const key = await readKey(file, passphrase, signal);
      if (!("problem" in key)) offer(file, key.key);
      else if (settings.noAgent) offerAgent(heldAs(file, agent));
    }
  }
  if (password !== undefined) {
    const answer = await passwordText(password, signal);
    found.push({ name: "the password", authentication: { type: "password", username, password: answer } });
    // sshd asks this way where PAM does, and a host may allow nothing else
    found.push({
      name: "the password, asked for by PAM",
      authentication: {
        type: "keyboard-interactive",
        username,
        prompt: (_name, _instructions, _lang, prompts, finish) => finish(prompts.map(() => answer)),
      },
    });
  }
  return found;
}

function defaultKeys(): string[] {
  return ["id_ed25519", "id_ecdsa", "id_rsa"].map((name) => join(homedir(), ".ssh", name));
}
