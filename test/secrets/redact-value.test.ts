/** Values as they are shown. */
import { expect, it } from "vitest";
import { redactValue } from "../../src/secrets/redact-value.ts";

it("a property that can't be read says why, and takes none of the others along", () => {
  const value = {
    status: 200,
    get body(): string {
      throw new Error("more than 1 MiB: 2000000 bytes");
    },
  };
  expect(redactValue(value)).toEqual({
    status: 200,
    body: "a value that can't be read: more than 1 MiB: 2000000 bytes",
  });
});
