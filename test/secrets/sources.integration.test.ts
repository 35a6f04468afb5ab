import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { inspect } from "node:util";
import { armor, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { afterAll, afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";
import { messageOf } from "../../src/base/errors.ts";
import { forgetFailures, redact, secret } from "../../src/base/secret.ts";
import { fetchSecrets } from "../../src/secrets/fetch.ts";
import { secretFrom } from "../../src/secrets/sources.ts";

const folder = mkdtempSync(join(tmpdir(), "secrets-"));
afterAll(() => rmSync(folder, { recursive: true }));
const vaults = resolve(import.meta.dirname, "vault");

beforeEach(() => {
  vi.stubEnv("ANSIBLE_VAULT_PASSWORD_FILE", "");
  vi.stubEnv("ANSIBLE_VAULT_IDENTITY_LIST", "");
  vi.stubEnv("AGE_IDENTITY", "");
});
afterEach(() => vi.unstubAllEnvs());

function put(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

async function failure(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    return messageOf(error).replaceAll(`${folder}/`, "").replaceAll(`${vaults}/`, "");
  }
  return "no failure";
}

describe("the environment", () => {
  it("gives a variable", () => {
    vi.stubEnv("SITE_PASSWORD", "from the environment");
    expect(secretFrom.env("SITE_PASSWORD").reveal()).toBe("from the environment");
    expect(redact("it is from the environment.")).toBe("it is ********.");
  });

  it("says which variable is missing, or empty", async () => {
    vi.stubEnv("EMPTY", "");
    expect(await failure(() => secretFrom.env("NOT_THERE"))).toMatch(
      /^the environment variable NOT_THERE is not set/,
    );
    expect(await failure(() => secretFrom.env("EMPTY"))).toMatch(/^the environment variable EMPTY is empty/);
  });
});

describe("a file", () => {
  test.each([
    ["value-1\n", "value-1"],
    ["value-2\n\n", "value-2\n"],
    ["value-3", "value-3"],
    ["value-4\r\n", "value-4"],
  ])("%j gives %j", (content, value) => {
    expect(secretFrom.file(put("plain", content)).reveal()).toBe(value);
  });

  it("that everybody may read is warned of", () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    secretFrom.file(put("mine", "mine alone"));
    expect(warn).not.toHaveBeenCalled();
    secretFrom.file(put("open", "wide open", 0o644));
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("may be read by everybody"));
    warn.mockRestore();
  });

  it.each([
    ["a secret file", (path: string) => secretFrom.file(path)],
    ["a file of texts", (path: string) => secretFrom.vault(path, "a")],
    ["what a command prints", (path: string) => secretFrom.command(["cat", path])],
    [
      "a vault password",
      (path: string) => secretFrom.vault(join(vaults, "whole.yml"), "db.password", { passwordFile: path }),
    ],
  ])("that is not UTF-8 is refused, since it would be another secret: %s", async (_, secretOf) => {
    const path = put("latin1", Buffer.from("a: x\nb: caf\xe9", "latin1"));
    const said = await failure(() => secretOf(path).reveal());
    expect(said).toMatch(/ is not UTF-8 in line 2$/);
    expect(said).not.toMatch(/caf|E9/i);
  });

  it("that is not UTF-8 once it is decrypted is refused, too", async () => {
    const sealed = new Encrypter();
    sealed.setPassphrase("open sesame");
    sealed.setScryptWorkFactor(10);
    const path = put("latin1.age", await sealed.encrypt(Buffer.from("caf\xe9", "latin1")));
    expect(await failure(() => secretFrom.age(path, { passphrase: "open sesame" }))).toMatch(
      /latin1\.age: what is encrypted in it is not UTF-8 in line 1$/,
    );
  });

  it("that isn't there is named", async () => {
    expect(await failure(() => secretFrom.file(join(folder, "none")))).toBe(
      "cannot read the secret file none: there is no such file",
    );
  });
});

describe("a command", () => {
  it("runs once, and only when the secret is revealed", () => {
    const runs = put("runs", "");
    const made = secretFrom.command(["sh", "-c", `echo x >> ${runs}; echo the-output-$(wc -l < ${runs})`]);
    expect(JSON.stringify(made)).toBe('"********"');
    expect(made.reveal()).toBe("the-output-1");
    expect(made.reveal()).toBe("the-output-1");
    expect(redact("the-output-1")).toBe("********");
  });

  it("is read ahead wherever it is in some data, and then not again", async () => {
    const runs = put("early", "");
    const made = secretFrom.command(["sh", "-c", `echo x >> ${runs}; echo early-output`]);
    await fetchSecrets(
      new Map([["play", new Map([["web1", { deep: [{ made }], bytes: Buffer.from("x") }]])]]),
    );
    expect(readFileSync(runs, "utf8")).toBe("x\n");
    expect(made.reveal()).toBe("early-output");
    expect(readFileSync(runs, "utf8")).toBe("x\n");
  });

  it("that fails is not run again, read ahead or revealed, until another run begins", async () => {
    const runs = put("failing", "");
    const broken = secretFrom.command(["sh", "-c", `echo x >> ${runs}; exit 1`]);
    const whole = secret`password=${broken}`;
    expect(await failure(() => fetchSecrets([whole, broken]))).toContain("failed with status 1");
    expect(await failure(() => broken.reveal())).toContain("failed with status 1");
    expect(await failure(() => whole.reveal())).toContain("failed with status 1");
    expect(readFileSync(runs, "utf8")).toBe("x\n");
    forgetFailures();
    expect(await failure(() => whole.reveal())).toContain("failed with status 1");
    expect(readFileSync(runs, "utf8")).toBe("x\nx\n");
  });

  it("is read while this process goes on, and those that ask on the terminal do so one after the other", async () => {
    const log = put("log", "");
    const made = (name: string) =>
      secretFrom.command(["sh", "-c", `echo begin >> ${log}; sleep 0.2; echo end >> ${log}; echo ${name}`]);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 20);
    const both = [made("first-secret"), made("second-secret")];
    await Promise.all(both.map((one) => fetchSecrets(one)));
    clearInterval(timer);
    expect(both.map((one) => one.reveal())).toEqual(["first-secret", "second-secret"]);
    expect(readFileSync(log, "utf8")).toBe("begin\nend\nbegin\nend\n");
    expect(ticks).toBeGreaterThan(3);
  });

  it.each([
    ["ends as it is asked to", "exec sleep 30"],
    ["takes no notice", "trap '' TERM INT; sleep 30; sleep 30"],
    ["has started others", "sleep 30; true"],
  ])("that %s is ended with the run", async (_, script) => {
    const pidFile = put("pid", "");
    const made = secretFrom.command(["sh", "-c", `echo $$ > ${pidFile}; ${script}`]);
    const ending = new AbortController();
    const started = performance.now();
    const reading = failure(() => fetchSecrets(made, ending.signal));
    await expect.poll(() => readFileSync(pidFile, "utf8")).toMatch(/\d/);
    ending.abort();
    expect(await reading).toMatch(/^interrupted/);
    expect(performance.now() - started).toBeLessThan(4000);
    expect(() => process.kill(Number(readFileSync(pidFile, "utf8")), 0)).toThrow("ESRCH");
  });

  it("that is a text is refused, with what it should be", async () => {
    // what a program that was not compiled may say
    const given: [string, ...string[]] = JSON.parse('"pass show site/db"');
    expect(await failure(() => secretFrom.command(given))).toBe(
      'secretFrom.command: expected a command and its words, such as ["pass", "show", "site/db"], got a text',
    );
  });

  test.each<[readonly [string, ...string[]], string]>([
    [["no-such-command-at-all"], `the command "no-such-command-at-all", which gives a secret, is not there`],
    [
      ["sh", "-c", "echo locked >&2; exit 3"],
      `the command "sh", which gives a secret, failed with status 3: locked`,
    ],
    [["true"], `the command "true" was to print a secret and printed nothing`],
  ])("%j fails clearly", async (argv, message) => {
    const made = secretFrom.command(argv);
    expect(await failure(() => made.reveal())).toBe(message);
  });
});

describe("age", async () => {
  const identity = await generateX25519Identity();
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  const bytes = await encrypter.encrypt("from age\n");
  const keys = put("keys.txt", `# created: today\n# public key: age1\n${identity}\n`);
  const file = put("secret.age", bytes);

  it("decrypts with an identity file, armoured or not", async () => {
    expect((await secretFrom.age(file, { identity: keys })).reveal()).toBe("from age");
    const armoured = put("armoured.age", armor.encode(bytes));
    expect((await secretFrom.age(armoured, { identity: keys })).reveal()).toBe("from age");
  });

  test.each([
    ["names the identity's file", keys],
    ["holds the identity", identity],
    ["holds the identity's file", `# created: today\n# public key: age1\n ${identity}\n`],
    ["holds it in small letters", identity.toLowerCase()],
  ])("decrypts where AGE_IDENTITY %s", async (_, value) => {
    vi.stubEnv("AGE_IDENTITY", value);
    expect((await secretFrom.age(file)).reveal()).toBe("from age");
    expect(redact(identity)).toBe("********");
  });

  it("decrypts with a passphrase", async () => {
    const locked = new Encrypter();
    locked.setPassphrase("open sesame");
    locked.setScryptWorkFactor(10);
    const path = put("phrase.age", await locked.encrypt("behind a phrase"));
    expect((await secretFrom.age(path, { passphrase: "open sesame" })).reveal()).toBe("behind a phrase");
  });

  it("says what is missing", async () => {
    const other = put("other.txt", await generateX25519Identity());
    expect(await failure(() => secretFrom.age(file))).toMatch(/^no identity to decrypt secret.age with/);
    expect(await failure(() => secretFrom.age(file, { identity: put("none.txt", "# nothing\n") }))).toBe(
      "there is no AGE-SECRET-KEY in none.txt",
    );
    expect(await failure(() => secretFrom.age(file, { identity: other }))).toBe(
      "cannot decrypt secret.age: it is not encrypted for this identity",
    );
    const cut = put("cut.age", bytes.slice(0, -10));
    expect(await failure(() => secretFrom.age(cut, { identity: keys }))).toBe(
      "cannot decrypt cut.age: it is damaged or cut off",
    );
  });

  it("never quotes a file that is not encrypted, nor an identity that is damaged", async () => {
    const clear = put("clear.txt", "CANARYclear\n");
    const armour = put("armour.txt", "-----BEGIN AGE ENCRYPTED FILE-----\nCANARYclear\n");
    const damaged = put("damaged.txt", `${identity.slice(0, -5)}CNARY\n`);
    for (const [given, keyFile, message] of [
      [clear, keys, "clear.txt is not an age file: expected one that begins with age-encryption.org/v1"],
      [armour, keys, "cannot decrypt armour.txt: its armour is damaged or cut off"],
      [file, damaged, "an AGE-SECRET-KEY to decrypt secret.age with is damaged or cut off"],
    ] as const) {
      const error: unknown = await secretFrom.age(given, { identity: keyFile }).catch((thrown) => thrown);
      expect(messageOf(error).replaceAll(`${folder}/`, "")).toContain(message);
      expect(inspect(error)).not.toMatch(/CANARY|CNARY/);
    }
  });

  it("never quotes what AGE_IDENTITY holds", async () => {
    vi.stubEnv("AGE_IDENTITY", "AGE-SECRT-KEY-1CANARY");
    expect(await failure(() => secretFrom.age(file))).toBe(
      "AGE_IDENTITY is neither an identity nor the name of a file that can be read",
    );
    vi.stubEnv("AGE_IDENTITY", put("none.txt", "# nothing\n"));
    expect(await failure(() => secretFrom.age(file))).toBe(
      "there is no AGE-SECRET-KEY in what AGE_IDENTITY names",
    );
  });
});

describe("sops", () => {
  it("asks the command for one value, or for the file", () => {
    put("sops", `#!/bin/sh\nprintf '%s|' "$@"\n`, 0o755);
    vi.stubEnv("PATH", `${folder}:${process.env["PATH"]}`);
    const file = put("site.yaml", "db: ENC[…]\nsops: {}\n");
    expect(secretFrom.sops(file, "db.users[0].token").reveal()).toBe(
      `--decrypt|--extract|["db"]["users"][0]["token"]|${file}|`,
    );
    expect(secretFrom.sops(file).reveal()).toBe(`--decrypt|${file}|`);
  });

  it("is not asked for a file in the clear, of which it might quote something", async () => {
    const file = put("clear.yaml", "db: CANARYclear\n");
    expect(await failure(() => secretFrom.sops(file, "db").reveal())).toBe(
      'clear.yaml is not encrypted with SOPS: expected the part "sops" that it adds to a file',
    );
  });

  it("says so where the command isn't there", async () => {
    vi.stubEnv("PATH", join(folder, "nowhere"));
    const made = secretFrom.sops(put("site.yaml", "sops: {}\n"));
    expect(await failure(() => made.reveal())).toBe(`the command "sops", which gives a secret, is not there`);
  });
});

describe("Ansible Vault", () => {
  const whole = join(vaults, "whole.yml");
  const prod = join(vaults, "text-1.2");
  const inline = join(vaults, "inline.yml");
  const passwordFile = join(vaults, "password");
  const prodFile = join(vaults, "password.prod");

  test.each([
    ["db.password", `canary "whole" file`],
    ["db.port", "3306"],
    ["users[0].token", "tok-123456"],
  ])("a file encrypted as a whole gives %s", (key, value) => {
    expect(secretFrom.vault(whole, key, { passwordFile }).reveal()).toBe(value);
  });

  test.each([
    ["leading zeros", "0123"],
    ["what looks like a number with an exponent", "83912e47"],
    ["more digits than a number has", "12345678901234567890"],
    ["a word for a truth value", "yes"],
  ])("a value is the text that is written: %s", (_, text) => {
    const plain = put("plain.yml", `base: &base {pin: ${text}}\nuser: {<<: *base, name: ann}\n`);
    expect(secretFrom.vault(plain, "user.pin").reveal()).toBe(text);
  });

  it.each(["", "~", "null"])("a key without a value gives none: %j", async (text) => {
    const plain = put("plain.yml", `db:\n  password: ${text}\n`);
    expect(await failure(() => secretFrom.vault(plain, "db.password").reveal())).toMatch(
      /expected a text at "db.password", there is nothing$/,
    );
  });

  it("a file without a key gives all of it", () => {
    expect(secretFrom.vault(prod, undefined, { passwordFile: prodFile }).reveal()).toBe("just text, ünï");
  });

  it("takes the password from where Ansible does, by id and without", () => {
    vi.stubEnv("ANSIBLE_VAULT_PASSWORD_FILE", passwordFile);
    vi.stubEnv("ANSIBLE_VAULT_IDENTITY_LIST", `dev@${passwordFile}, prod@${prodFile}`);
    expect(secretFrom.vault(inline, "inline").reveal()).toBe("inline value");
    expect(secretFrom.vault(inline, "of_prod").reveal()).toBe("produced");
    expect(secretFrom.vault(inline, "of_prod", { id: "prod" }).reveal()).toBe("produced");
  });

  it("takes the password from another secret, or from a script that is told the id", () => {
    expect(
      secretFrom
        .vault(inline, "inline", { password: secretFrom.file(put("vault", "test-password\n")) })
        .reveal(),
    ).toBe("inline value");
    const script = put(
      "vault-client",
      `#!/bin/sh\n[ "$*" = "--vault-id prod" ] && echo other-password\n`,
      0o755,
    );
    expect(secretFrom.vault(inline, "of_prod", { passwordFile: script, id: "prod" }).reveal()).toBe(
      "produced",
    );
  });

  it("refuses another password, and a text that was altered", async () => {
    const other = secretFrom.vault(whole, "db", { passwordFile: prodFile });
    expect(await failure(() => other.reveal())).toBe(
      "whole.yml: the vault password does not fit it, or the text was altered",
    );
    vi.stubEnv("ANSIBLE_VAULT_IDENTITY_LIST", `dev@${passwordFile},test@${passwordFile}`);
    expect(await failure(() => secretFrom.vault(prod).reveal())).toBe(
      `text-1.2: none of 2 vault passwords fits it, which says the id "prod", or the text was altered`,
    );
  });

  test.each([
    ["no password", () => secretFrom.vault(whole, "db"), "whole.yml: no vault password to decrypt it with"],
    [
      "a key that isn't there",
      () => secretFrom.vault(whole, "db.pass", { passwordFile }),
      `whole.yml: expected a text at "db.pass", there is nothing`,
    ],
    [
      "a file that isn't encrypted",
      () => secretFrom.vault(inline, undefined, { passwordFile }),
      "inline.yml: expected text encrypted with Ansible Vault, which begins with $ANSIBLE_VAULT",
    ],
    [
      "an old format",
      () => secretFrom.vault(put("old", "$ANSIBLE_VAULT;1.0;AES\n6132\n"), undefined, { passwordFile }),
      "old: expected Ansible Vault 1.1 or 1.2 with AES256, got 1.0 with AES",
    ],
    [
      "a text cut off",
      () => secretFrom.vault(put("cut", "$ANSIBLE_VAULT;1.1;AES256\n6132\n"), undefined, { passwordFile }),
      "cut: the encrypted text is damaged or cut off",
    ],
  ])("says what is wrong with %s", async (_, make, message) => {
    expect(await failure(() => make().reveal())).toBe(message);
  });
});

it("asks nothing where there is no terminal, and says so", () => {
  const sources = resolve(import.meta.dirname, "../../src/secrets/sources.ts");
  const program = put(
    "ask.ts",
    `import { secretFrom } from ${JSON.stringify(sources)};
    const password = secretFrom.prompt("sudo password");
    try { password.reveal(); } catch (error) { console.log(error.message); }`,
  );
  const jiti = resolve(import.meta.dirname, "../../node_modules/.bin/jiti");
  const { stdout } = spawnSync("setsid", ["--wait", process.execPath, jiti, program], {
    input: "",
    encoding: "utf8",
    timeout: 60_000,
  });
  expect(stdout).toBe('"sudo password" is to be asked for, but there is no terminal\n');
});
