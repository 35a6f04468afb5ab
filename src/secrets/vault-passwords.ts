/** The passwords of Ansible Vault: from options, or from where Ansible itself takes them. */
import { accessSync, constants } from "node:fs";
import { basename } from "node:path";
import { Secret } from "../base/secret.ts";
import type { Reading } from "../base/secret-reading.ts";
import { unavailable } from "../base/secret-unavailable.ts";
import { secretPath, written } from "./file.ts";
import { secretPrompt } from "./prompt.ts";
import { printed } from "./run-command.ts";
import { decryptVault, type VaultText } from "./vault.ts";

export interface VaultOptions {
  /** The password itself, such as `secretFrom.prompt("Vault password")`. */
  readonly password?: string | Secret;
  /** A file that holds the password, or if it is executable prints it. */
  readonly passwordFile?: string;
  /** Only the password of this id, from ANSIBLE_VAULT_IDENTITY_LIST. */
  readonly id?: string;
}

/** An available password: its id, and how to get it. */
interface Identity {
  readonly id: string | undefined;
  readonly read: () => Reading;
}

/**
 * Decrypts a text with whichever password fits: the one of the text's id first, then the others, as Ansible does.
 *
 * Passwords that no option names come from ANSIBLE_VAULT_IDENTITY_LIST (`dev@FILE,prod@prompt`) and
 * ANSIBLE_VAULT_PASSWORD_FILE.
 *
 * @param what how the text is called in a message
 * @param options undefined in YAML, where there is no place for options
 * @throws ShowrunnerError "secret.unavailable" where there is no password, or none fits
 */
export function* openVault(text: VaultText, what: string, options?: VaultOptions): Reading<Buffer> {
  const all = identities(options ?? {});
  if (all.length === 0)
    throw unavailable(`${what}: no vault password to decrypt it with`, howToGive(options));
  const first = all.filter(({ id }) => id !== undefined && id === text.id);
  for (const identity of [...first, ...all.filter((one) => !first.includes(one))]) {
    const clear = decryptVault(text, yield* passwordOf(identity));
    if (clear) return clear;
  }
  const id = text.id === undefined ? "" : `, which says the id "${text.id}"`;
  const tried =
    all.length === 1 ? "the vault password does not fit" : `none of ${all.length} vault passwords fits`;
  throw unavailable(`${what}: ${tried} it${id}, or the text was altered`, howToGive(options));
}

function howToGive(options: VaultOptions | undefined): string {
  if (options?.id !== undefined) return `Set ANSIBLE_VAULT_IDENTITY_LIST to ${options.id}@FILE.`;
  return options
    ? "Say { passwordFile: FILE }, or set ANSIBLE_VAULT_PASSWORD_FILE."
    : "Set ANSIBLE_VAULT_PASSWORD_FILE to the password's file, or ANSIBLE_VAULT_IDENTITY_LIST to ID@FILE or ID@prompt.";
}

function identities({ password, passwordFile, id }: VaultOptions): Identity[] {
  if (password !== undefined) return [{ id, read: () => given(password) }];
  if (passwordFile !== undefined) return [{ id, read: () => readPassword(passwordFile, id) }];
  const listed = (process.env["ANSIBLE_VAULT_IDENTITY_LIST"] ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
    .map((entry): Identity => {
      const at = entry.indexOf("@");
      const label = at > 0 ? entry.slice(0, at) : undefined;
      const source = entry.slice(at + 1);
      return { id: label, read: () => (asked.has(source) ? ask(label) : readPassword(source, label)) };
    });
  if (id !== undefined) return listed.filter((identity) => identity.id === id);
  const file = process.env["ANSIBLE_VAULT_PASSWORD_FILE"];
  return file ? [...listed, { id: undefined, read: () => readPassword(file, undefined) }] : listed;
}

function* given(password: string | Secret): Reading {
  return typeof password === "string" ? password : yield* password.reading();
}

/** The names that Ansible takes for a prompt, not for a file. */
const asked: ReadonlySet<string> = new Set(["prompt", "prompt_ask_vault_pass"]);

function ask(id: string | undefined): Reading {
  return secretPrompt(id === undefined ? "Vault password" : `Vault password (${id})`).reading();
}

/** A command runs only once for each password: it may need a key to be touched, or ask on the terminal. */
const passwords = new Map<string, string>();

function* readPassword(path: string, id: string | undefined): Reading {
  const file = secretPath(path);
  const key = JSON.stringify([file, id]);
  const known = passwords.get(key);
  if (known !== undefined) return known;
  const text = isExecutable(file)
    ? yield printed({ argv: [file, ...idOption(file, id)] })
    : (yield written(file, "vault password file")).trim();
  if (text === "") throw unavailable(`the vault password file ${path} is empty`);
  passwords.set(key, text);
  return text;
}

function* passwordOf(identity: Identity): Reading {
  return new Secret(yield* identity.read()).reveal(); // from here on the password is known, and so it is redacted
}

/** Ansible passes the id to a script whose name says that it wants the id. */
function idOption(file: string, id: string | undefined): string[] {
  return /-client(\.\w+)?$/.test(basename(file)) && id !== undefined ? ["--vault-id", id] : [];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
