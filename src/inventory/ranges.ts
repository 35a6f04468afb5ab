/** Host ranges: `web[01:20:2]`, `db[a:f]`, `rack[1:2]-node[1:8]`. */

/** Thrown for a malformed range; whoever knows the file and the line makes it an error for a user. */
export class RangeProblem extends Error {}

/** A range with more names is surely a typing mistake, and would fill the memory. */
const mostHosts = 65_536;

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Whether a name holds a range. */
function isRange(name: string): boolean {
  return name.includes("[") || name.includes("]");
}

/**
 * All the names that a range stands for, in order. Both ends are included, zeros in front are kept, a missing
 * begin is 0, and of several ranges the last one counts fastest.
 *
 * @param range a host name, with any number of `[begin:end]` or `[begin:end:step]` in it
 * @returns the names; the name itself where it holds no range
 * @throws RangeProblem where a range is malformed or empty
 *
 * @example
 * expandRange("web[08:10]"); // ["web08", "web09", "web10"]
 */
export function expandRange(range: string): string[] {
  if (!isRange(range)) return [range];
  const parts = /^([^[\]]*)\[([^[\]]*)\](.*)$/s.exec(range);
  if (!parts) throw new RangeProblem(`the brackets of "${range}" don't match`);
  const [, head = "", bounds = "", rest = ""] = parts;
  const items = sequence(range, bounds);
  const tails = expandRange(rest);
  if (items.length * tails.length > mostHosts)
    throw new RangeProblem(
      `"${range}" names ${items.length * tails.length} hosts, at most ${mostHosts} can be`,
    );
  return items.flatMap((item) => tails.map((tail) => `${head}${item}${tail}`));
}

function sequence(range: string, bounds: string): string[] {
  const [written = "", end = "", stepText = "1", ...more] = bounds.split(":");
  const begin = written || "0";
  if (!bounds.includes(":") || more.length)
    throw new RangeProblem(`"[${bounds}]" in "${range}": expected [begin:end] or [begin:end:step]`);
  if (!end) throw new RangeProblem(`"[${bounds}]" in "${range}" has no end`);
  const step = Number(stepText);
  if (!/^\d+$/.test(stepText) || step < 1)
    throw new RangeProblem(
      `"[${bounds}]" in "${range}": the step must be a number from 1 on, got "${stepText}"`,
    );

  if (/^\d+$/.test(begin) && /^\d+$/.test(end)) return numbers(range, begin, end, step);
  const first = letterIndex(begin);
  const last = letterIndex(end);
  if (first < 0 || last < 0)
    throw new RangeProblem(`"[${bounds}]" in "${range}": expected two numbers or two single letters`);
  if (first > last)
    throw new RangeProblem(`"[${bounds}]" in "${range}" is empty: ${begin} comes after ${end}`);
  return [...letters.slice(first, last + 1)].filter((_, index) => index % step === 0);
}

function numbers(range: string, begin: string, end: string, step: number): string[] {
  const [first, last] = [Number(begin), Number(end)];
  const width = begin.length > 1 && begin.startsWith("0") ? begin.length : 0;
  if (width && end.length !== width)
    throw new RangeProblem(`"${begin}" and "${end}" in "${range}" must have as many digits as each other`);
  if (first > last)
    throw new RangeProblem(`"[${begin}:${end}]" in "${range}" is empty: ${begin} comes after ${end}`);
  const count = Math.floor((last - first) / step) + 1;
  if (count > mostHosts)
    throw new RangeProblem(`"${range}" names ${count} hosts, at most ${mostHosts} can be`);
  return Array.from({ length: count }, (_, index) => String(first + index * step).padStart(width, "0"));
}

function letterIndex(text: string): number {
  return text.length === 1 ? letters.indexOf(text) : -1;
}
