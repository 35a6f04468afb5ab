/** Vault passwords that are asked for, as Ansible's `dev@prompt` says. */
import { resolve } from "node:path";
import { expect, it, vi } from "vitest";
import { secretFrom } from "../../src/secrets/sources.ts";

const questions: string[] = [];

vi.mock("../../src/secrets/prompt.ts", async () => {
  const { Secret } = await import("../../src/base/secret.ts");
  return {
    secretPrompt(text: string) {
      questions.push(text);
      return new Secret(text.includes("prod") ? "other-password" : "test-password");
    },
  };
});

it.each([
  ["prod@prompt", "of_prod", "produced", "Vault password (prod)"],
  ["prompt", "inline", "inline value", "Vault password"],
  ["dev@prompt_ask_vault_pass", "inline", "inline value", "Vault password (dev)"],
])("ANSIBLE_VAULT_IDENTITY_LIST=%s asks for the password", (list, key, value, question) => {
  vi.stubEnv("ANSIBLE_VAULT_PASSWORD_FILE", "");
  vi.stubEnv("ANSIBLE_VAULT_IDENTITY_LIST", list);
  expect(secretFrom.vault(resolve(import.meta.dirname, "vault/inline.yml"), key).reveal()).toBe(value);
  expect(questions).toContain(question);
  vi.unstubAllEnvs();
});
