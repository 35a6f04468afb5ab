/** Where secrets come from. */
import { secretAge } from "./age.ts";
import { secretCommand } from "./command.ts";
import { secretEnv } from "./env.ts";
import { secretFile } from "./file.ts";
import { secretPrompt } from "./prompt.ts";
import { secretSops } from "./sops.ts";
import { secretVault } from "./vault-file.ts";

/**
 * Secrets from where they are kept, for inventories and playbooks.
 *
 * `env` and `file` are read at once (a pipe when it is first needed). `prompt`, `command`, `sops` and `vault` are lazy: an inventory that is only
 * listed asks for nothing. `age` decrypts at once, and is awaited.
 *
 * @example
 * inventory({
 *   settings: { becomePassword: secretFrom.prompt("sudo password") },
 *   vars: { dbPassword: secretFrom.vault("vault.yml", "db.password") },
 *   hosts: { web1: {} },
 * });
 */
export const secretFrom = {
  env: secretEnv,
  file: secretFile,
  prompt: secretPrompt,
  command: secretCommand,
  age: secretAge,
  sops: secretSops,
  vault: secretVault,
} as const;
