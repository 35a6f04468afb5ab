/** What may be made of a secret, and what may not. */
import { describe, expect, it } from "vitest";
import { redact, Secret, secret } from "../../src/base/secret.ts";

describe("a secret is blanked as programs print it:", () => {
  const long = secret(`S3cr3t-pa'ss"w/o rd$x%(ü)${"0123456789".repeat(12)}`);
  const value = long.reveal();
  const hex = (text: string) => Buffer.from(text).toString("base64");
  const quotePlus = encodeURIComponent(value).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  it.each([
    ["base64, in lines of 76", hex(value).replace(/.{76}/g, "$&\n")],
    ["base64, in lines of 64", hex(value).replace(/.{64}/g, "$&\n")],
    ["Python's quote", quotePlus.replaceAll("%2F", "/")],
    ["URLSearchParams", new URLSearchParams({ token: value }).toString().slice("token=".length)],
    ["a form", quotePlus.replaceAll("%20", "+")],
    ["JSON with slashes escaped", JSON.stringify(value).replaceAll("/", "\\/")],
    ["JSON in ASCII", JSON.stringify(value).replaceAll("ü", "\\u00fc")],
    ["bash's printf %q", value.replace(/[^\w./:=@+%ü-]/g, "\\$&")],
    ["bash's declare -p", value.replace(/["$]/g, "\\$&")],
  ])("%s", (_, printed) => {
    const said = redact(`>${printed}<`);
    expect(said).toContain("********");
    // a line of base64 that is too short to be known for certain may be left
    const rest = said.replaceAll("********", "").replace(/[\n"<>=]/g, "");
    expect(rest.length).toBeLessThan(12);
  });

  it("half a letter in it does no harm", () => {
    expect(redact(secret("abc\ud800def").reveal())).toBe("********");
  });
});

describe("a secret in a text", () => {
  const password = secret("four-words-of-it");

  it.each<[string, () => unknown]>([
    ["a template", () => `user=${password}`],
    ["a sum", () => `user=${""}`.concat(String(password))],
    ["a list", () => [password].join()],
  ])("is refused in %s, with what to write instead", (_, make) => {
    expect(make).toThrow("secret`user=${value}`");
  });

  it("makes a secret of the whole by secret`…`, with numbers and texts", () => {
    const whole = secret`port=${3306}\nuser=${"site"}\npassword=${password}\n`;
    expect(whole).toBeInstanceOf(Secret);
    expect(whole.reveal()).toBe("port=3306\nuser=site\npassword=four-words-of-it\n");
    expect(JSON.stringify({ whole })).toBe('{"whole":"********"}');
  });

  it("is not asked for before the whole is needed", () => {
    let asked = 0;
    const late = new Secret(() => `answer ${++asked}`);
    const whole = secret`${late}!`;
    expect(asked).toBe(0);
    expect(whole.reveal() + whole.reveal()).toBe("answer 1!answer 1!");
  });
});
