/** Plain data, such as an event, with all that is not for reading written out. */
import { visible } from "./controls.ts";

/** A copy of plain data in which every text is visible, names of properties too. */
export function visibleValue<T>(value: T): T;
export function visibleValue(value: unknown): unknown {
  if (typeof value === "string") return visible(value);
  if (Array.isArray(value)) return value.map((item: unknown) => visibleValue(item));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [visible(name), visibleValue(item)]));
}
