/** A duration as a module's parameter. */
import { type Duration, durationForm, Type } from "../../kit/index.ts";

/** A number of seconds, or a text such as "500ms", "2s", "10m". */
export const DurationParam = Type.Unsafe<Duration>({
  anyOf: [
    { type: "number", minimum: 0 },
    { type: "string", pattern: "^\\d+(\\.\\d+)?(ms|s|m|h)$" },
  ],
  title: durationForm,
});
