import { inspect } from "node:util";
import { expect, it } from "vitest";
import { ShowrunnerError } from "../../src/base/errors.ts";
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
