/**
 * Parameters that many modules have, each with its rule and its message, so that a module's parameters read like a
 * table.
 */
import { type Duration, durationForm } from "../base/duration.ts";
import { messageOf } from "../base/errors.ts";
import { regularExpression } from "../base/expression.ts";
import { type Defaulted, type Mistake, refusing, type TUnsafe, Type, withDefault } from "../base/schema.ts";
import { Secret } from "../base/secret.ts";
import { type Size, sizeForm } from "../base/size.ts";
import { whatItIs } from "../base/what-it-is.ts";
import { mistakeInMode } from "./mode.ts";
import { mistakeInPath } from "./path.ts";

/**
 * The usual kinds of parameters. Each must be given, but for those that have a default; `Type.Optional(…)` around one
 * lets it be left out, `withDefault(…, value)` gives it a default, which the plan then always has.
 *
 * @example
 * const params = {
 *   /** The file. *\/
 *   path: Param.path(),
 *   /** Whether it is to be there. *\/
 *   state: Param.state(),
 *   /** The mode, such as "0644". Left out: as it is. *\/
 *   mode: Type.Optional(Param.mode()),
 *   /** How long it may take. *\/
 *   timeout: withDefault(Param.duration(), "30s"),
 * };
 */
export const Param = {
  /** One of these words. */
  oneOf<const W extends string>(...words: readonly W[]): TUnsafe<W> {
    return Type.Unsafe<W>({ enum: words });
  },

  /** `present`, which is the default, or `absent`. */
  state(): Defaulted<TUnsafe<"present" | "absent">> {
    return withDefault(Param.oneOf("present", "absent"), "present");
  },

  /** True or false. Default: false. */
  flag(value = false): Defaulted<TUnsafe<boolean>> {
    return withDefault(Type.Unsafe<boolean>({ type: "boolean" }), value);
  },

  /** An absolute path on the host. */
  path(): TUnsafe<string> {
    return refusing(Type.Unsafe<string>({ type: "string" }), mistakeInPath);
  },

  /** A file's mode: `"0644"`, `"u=rwX,g=rX,o="`. A number is refused, since it is decimal before it is a mode. */
  mode(): TUnsafe<string> {
    return refusing(Type.Unsafe<string>({ type: "string" }), mistakeInMode);
  },

  /** The name of a user or group that owns something. */
  account(): TUnsafe<string> {
    return refusing(Type.Unsafe<string>({ type: "string" }), mistakeInAccount);
  },

  /** A text or a secret, as it is given. What is made from a secret must be a secret, too. */
  text(): TUnsafe<string | Secret> {
    return refusing(Type.Unsafe<string | Secret>({ title: "string | Secret" }), mistakeInText);
  },

  /** A regular expression, for `regularExpression(…)`: JavaScript's, or spelt as in Python. */
  expression(): TUnsafe<string> {
    return refusing(Type.Unsafe<string>({ type: "string", minLength: 1 }), mistakeInExpression);
  },

  /** A TCP or UDP port. */
  port(): TUnsafe<number> {
    return Type.Unsafe<number>({ type: "integer", minimum: 1, maximum: 65_535 });
  },

  /** Seconds, or a text with a unit such as `"500ms"`, `"2s"`, `"10m"`. `milliseconds(…)` tells how many. */
  duration(): TUnsafe<Duration> {
    return Type.Unsafe<Duration>({
      anyOf: [
        { type: "number", minimum: 0 },
        { type: "string", pattern: "^\\d+(\\.\\d+)?(ms|s|m|h)$" },
      ],
      title: "Duration",
      expected: durationForm,
    });
  },

  /** Bytes, or a text with a unit of 1024 such as `"512K"`, `"2G"`. `bytes(…)` tells how many. */
  size(): TUnsafe<Size> {
    return Type.Unsafe<Size>({
      anyOf: [
        { type: "integer", minimum: 0 },
        { type: "string", pattern: "^\\d+(\\.\\d+)?[KMGT]$" },
      ],
      title: "Size",
      expected: sizeForm,
    });
  },
};

function mistakeInAccount(value: unknown): Mistake | undefined {
  const shown = JSON.stringify(value) ?? "nothing";
  // the host answers with names: a number would differ from them on each run
  if (typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value)))
    return {
      message: `expected a name, got the number ${value}`,
      hint: "give the name that the number stands for",
    };
  if (typeof value === "string" && /^[^\s:-][^\s:]*$/.test(value)) return undefined;
  return { message: `expected a name, got ${shown}` };
}

/** The value itself is not shown: one of the wrong type may be a secret all the same. */
function mistakeInText(value: unknown): Mistake | undefined {
  if (typeof value === "string" || value instanceof Secret) return undefined;
  return { message: `expected a string or a secret, got ${kindOf(value)}` };
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function mistakeInExpression(value: unknown): Mistake | undefined {
  if (typeof value !== "string" || value === "")
    return { message: `expected an expression, got ${whatItIs(value)}` };
  try {
    regularExpression(value);
    return undefined;
  } catch (error) {
    return { message: messageOf(error) };
  }
}
