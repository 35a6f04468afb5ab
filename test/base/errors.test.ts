import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type ErrorCode, errorCodes, exitCode, ShowrunnerError } from "../../src/base/errors.ts";
import { isLoss, isMistake, isRefusal } from "../../src/base/failure-class.ts";
import { secret } from "../../src/base/secret.ts";
import { BadStatus } from "../../src/core/engine/run-action.ts";

it("an error that a step catches shows no secret, however it is printed", () => {
  const value = `CANARY${process.pid}errors`;
  secret(value);
  const output = { stdout: Buffer.from(value), stderr: Buffer.alloc(0), status: 1 };
  const said = { hint: `not ${value}`, details: [`it was ${value}`] };
  const error = new BadStatus(output, `${value} ended with status 1`, said);
  for (const shown of [
    error,
    error.at({ file: "/x.ts", line: 1 }),
    new ShowrunnerError("task.failed", value, said),
  ])
    for (const text of [JSON.stringify(shown), inspect(shown), shown.message, String(shown), shown.stack]) {
      expect(text).not.toContain(value);
      expect(text).not.toContain(JSON.stringify([...Buffer.from(value)]).slice(1, -1));
    }
  expect(error.details).toEqual(["it was ********"]);
  // what the engine goes by is as it was printed
  expect(error.output.stdout.toString()).toBe(value);
});

describe("what kind of failure a code tells of", () => {
  const codes = Object.keys(errorCodes) as ErrorCode[];

  it.each([
    ["loss", isLoss, ["host.auth", "host.key", "host.lost", "host.unreachable"]],
    [
      "refusal",
      isRefusal,
      [
        "lease.failed",
        "lease.held",
        "plan.diverged",
        "plan.incomplete",
        "plan.invalid",
        "plan.moved",
        "plan.untrusted",
      ],
    ],
  ] as const)("%s", (_, isOne, expected) => {
    expect(codes.filter(isOne).sort()).toEqual(expected);
  });

  it("mistakes are what the command calls usage, and what a user's code has done wrong", () => {
    const usage = codes.filter((code) => errorCodes[code].exit === exitCode.usage && !isRefusal(code));
    const inCode = ["task.not-awaited", "task.outside-host", "template.invalid"];
    expect(codes.filter(isMistake).sort()).toEqual([...usage, ...inCode].sort());
  });

  it("is in the registry: no code of ours goes by how a code is spelt", () => {
    const folder = join(import.meta.dirname, "../../src");
    const bySpelling = /code\.startsWith\(|\/\^?\(?(host|plan|lease|task|change)(\||\\\.|\)\\\.)/;
    const found = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .filter((name) => bySpelling.test(readFileSync(join(folder, name), "utf8")));
    expect(found).toEqual([]);
  });
});
