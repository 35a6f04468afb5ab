/** Secrets in files of SOPS, read by its own command, which knows the keys of every cloud. */

import { Secret } from "../base/secret.ts";
import { unavailable } from "../base/secret-unavailable.ts";
import { readSecretFile, secretPath } from "./file.ts";
import { keyParts } from "./key-path.ts";
import { printed } from "./run-command.ts";

const missing = "Install SOPS (https://getsops.io), or take the secret from elsewhere.";

/**
 * A file of SOPS, or one value in it. The command `sops` runs when the secret is first needed, once.
 *
 * @param file relative to the working directory
 * @param key the value's path, such as `db.password` or `users[0].token`; without it the whole file, decrypted
 * @throws ShowrunnerError "secret.unavailable", when revealed, where `sops` isn't there or can't decrypt the file
 * @example
 * secretFrom.sops("secrets/site.yaml", "db.password");
 */
export function secretSops(file: string, key?: string): Secret {
  const extract = key === undefined ? [] : ["--extract", extraction(key)];
  return new Secret(function* () {
    const path = secretPath(file);
    // of an unencrypted file, the command may quote what it can't parse
    if (!readSecretFile(path, "file of SOPS").includes("sops"))
      throw unavailable(
        `${file} is not encrypted with SOPS: expected the part "sops" that it adds to a file`,
        "Encrypt it: `sops --encrypt --in-place FILE`.",
      );
    return yield printed({ argv: ["sops", "--decrypt", ...extract, path], missing });
  });
}

function extraction(key: string): string {
  return keyParts(key)
    .map((part) => `[${JSON.stringify(part)}]`)
    .join("");
}
