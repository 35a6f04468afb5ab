/**
 * Ansible's host patterns: which hosts `web:&prod:!web[0]` means. An unknown name, of which Ansible only warns, is an
 * error here: otherwise a play could run on fewer hosts than its author thinks.
 */
import { messageOf } from "../base/errors.ts";
import { isWild, nameTest } from "./glob.ts";
import { limitTerms } from "./limit.ts";
import { localNames } from "./names.ts";
import {
  badTerm,
  emptyLimit,
  emptyMatch,
  noPattern,
  outOfRange,
  type Role,
  unknownTerm,
} from "./pattern-errors.ts";
import { type Sign, splitPattern, type Term } from "./split-pattern.ts";
import { type Subscript, splitSubscript } from "./subscript.ts";
import type { Group, Host, SelectOptions } from "./types.ts";

/** What a pattern chooses from. */
interface PatternScope {
  readonly hosts: ReadonlyMap<string, Host>;
  readonly groups: ReadonlyMap<string, Group>;
  /** The host for one of the control machine's names that isn't defined. */
  localhost(name: string): Host;
}

/**
 * The hosts that a pattern means: first all plain terms in their order, then the intersections, then the exclusions.
 *
 * @param scope the hosts and groups there are
 * @param pattern `all`, names, globs, `~regex`, each with `&`, `!` or a subscript, joined by commas or colons
 * @throws ShowrunnerError "inventory.pattern" for an unknown name, or where no host is left
 */
export function selectHosts(
  scope: PatternScope,
  pattern: string | readonly string[],
  { limit, allowEmpty = false }: SelectOptions = {},
): Host[] {
  const hosts = evaluate(scope, splitPattern(pattern), { kind: "pattern", text: shown(pattern) });
  if (hosts.length === 0 && !allowEmpty) throw emptyMatch(scope, shown(pattern));
  if (limit === undefined) return hosts;

  const role: Role = { kind: "limit", text: shown(limit) };
  const allowed = new Set(evaluate(scope, limitTerms(limit), role));
  const left = hosts.filter((host) => allowed.has(host));
  if (left.length === 0 && hosts.length > 0 && !allowEmpty)
    throw emptyLimit(shown(pattern), hosts, shown(limit));
  return left;
}

function shown(pattern: string | readonly string[]): string {
  return typeof pattern === "string" ? pattern : pattern.join(",");
}

function evaluate(scope: PatternScope, terms: readonly Term[], role: Role): Host[] {
  if (terms.length === 0) throw noPattern(role);
  const signed = (sign: Sign) => terms.filter((term) => term.sign === sign);
  const plain = signed("");
  const hosts = new Set<Host>();
  // With nothing to begin from, intersections and exclusions begin from all.
  for (const term of plain.length > 0 ? plain : splitPattern("all"))
    for (const host of scope.hosts.has(term.text) ? named(scope, term.text) : matches(scope, term, role))
      hosts.add(host);
  for (const term of signed("&")) {
    const kept = new Set(matches(scope, term, role));
    for (const host of hosts) if (!kept.has(host)) hosts.delete(host);
  }
  for (const term of signed("!")) for (const host of matches(scope, term, role)) hosts.delete(host);
  return [...hosts];
}

function matches(scope: PatternScope, term: Term, role: Role): readonly Host[] {
  const { base, subscript } = splitSubscript(term.text);
  const found = enumerate(scope, base, role);
  if (found) return subscript ? subscripted(found, subscript, term, role) : found;
  // A set of characters in the end, `node[0-9]`, looks like a subscript; it is one only where there is a "node".
  const whole = subscript ? enumerate(scope, term.text, role) : undefined;
  if (whole) return whole;
  // A glob that matches nothing is no mistake in an intersection or an exclusion.
  if (term.sign !== "" && isWild(base)) return [];
  throw unknownTerm(scope, base, role);
}

function subscripted(
  hosts: readonly Host[],
  subscript: Subscript,
  { text }: Term,
  role: Role,
): readonly Host[] {
  if (subscript.end !== undefined) return hosts.slice(subscript.start, subscript.end + 1);
  const host = hosts.at(subscript.start);
  if (!host && hosts.length > 0) throw outOfRange(text, hosts.length, role);
  return host ? [host] : [];
}

/** The hosts of all groups that match, and the hosts that match; undefined if nothing has that name. */
function enumerate(scope: PatternScope, text: string, role: Role): readonly Host[] | undefined {
  if (!isWild(text)) return enumerateName(scope, text);
  const test = compile(text, role);
  const groups = [...scope.groups.values()].filter(({ name }) => test(name));
  const hosts = [...scope.hosts.values()].filter(({ name }) => test(name));
  const found = new Set([...groups.flatMap((group) => group.hosts), ...hosts]);
  return groups.length > 0 || found.size > 0 ? [...found] : undefined;
}

function enumerateName(scope: PatternScope, name: string): readonly Host[] | undefined {
  const group = scope.groups.get(name);
  // With a dot in it, a name means a group and a host alike; without, the group hides the host.
  if (group) return name.includes(".") ? [...new Set([...group.hosts, ...named(scope, name)])] : group.hosts;
  if (scope.hosts.has(name)) return named(scope, name);
  return localNames.includes(name) ? [scope.localhost(name)] : undefined;
}

function named(scope: PatternScope, name: string): Host[] {
  const host = scope.hosts.get(name);
  return host ? [host] : [];
}

function compile(text: string, role: Role): (name: string) => boolean {
  try {
    return nameTest(text);
  } catch (error) {
    throw badTerm(text, messageOf(error), role);
  }
}
