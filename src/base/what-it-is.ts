/** What a value is, in a user's words: for mistakes that the compiler would have seen, had it been asked. */
import { redact } from "./secret.ts";

/** @returns such as `"restart nginx"`, `a list`, `the function String`, `apt curl` for a task */
export function whatItIs(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") {
    const text = redact(value); // before it is cut: half a secret is in no known spelling
    return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  }
  if (typeof value === "function") return value.name === "" ? "a function" : `the function ${value.name}`;
  if (Array.isArray(value)) return "a list";
  if (value === null || typeof value !== "object") return String(value);
  return "label" in value && typeof value.label === "string" ? value.label : "an object";
}
