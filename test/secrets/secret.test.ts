/** What may be made of a secret, and what may not. */
import { describe, expect, it } from "vitest";
import { Secret, secret } from "../../src/secrets/secret.ts";

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
