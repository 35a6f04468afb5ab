/** What all modules that use `openssl` on a host have in common. */
import { file } from "../../facts/files.ts";
import { feed, type PlanHost, type Script, type Secret, sh } from "../../kit/index.ts";

/** `openssl` makes keys and signs on the host, so that no key leaves it. */
export async function requireOpenssl(host: PlanHost): Promise<void> {
  const { type } = await host.fact(file, "/usr/bin/openssl");
  host.require(type !== "absent", "openssl is not installed", 'install it before: apt({ name: "openssl" })');
}

/** Runs a command of `openssl` that reads a passphrase from its standard input, if there is one: never from its words. */
export function withPassphrase(
  passphrase: string | Secret | undefined,
  command: (source: string) => Script,
): Script {
  return passphrase === undefined ? sh`${command("pass:")} </dev/null` : feed(passphrase, command("stdin"));
}
