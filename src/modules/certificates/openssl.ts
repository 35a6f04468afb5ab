/** What all modules that use `openssl` on a host have in common. */
import { type FileState, file } from "../../facts/files.ts";
import type { PrivateKey } from "../../facts/private-key.ts";
import {
  feed,
  lines,
  type PlanHost,
  rawScript,
  requireOwnFile,
  type Script,
  type Secret,
  sh,
} from "../../kit/index.ts";
import { writeFileScript } from "../../kit/own.ts";
import type { Attributes, ModeState } from "../files/attributes.ts";

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

/**
 * Writes a file of which `openssl` makes the content, as `copy` writes one: what is replaced hands down all that the task
 * does not set, such as its owner, its group and its ACL.
 *
 * @param wanted what the task sets
 * @param was what stood there
 * @param then what it is like afterwards
 * @param content makes the content in the new file `$sr_new`
 */
export function writeMade(
  path: string,
  wanted: Attributes,
  was: FileState,
  then: ModeState,
  content: Script,
): Script {
  const expected = was.type === "file" ? was : undefined;
  const { owner = expected?.owner, group = expected?.group } = wanted;
  return writeFileScript({ kind: "write", path, mode: then.mode, owner, group, expected, content });
}

/**
 * A content for `writeMade`, of a script that needs files of its own: it runs in a folder that only our user can enter,
 * and that is gone afterwards. What it prints is the content, which is then printed for the task.
 */
export function madeApart(script: Script): Script {
  return lines(
    rawScript(`(
trap 'rm -rf -- "$sr_work"' EXIT
trap 'exit 143' HUP INT TERM
sr_work=$(mktemp -d /tmp/.sr-XXXXXX) || exit
cd -- "$sr_work"`),
    script,
    rawScript(`) >"$sr_new"
cat -- "$sr_new"`),
  );
}
