/** Secrets in files of Ansible Vault. */
import { library } from "../base/library.ts";
import { Secret } from "../base/secret.ts";
import { type Reading, readInTurn } from "../base/secret-reading.ts";
import { unavailable } from "../base/secret-unavailable.ts";
import { readYaml } from "../yaml/document.ts";
import { YamlMistake } from "../yaml/mistake.ts";
import { secretPath, written } from "./file.ts";
import { atPath } from "./key-path.ts";
import { secretText } from "./secret-text.ts";
import { isVaultText, readVaultText } from "./vault.ts";
import { openVault, type VaultOptions } from "./vault-passwords.ts";
import { withoutNewline } from "./without-newline.ts";

/**
 * A file that is encrypted with Ansible Vault, or one value of a YAML file: of one that is encrypted as a whole, or
 * in which the value itself is (`!vault`). It is decrypted when it is first needed.
 *
 * @param file relative to the working directory
 * @param key the value's path, such as `db.password`; without it the whole file, without one newline at its end
 * @param options where the password is; by default where Ansible looks for it
 * @throws ShowrunnerError "secret.unavailable", when revealed
 * @example
 * secretFrom.vault("group_vars/all/vault.yml", "db_password", { passwordFile: "~/.vault-password" });
 */
export function secretVault(file: string, key?: string, options: VaultOptions = {}): Secret {
  return new Secret(function* () {
    const found = yield written(secretPath(file), "vault file");
    const whole = isVaultText(found);
    if (key === undefined) return withoutNewline(yield* opened(found, file, options));
    const text = whole ? yield* opened(found, file, options) : found;
    return yield* valueAt(parseYaml(text, file, whole), file, key, options);
  });
}

/**
 * The value of an encrypted text, decrypted when it is first needed.
 *
 * @param what how it is called in a message: its file and line
 * @throws ShowrunnerError "secret.unavailable" at once where the text is damaged
 */
export function vaultSecret(text: string, what: string): Secret {
  const envelope = readVaultText(text, what);
  return new Secret(function* () {
    return secretText(yield* openVault(envelope, what), `${what}: what is encrypted here`);
  });
}

/** The text of a file that is encrypted as a whole. */
export function decrypted(text: string, what: string): Promise<string> {
  return readInTurn(opened(text, what));
}

function* opened(text: string, what: string, options?: VaultOptions): Reading {
  const bytes = yield* openVault(readVaultText(text, what), what, options);
  return secretText(bytes, `${what}: what is encrypted here`);
}

function* valueAt(tree: unknown, file: string, key: string, options: VaultOptions): Reading {
  const value = atPath(tree, key);
  if (value instanceof Encrypted) return yield* opened(value.text, `${file}, ${key}`, options);
  if (typeof value === "string") return value;
  throw unavailable(
    `${file}: expected a text at "${key}", ${value === undefined || value === null ? "there is nothing" : "got a list or a mapping"}`,
  );
}

/** A value in a YAML file that is encrypted by itself. */
class Encrypted {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** @param whole whether the text was encrypted as a whole */
function parseYaml(text: string, file: string, whole: boolean): unknown {
  const yaml = library.yaml();
  const lines = new yaml.LineCounter();
  try {
    const tree = readYaml(yaml, text, lines, {
      vault: (encrypted) => new Encrypted(encrypted),
      // as a number, 0123 or 83912e47 would be another one
      allTexts: true,
    });
    return tree.toJs(tree.root);
  } catch (error) {
    if (!(error instanceof YamlMistake)) throw error;
    // only the place of the mistake: its message, its hint, or the error as a cause might quote a secret
    const { line, col } = lines.linePos(error.offset);
    throw unavailable(
      `${file}: ${whole ? "the decrypted text" : "what it holds"} is not valid YAML at line ${line}, column ${col}`,
      `${whole ? 'Look at it with "ansible-vault edit", and correct' : "Correct"} that line. What is wrong is not told, since it may hold a secret.`,
    );
  }
}
