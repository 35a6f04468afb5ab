/** How often everything is asked. */
import { type Duration, Type } from "showrunner";

/**
 * From 5 to 30 seconds. Asked more seldom, an alert comes late, and rates over a minute, as the status page and the
 * alerts have them, have no two figures to rest on.
 */
export const scrapeInterval = Type.Unsafe<Duration>({
  anyOf: [
    { type: "number", minimum: 5, maximum: 30 },
    { type: "string", pattern: "^(([5-9]|[12]\\d)(\\.\\d+)?|30(\\.0+)?)s$" },
  ],
  title: "Duration",
  expected: 'from 5 to 30 seconds, such as 15 or "15s"',
});
