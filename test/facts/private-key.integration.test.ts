/** What openssl says of private keys: a good one must never count as none. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { holdsNoKey, privateKey, privateKeyFile } from "../../src/facts/private-key.ts";
import { readHere } from "./parsed.ts";
import { shellWith } from "./stub-commands.ts";

const folder = mkdtempSync(join(tmpdir(), "keys-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const openssl = (...words: string[]) =>
  execFileSync("openssl", words, { stdio: ["ignore", "pipe", "ignore"] });

const p256 = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
openssl(...p256, "-out", at("good"));
openssl(...p256, "-aes-256-cbc", "-pass", "pass:open it", "-out", at("locked"));
openssl("pkey", "-in", at("good"), "-outform", "DER", "-out", at("der"));
openssl("req", "-x509", "-key", at("good"), "-subj", "/CN=x", "-out", at("certificate"));
const good = readFileSync(at("good"), "latin1");
writeFileSync(at("combined"), readFileSync(at("certificate"), "latin1").repeat(20) + good);
writeFileSync(at("no"), "precious");
writeFileSync(at("far"), `${"\n".repeat(100_000)}${good}`);
writeFileSync(at("sparse"), "");
truncateSync(at("sparse"), 2 ** 31);
const publicKey = openssl("pkey", "-in", at("good"), "-pubout").toString();

function read(name: string, passphrase?: string, shell?: readonly string[]) {
  const key = privateKeyFile(at(name), passphrase);
  return readHere(privateKey, [key], shell).get(key);
}

it("is read in each form, with and without a passphrase", () => {
  const kind = { type: "ec", curve: "prime256v1", isEncrypted: false, publicKey };
  for (const name of ["good", "der", "combined"]) expect(read(name)).toEqual(kind);
  expect(read("good", "any")).toEqual(kind);
  expect(read("locked", "open it")).toMatchObject({
    ...kind,
    isEncrypted: true,
    publicKey: expect.stringMatching(/^-----BEGIN/),
  });
  expect(read("none")).toBeUndefined();
});

it("is none only where openssl says so", () => {
  for (const [name, passphrase] of [["no"], ["certificate"], ["locked"], ["locked", "wrong"]])
    expect(holdsNoKey(read(name ?? "", passphrase)), name).toBe(true);
});

it.each([
  ["it ended with another status", "cat >/dev/null; echo 'Could not read key from <stdin>' >&2; exit 137"],
  ["there was no memory", "echo 'Could not read key from <stdin>\nerror:malloc failure' >&2; exit 1"],
  ["it could not start", "echo 'error while loading shared libraries: libcrypto.so.3' >&2; exit 127"],
  ["it said something else", "echo 'Could not open file or uri' >&2; exit 1"],
])("is not known where %s", (_, script) => {
  const found = read("good", undefined, shellWith({ openssl: `#!/bin/sh\n${script}\n` }));
  expect(found).toMatch("openssl could not look at it");
  expect(holdsNoKey(found)).toBe(false);
});

it("is not known where there is no openssl, and may be once it is installed", () => {
  const shell = shellWith({});
  const [env = "", path = "", ...rest] = shell;
  const bare = [env, path.replace(/:.*/, ""), "/bin/sh", ...rest.slice(1)];
  const found = read("good", undefined, bare);
  expect(found).toBe("openssl is not installed on the host");
  const { source } = privateKey;
  expect(source.mayArrive?.(privateKeyFile("/etc/x.key"), found)).toBe(true);
});

it("is not known where it would stand behind all that is read", () => {
  expect(read("far")).toMatch("longer than 64 KiB");
  expect(holdsNoKey(read("far"))).toBe(false);
});

it("is looked for at no cost in a file of any size", () => {
  const words = ["-c", `TIMEFORMAT='%U %S'; time sh -c "$0" >/dev/null 2>&1`];
  const key = privateKeyFile(at("sparse"));
  if (!("script" in privateKey.source)) throw new Error("expected a script");
  const { stderr } = spawnSync("bash", [...words, privateKey.source.script([key]).text], {
    encoding: "utf8",
  });
  const [user = 100, system = 100] = stderr.trim().split(" ").map(Number);
  expect(user + system).toBeLessThan(1);
});

it("is waited for no longer than a moment where a pipe has taken its place", () => {
  // between the look at the file and its reading
  const turned = at("turned");
  writeFileSync(turned, good);
  const shell = shellWith({
    timeout: `#!/bin/sh
[ -p ${turned} ] || { rm ${turned}; mkfifo ${turned}; }
shift
exec /usr/bin/timeout 1 "$@"
`,
  });
  const found = read("turned", undefined, shell);
  expect(holdsNoKey(found)).toBe(false);
  expect(found).toMatch(/could not/);
});
