/** How long certificates are valid: hours and days, which are longer than what a run waits for. */
import { type Static, Type } from "../../kit/index.ts";

/** `"30d"`, `"12h"` */
export const Lifetime = Type.Unsafe<`${number}${"h" | "d"}`>({
  type: "string",
  pattern: "^[0-9]{1,5}[hd]$",
  title: "Lifetime",
  expected: 'a time such as "30d" or "12h"',
});

/** How many seconds that is. */
export function secondsOf(lifetime: Static<typeof Lifetime>): number {
  return Number.parseInt(lifetime, 10) * (lifetime.endsWith("d") ? 86_400 : 3600);
}
