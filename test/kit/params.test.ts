import { describe, expect, it } from "vitest";
import { ShowrunnerError } from "../../src/base/errors.ts";
import { bytes, cleanPath, defineModule, Param, refusing, Type, withDefault } from "../../src/kit/index.ts";

const sample = defineModule({
  name: "sample",
  summary: "Takes one of each.",
  params: {
    path: Type.Optional(Param.path()),
    state: Param.state(),
    mode: Type.Optional(Param.mode()),
    owner: Type.Optional(Param.account()),
    force: Param.flag(),
    follow: Param.flag(true),
    level: withDefault(Param.oneOf("low", "high"), "low"),
    text: Type.Optional(Param.text()),
    search: Type.Optional(Param.expression()),
    port: Type.Optional(Param.port()),
    timeout: withDefault(Param.duration(), "30s"),
    size: Type.Optional(Param.size()),
    even: Type.Optional(
      refusing(Type.Integer(), (value) =>
        Number(value) % 2 === 0
          ? undefined
          : { message: `expected an even number, got ${value}`, hint: "add one" },
      ),
    ),
  },
  async *plan(_, p) {
    return p;
  },
});

/** What a call says that does not compile, as a playbook in JavaScript or `run task` may make it. */
function refusal(params: Record<string, unknown>): { message: string; hint: string | undefined } {
  try {
    sample.fromData(params);
  } catch (error) {
    if (error instanceof ShowrunnerError) return { message: error.message, hint: error.hint };
  }
  throw new Error("it was taken");
}

describe("parameters of the usual kinds", () => {
  it("have their defaults where they are left out", () => {
    expect(sample({}).params).toEqual({
      state: "present",
      force: false,
      follow: true,
      level: "low",
      timeout: "30s",
    });
  });

  it.each([
    [{ path: "etc/app" }, 'sample: path: expected an absolute path on the host, got "etc/app"'],
    [{ path: "/a\0b" }, 'sample: path: a path holds no NUL byte: "/a\\u0000b"'],
    [{ path: 7 }, "sample: path: expected an absolute path on the host, got 7"],
    [{ state: "gone" }, 'sample: state: expected one of "present", "absent", got "gone"'],
    [
      { state: "presant" },
      'sample: state: expected one of "present", "absent" (did you mean "present"?), got "presant"',
    ],
    [{ mode: "9" }, 'sample: mode: expected a mode such as "0644" or "u=rw,g=r,o=", got "9"'],
    [{ owner: "a:b" }, 'sample: owner: expected a name, got "a:b"'],
    [{ force: "yes" }, 'sample: force: expected a boolean, got "yes"'],
    [{ text: 7 }, "sample: text: expected a string or a secret, got a number"],
    [{ search: "(" }, "sample: search: Invalid regular expression: /(/: Unterminated group"],
    [{ port: 70_000 }, "sample: port: expected <= 65535, got 70000"],
    [
      { timeout: "soon" },
      'sample: timeout: expected a time such as 5, "500ms" or "10m" (in ms, s, m or h; at most 24 days), got "soon"',
    ],
    [
      { size: "1 GB" },
      'sample: size: expected a size such as 4096, "512K" or "2G" (in K, M, G or T of 1024), got "1 GB"',
    ],
  ])("%j is refused by name, with what was expected and what came", (params, message) => {
    expect(refusal(params).message).toBe(message);
  });

  it("say what to do", () => {
    expect(refusal({ mode: 644 })).toEqual({
      message: 'sample: mode: expected a string such as "0644", got the number 644, which is mode 1204',
      hint: 'a number is decimal before it is a mode; write "0644" in quotes',
    });
    expect(refusal({ path: "~/x" }).hint).toContain("write it out");
    expect(refusal({ owner: "33" }).hint).toBe("give the name that the number stands for");
    expect(refusal({ even: 3 })).toEqual({
      message: "sample: even: expected an even number, got 3",
      hint: "add one",
    });
  });

  it("do not show a text of the wrong kind: it may be a secret", () => {
    expect(refusal({ text: ["hunter2"] }).message).not.toContain("hunter2");
  });
});

it("a size is bytes, or has a unit of 1024", () => {
  expect([bytes(4096), bytes("512K"), bytes("1.5M"), bytes("2G"), bytes("1T")]).toEqual([
    4096, 524_288, 1_572_864, 2_147_483_648, 1_099_511_627_776,
  ]);
});

it("a path has one spelling, and `..` stays in it", () => {
  expect([cleanPath("/etc//app/"), cleanPath("/etc/./app"), cleanPath("/a/../b"), cleanPath("/")]).toEqual([
    "/etc/app",
    "/etc/app",
    "/a/../b",
    "/",
  ]);
});
