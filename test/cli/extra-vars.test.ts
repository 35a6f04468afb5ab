/** What `-e` may be, and what its errors don't tell. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { formatLocation, messageOf, ShowrunnerError } from "../../src/base/errors.ts";
import { reveal, Secret } from "../../src/base/secret.ts";
import { readExtraVars } from "../../src/cli/extra-vars.ts";
import { CommandLineText } from "../../src/core/plays/vars.ts";

const vaults = resolve(import.meta.dirname, "../secrets/vault");
const folder = mkdtempSync(join(tmpdir(), "showrunner-extra-vars-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

function put(text: string | Buffer): string {
  const file = join(folder, "vars.yml");
  writeFileSync(file, text);
  return file;
}

async function failure(given: string): Promise<string> {
  try {
    await readExtraVars([given]);
  } catch (error) {
    if (!(error instanceof ShowrunnerError)) throw error;
    const { location, hint = "" } = error;
    const place = location ? ` (${formatLocation(location)})` : "";
    return `${messageOf(error)}${place} ${hint}`.replaceAll(`${folder}/`, "").trim();
  }
  throw new Error("it did not fail");
}

it("takes names with values, JSON and files, of which the last one counts", async () => {
  const file = put("a: 2\nb: [yes, no]\n");
  const vars = await readExtraVars(["a=1", "c=x=y", '{"d": {"e": 1}}', `@${file}`]);
  expect(vars).toEqual({ a: 2, b: [true, false], c: new CommandLineText("x=y"), d: { e: 1 } });
  expect(await readExtraVars([`@${put("")}`])).toEqual({});
});

it("reads scalars of both as Ansible does, or says where it can't", async () => {
  const scalars = { y: "y", mode: 0o644, day: "08", at: 1350, exponent: "1e3" };
  expect(await readExtraVars(["{y: y, mode: 0644, day: 08, at: 22:30, exponent: 1e3}"])).toEqual(scalars);
  const file = put("y: y\nmode: 0644\nday: 08\nat: 22:30\nexponent: 1e3\n");
  expect(await readExtraVars([`@${file}`])).toEqual(scalars);
  expect(await readExtraVars(['{"exponent": 15e-1}'])).toEqual({ exponent: 1.5 });
  expect(await failure('{"pin": 9007199254740993}')).toMatch(
    /^-e, column 9: an integer beyond 9007199254740991 \(2\^53 - 1\) would be rounded here Put it in quotes/,
  );
  expect(await failure(`@${put("a: 1\npin: 9007199254740993\n")}`)).toMatch(
    /^-e @vars\.yml: an integer beyond .* \(vars\.yml:2:6\) Put it in quotes/,
  );
});

it("says where a file is not UTF-8", async () => {
  const file = put(Buffer.from("a: 1\nb: caf\xe9\n", "latin1"));
  expect(await failure(`@${file}`)).toMatch(
    /^-e @vars\.yml: the file is not UTF-8: byte 11 is 0xE9 \(vars\.yml:2\) Save it as UTF-8/,
  );
});

it("decrypts a file's vault values, and a file that is encrypted as a whole", async () => {
  vi.stubEnv("ANSIBLE_VAULT_PASSWORD_FILE", join(vaults, "password"));
  const { plain, inline } = await readExtraVars([`@${join(vaults, "inline.yml")}`]);
  expect(plain).toBe("not secret");
  expect(inline instanceof Secret && reveal(inline)).toBe("inline value");
  const { db } = await readExtraVars([`@${join(vaults, "whole.yml")}`]);
  expect(db).toMatchObject({ password: expect.any(Secret), port: 3306 });
});

it.each([
  ["a text that must be quoted", "db: x\npassword: @hunter2\n"],
  ["a colon too many", "password: hunter2: hunter3\n"],
  ["a bracket that nothing closes", "passwords: [hunter2\n"],
])("says where a file is wrong, and quotes none of it: %s", async (_, text) => {
  const said = await failure(`@${put(text)}`);
  expect(said).toMatch(/^-e @vars\.yml: .*\(vars\.yml:\d+:\d+\)/);
  expect(said).not.toContain("hunter");
});

it("quotes nothing of JSON that is wrong", async () => {
  expect(await failure('{"password": hunter2: 3}')).not.toContain("hunter");
});

it.each([
  ["nothing", "expected name=value, @file or a JSON object"],
  ["@no/such.yml", "-e @no/such.yml: there is no such file"],
])("refuses %j", async (given, message) => {
  expect(await failure(given)).toContain(message);
});

it("refuses a file that holds no mapping, with its line", async () => {
  expect(await failure(`@${put("- a\n")}`)).toBe(
    "-e @vars.yml: expected a mapping of names to values (vars.yml:1:1)",
  );
});
