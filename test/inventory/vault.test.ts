import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Secret } from "../../src/base/secret.ts";
import { redactValue } from "../../src/secrets/redact-value.ts";
import { loadYaml } from "./helpers.ts";

const vaults = resolve(import.meta.dirname, "../secrets/vault");
const fixture = (name: string) => readFileSync(join(vaults, name), "utf8");
const hosts = "all:\n  hosts:\n    web1:\n";

beforeEach(() => {
  vi.stubEnv("ANSIBLE_VAULT_PASSWORD_FILE", join(vaults, "password"));
  vi.stubEnv("ANSIBLE_VAULT_IDENTITY_LIST", `prod@${join(vaults, "password.prod")}`);
});
afterEach(() => vi.unstubAllEnvs());

const revealed = (value: unknown) => (value instanceof Secret ? value.reveal() : value);

it("decrypts single values of any id when they are needed, and shows none of them", async () => {
  const inventory = await loadYaml(hosts, { "group_vars/all.yml": fixture("inline.yml") });
  const { vars } = inventory.host("web1");
  expect(redactValue(vars)).toEqual({ plain: "not secret", inline: "********", of_prod: "********" });
  expect([revealed(vars["inline"]), revealed(vars["of_prod"])]).toEqual(["inline value", "produced"]);
});

it("needs no password where nothing encrypted is used", async () => {
  vi.stubEnv("ANSIBLE_VAULT_PASSWORD_FILE", "");
  vi.stubEnv("ANSIBLE_VAULT_IDENTITY_LIST", "");
  const inventory = await loadYaml(hosts, { "group_vars/all.yml": fixture("inline.yml") });
  const { inline } = inventory.host("web1").vars;
  expect(() => revealed(inline)).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/group_vars\/all.yml:2: no vault password to decrypt it with$/),
      // options can be given to `secretFrom.vault` alone
      hint: expect.stringMatching(/^Set ANSIBLE_VAULT_PASSWORD_FILE /),
    }),
  );
});

it("is no mistake of the inventory where whoever gives the password was interrupted", async () => {
  const folder = mkdtempSync(join(tmpdir(), "vault-"));
  const program = join(folder, "password");
  writeFileSync(program, "#!/bin/sh\nkill -INT $$\n", { mode: 0o700 });
  vi.stubEnv("ANSIBLE_VAULT_PASSWORD_FILE", program);
  vi.stubEnv("ANSIBLE_VAULT_IDENTITY_LIST", "");
  const loading = loadYaml(hosts, { "group_vars/all.yml": fixture("whole.yml") });
  await expect(loading).rejects.toMatchObject({ code: "interrupted", exitCode: 99 });
  rmSync(folder, { recursive: true });
});

it("makes a secret of every text in a file that is encrypted as a whole", async () => {
  const inventory = await loadYaml(hosts, { "group_vars/all.yml": fixture("whole.yml") });
  const { vars } = inventory.host("web1");
  expect(redactValue(vars)).toEqual({
    db: { password: "********", port: 3306 },
    users: [{ token: "********" }],
  });
  const { db } = vars;
  expect(typeof db === "object" && db !== null && "password" in db && revealed(db.password)).toBe(
    `canary "whole" file`,
  );
});

it("takes an encrypted password as a setting", async () => {
  const encrypted = fixture("inline.yml")
    .replace(/^plain.*\n/, "")
    .replace(/^of_prod[\s\S]*/m, "");
  const { settings, vars } = (
    await loadYaml(hosts, { "group_vars/all.yml": encrypted.replace("inline:", "ansible_become_password:") })
  ).host("web1");
  expect(revealed(settings.becomePassword)).toBe("inline value");
  expect(vars).toEqual({});
});
