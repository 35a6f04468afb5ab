/** A duration as a module's parameter. */
import { type Duration, durationForm } from "../../core/base/duration.ts";
import { Type } from "../../core/base/schema.ts";

/** @param description what lasts that long, and what holds if it is left out */
export function DurationParam(description: string) {
  return Type.Unsafe<Duration>({
    anyOf: [
      { type: "number", minimum: 0 },
      { type: "string", pattern: "^\\d+(\\.\\d+)?(ms|s|m|h)$" },
    ],
    title: durationForm,
    description: `${description}; a number of seconds, or a text such as "500ms", "2s", "10m"`,
  });
}
