/** Mistakes in encrypted YAML are told by their place: what stands there may be a secret. */
import { createCipheriv, createHmac, pbkdf2Sync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { invalid } from "../../src/inventory/invalid.ts";
import { yamlReader } from "../../src/inventory/yaml-file.ts";
import { secretFrom } from "../../src/secrets/sources.ts";

const folder = mkdtempSync(join(tmpdir(), "vault-mistakes-"));
const password = "test-password";
const put = (name: string, content: string) => {
  writeFileSync(join(folder, name), content, { mode: 0o600 });
  return join(folder, name);
};
beforeAll(() => vi.stubEnv("ANSIBLE_VAULT_PASSWORD_FILE", put("password", password)));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** As `ansible-vault encrypt` does. */
function sealed(text: string): string {
  const salt = Buffer.alloc(32, 7);
  const keys = pbkdf2Sync(password, salt, 10_000, 80, "sha256");
  const padding = 16 - (Buffer.byteLength(text) % 16);
  const cipher = createCipheriv("aes-256-ctr", keys.subarray(0, 32), keys.subarray(64));
  const data = cipher.update(Buffer.concat([Buffer.from(text), Buffer.alloc(padding, padding)]));
  const proof = createHmac("sha256", keys.subarray(32, 64)).update(data).digest("hex");
  const inner = [salt.toString("hex"), proof, data.toString("hex")].join("\n");
  const lines =
    Buffer.from(inner)
      .toString("hex")
      .match(/.{1,80}/g) ?? [];
  return `$ANSIBLE_VAULT;1.1;AES256\n${lines.join("\n")}\n`;
}

const mistakes = [
  ["a text that is not closed", 'user: x\npassword: "hunter2\n', 3],
  ["what reads as an alias", "user: x\npassword: *hunter2\n", 2],
  ["what reads as an anchor", "user: &hunter2 x\npassword: &hunter2 y\n", 2],
  ["an alias to itself", "user: x\npassword: &hunter2\n  - *hunter2\n", 3],
  ["an odd tag", "user: x\n\npassword: !hunter2 x\n", 3],
] as const;

it.each(mistakes)("one value is wanted, and there is %s", (_, text, line) => {
  for (const [content, what] of [
    [sealed(text), "the decrypted text"],
    [text, "what it holds"],
  ] as const) {
    const file = put("vault.yml", content);
    const error = thrownBy(() => secretFrom.vault(file, "user").reveal());
    expect(error).toMatchObject({
      code: "secret.unavailable",
      message: expect.stringMatching(
        new RegExp(`vault\\.yml: ${what} is not valid YAML at line ${line}, column \\d+$`),
      ),
      hint: expect.stringContaining("that line"),
    });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("hunter2");
  }
});

it.each(mistakes)("variables are encrypted as a whole, and there is %s", async (_, text, line) => {
  const file = put("vars.yml", sealed(text));
  const read = await yamlReader((name) => (why) => invalid(why, { file: name, line: 0 }));
  const error = await read(file).catch((problem) => problem);
  expect(error).toMatchObject({ code: "inventory.invalid", location: { file, line } });
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("hunter2");
});

it("an error of another kind is not taken for a mistake in the file", async () => {
  const tree = await import("../../src/yaml/tree.ts");
  const broken = vi.spyOn(tree.YamlTree.prototype, "toJs").mockImplementation(() => {
    throw new TypeError("a defect");
  });
  expect(thrownBy(() => secretFrom.vault(put("fine.yml", "a: x"), "a").reveal())).toBeInstanceOf(TypeError);
  broken.mockRestore();
});

function thrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
