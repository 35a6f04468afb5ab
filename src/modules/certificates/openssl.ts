/** What all modules that use `openssl` on a host have in common. */
import { file } from "../../facts/files.ts";
import type { PrivateKey } from "../../facts/private-key.ts";
import { feed, type PlanHost, requireOwnFile, type Script, type Secret, sh } from "../../kit/index.ts";

/** `openssl` makes keys and signs on the host, so that no key leaves it. */
export async function requireOpenssl(host: PlanHost): Promise<void> {
  const { type } = await host.fact(file, "/usr/bin/openssl");
  host.require(type !== "absent", "openssl is not installed", 'install it before: apt({ name: "openssl" })');
}

/**
 * The public half of a key that must be there; undefined in a check where an earlier task may yet make the key.
 *
 * @param key what was found at the path
 */
export function requireKey(
  host: PlanHost,
  path: string,
  key: PrivateKey | string | undefined,
): string | undefined {
  host.require(
    key !== undefined,
    `there is no private key ${path} on the host`,
    `make it before: await privateKey({ path: ${JSON.stringify(path)} })`,
  );
  host.require(typeof key !== "string", `the private key ${path}: ${key}`);
  return typeof key === "object" ? key.publicKey : undefined;
}

/** Ends a script where another user could have `openssl` use another key than the one that was looked at. */
export function requireOwnKey(path: string): Script {
  return requireOwnFile(
    path,
    "let the task become the user to whom the directory belongs, or keep the key elsewhere",
  );
}

/** Runs a command of `openssl` that reads a passphrase from its standard input, if there is one: never from its words. */
export function withPassphrase(
  passphrase: string | Secret | undefined,
  command: (source: string) => Script,
): Script {
  return passphrase === undefined ? sh`${command("pass:")} </dev/null` : feed(passphrase, command("stdin"));
}
