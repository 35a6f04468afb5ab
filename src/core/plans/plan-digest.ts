/**
 * The digest of a plan: SHA-256 over all that stands in its file, part by part, so that an error can say which part was
 * altered. Anybody who may write the file can also compute the digest again, so it protects only against accidents. A
 * signature over the digest protects against people.
 */
import { createHash } from "node:crypto";
import { ShowrunnerError } from "../../base/errors.ts";

/** Hashed before the data, so that digests of different things are never the same. */
const context = "showrunner plan digest 2";

/** Deeper than any plan is, and far less deep than the stack. */
const deepest = 200;

/** Digests of a plan's parts, and one over all of them. */
interface PlanDigests {
  /** By the names of the plan's parts. */
  readonly parts: Readonly<Record<string, string>>;
  /** Of `parts`. */
  readonly digest: string;
}

/**
 * Digests a plan.
 *
 * @param parts all that stands in the file but the digests themselves, as read back from JSON
 */
export function planDigests(parts: object): PlanDigests {
  const digests = Object.fromEntries(
    Object.entries(parts).map(([name, value]) => [name, sha256(`${context}: ${name}`, canonical(value))]),
  );
  return { parts: digests, digest: sha256(context, canonical(digests)) };
}

/**
 * Compares the digests in a file with those of what stands in the file.
 *
 * @returns the names of the parts that differ; empty where all is as it was written
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
function canonical(value: unknown, depth = 0): string {
  if (depth > deepest) throw new ShowrunnerError("plan.invalid", "it is nested more deeply than any plan");
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(",")}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item, depth + 1)}`).join(",")}}`;
}

function sha256(what: string, text: string): string {
  return createHash("sha256").update(`${what}\0${text}`).digest("hex");
}
