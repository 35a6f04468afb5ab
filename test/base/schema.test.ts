/** What is said of a value that does not fit its type. */
import { expect, test } from "vitest";
import { Type } from "../../src/base/schema.ts";
import { validateValue } from "../../src/base/validate-value.ts";

test.each([
  [
    "a list that is too short",
    Type.Array(Type.Integer(), { minItems: 1 }),
    [],
    "expected at least 1 item, got []",
  ],
  [
    "a list that is too long",
    Type.Array(Type.Integer(), { maxItems: 2 }),
    [1, 2, 3],
    "expected at most 2 items, got [1,2,3]",
  ],
  [
    "a list that repeats itself",
    Type.Array(Type.Integer(), { uniqueItems: true }),
    [7, 7],
    "expected items that differ from each other, got [7,7]",
  ],
  [
    "an object with too little in it",
    Type.Record(Type.String(), Type.Integer(), { minProperties: 2 }),
    { a: 1 },
    'expected at least 2 entries, got {"a":1}',
  ],
  [
    "an object with too much in it",
    Type.Record(Type.String(), Type.Integer(), { maxProperties: 1 }),
    { a: 1, b: 2 },
    'expected at most 1 entry, got {"a":1,"b":2}',
  ],
  ["a text that is too short", Type.String({ minLength: 2 }), "a", 'expected at least 2 characters, got "a"'],
  [
    "a text that is too long",
    Type.String({ maxLength: 2 }),
    "abc",
    'expected at most 2 characters, got "abc"',
  ],
  [
    "an object of another shape than those that are possible",
    Type.Union([
      Type.Literal("own"),
      Type.Object(
        { certificate: Type.String(), authority: Type.Optional(Type.String()) },
        { additionalProperties: false },
      ),
      Type.Object({ kind: Type.Literal("acme"), server: Type.String() }, { additionalProperties: false }),
    ]),
    { cert: "a" },
    'expected "own" or { certificate, authority? } or { kind: "acme", server }, got {"cert":"a"}',
  ],
  ["a number that is too large", Type.Integer({ maximum: 5 }), 7, "expected <= 5, got 7"],
])("%s is told as what was expected", (_, schema, value, message) => {
  expect(validateValue(schema, value)).toEqual({ problems: [{ path: "", message }] });
});
