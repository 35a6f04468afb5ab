/** Which texts of a file that is encrypted as a whole are blanked where they show. */
import { afterEach, expect, it, vi } from "vitest";
import { redact } from "../../src/redaction/redact.ts";
import { noteVaulted, rememberVaulted } from "../../src/secrets/vaulted-words.ts";

afterEach(() => vi.restoreAllMocks());

it("real secrets are, names and common words are not, unless their key says that they are secret", () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  const file = "group_vars/all/vault.yml";
  const note = (key: string, text: string) => noteVaulted({ text, file, key });
  note("db.user", "siteuser");
  note("mode", "true");
  note("who", "root");
  note("where", "web-77");
  note("port", "3306");
  note("it", "ab1");
  note("db.password", "dragon");
  note("api_token", "rot1");
  note("users[0].pin", "48151");
  note("users[0].other", "correct horse battery");
  note("number", "481516234");
  rememberVaulted(["web-77", "web"]);
  const shown = "siteuser true root web-77 3306 ab1";
  expect(redact(shown)).toBe(shown);
  for (const hidden of ["dragon", "rot1", "48151", "correct horse battery", "481516234"])
    expect(redact(`<${hidden}>`)).toBe("<********>");
  expect(warn).toHaveBeenCalledOnce();
  const said = String(warn.mock.calls[0]?.[0]);
  expect(said).toContain(`${file} is encrypted`);
  expect(said).toContain("db.user, mode, who, where, port, it");
  expect(said).not.toMatch(/siteuser|web-77|3306|root/);
  note("more", "yes");
  rememberVaulted();
  expect(warn).toHaveBeenCalledOnce();
});
