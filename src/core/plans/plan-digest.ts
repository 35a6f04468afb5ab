/**
 * The digest by which a plan's file is bound: SHA-256 over all that stands in it, part by part, so that where it is
 * not right it can be told which part was altered. Anybody who may write the file can compute the digest again: it
 * guards against accidents. Against people guards a signature over it.
 */
import { createHash } from "node:crypto";
import { ShowrunnerError } from "../../base/errors.ts";

/** What is fed before a digest is made, so that one thing's digest is never another's. */
const context = "showrunner plan digest 2";

/** Deeper than any plan is, and far less deep than the stack. */
const deepest = 200;

/** Digests of a plan's parts, and one of them all. */
export interface PlanDigests {
  /** By the names of the plan's parts. */
  readonly parts: Readonly<Record<string, string>>;
  /** Of `parts`. */
  readonly digest: string;
}

/**
 * Digests a plan.
 *
 * @param parts all that stands in the file but the digests themselves, as JSON gives it back
 */
export function planDigests(parts: object): PlanDigests {
  const digests = Object.fromEntries(
    Object.entries(parts).map(([name, value]) => [name, sha256(`${context}: ${name}`, canonical(value))]),
  );
  return { parts: digests, digest: sha256(context, canonical(digests)) };
}

/**
 * Compares the digests that a file has with those of what stands in it.
 *
 * @returns the names of the parts that are others; empty where all is as it was written
 */
export function alteredParts(parts: object, { parts: said, digest }: PlanDigests): string[] {
  const now = planDigests(parts);
  const names = new Set([...Object.keys(now.parts), ...Object.keys(said)]);
  const altered = [...names].filter((name) => now.parts[name] !== said[name]);
  return altered.length > 0 || now.digest === digest ? altered : ["digest"];
}

/**
 * The only text that a value of JSON has: names in the order of their UTF-16 units, no spaces (as RFC 8785 has it).
 *
 * @example
 * canonical({ b: [1, "x"], a: null }); // {"a":null,"b":[1,"x"]}
 */
export function canonical(value: unknown, depth = 0): string {
  if (depth > deepest) throw new ShowrunnerError("plan.invalid", "the plan is nested too deeply to be one");
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(",")}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item, depth + 1)}`).join(",")}}`;
}

function sha256(what: string, text: string): string {
  return createHash("sha256").update(`${what}\0${text}`).digest("hex");
}
