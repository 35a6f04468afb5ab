/** The errors for a pattern that matches no host. */
import { ShowrunnerError } from "../base/errors.ts";
import { didYouMean } from "../base/suggest.ts";
import type { Group, Host } from "./types.ts";

/** Which of the two patterns of a selection it is. */
export interface Role {
  readonly kind: "pattern" | "limit";
  readonly text: string;
}

interface Names {
  readonly hosts: ReadonlyMap<string, Host>;
  readonly groups: ReadonlyMap<string, Group>;
}

/** The most names that a message lists. */
const mostNames = 20;

export function unknownTerm(names: Names, term: string, role: Role): ShowrunnerError {
  const known = [...names.groups.keys(), ...names.hosts.keys()];
  return patternError(`${where(role, term)}no group or host matches "${term}"${didYouMean(term, known)}`, {
    hint: hintFor(term, role),
    details: thereAre(names),
  });
}

function hintFor(term: string, { text }: Role): string {
  if (text.includes(",") && term.includes(":"))
    return "A pattern is split at its commas, or where it has none at its colons: not at both.";
  if (/\[[^\]]*[:-][^\]]*\]$/.test(term))
    return "A slice of hosts begins with a number from 0: [0:2], [1:], or one host from the end: [-1].";
  return "A group that may have no hosts in some inventories can be defined there without any.";
}

export function unknownGroup(names: Names, name: string): ShowrunnerError {
  return patternError(`there is no group "${name}"${didYouMean(name, names.groups.keys())}`, {
    details: listed("groups", [...names.groups.keys()]),
  });
}

export function unknownHost(names: Names, name: string): ShowrunnerError {
  return patternError(`there is no host "${name}"${didYouMean(name, names.hosts.keys())}`, {
    details: listed("hosts", [...names.hosts.keys()]),
  });
}

export function emptyMatch(names: Names, pattern: string): ShowrunnerError {
  const reason = names.hosts.size === 0 ? ": the inventory defines no hosts" : "";
  return patternError(`no host matches "${pattern}"${reason}`, { details: thereAre(names) });
}

export function emptyLimit(pattern: string, hosts: readonly Host[], limit: string): ShowrunnerError {
  const count = hosts.length === 1 ? "the one host" : `any of the ${hosts.length} hosts`;
  return patternError(`the limit "${limit}" doesn't leave ${count} of "${pattern}"`, {
    details: listed(
      `hosts of "${pattern}"`,
      hosts.map(({ name }) => name),
    ),
    hint: "Widen the limit, or leave it away.",
  });
}

export function noPattern({ kind }: Role): ShowrunnerError {
  return patternError(`the ${kind === "limit" ? "limit" : "host pattern"} is empty`, {
    hint: `"all" means every host.`,
  });
}

export function outOfRange(term: string, count: number, role: Role): ShowrunnerError {
  const hosts = count === 1 ? "there is 1 host" : `there are ${count} hosts`;
  return patternError(`${where(role, term)}"${term}" is out of range: ${hosts}, counted from 0`);
}

export function badTerm(term: string, problem: string, role: Role): ShowrunnerError {
  return patternError(`${where(role, term)}"${term}": ${problem}`);
}

function patternError(
  message: string,
  more: { hint?: string; details?: readonly string[] } = {},
): ShowrunnerError {
  return new ShowrunnerError("inventory.pattern", message, more);
}

/** Names the whole pattern where the term is only a part of it. */
function where({ kind, text }: Role, term: string): string {
  if (kind === "limit") return `in the limit "${text}": `;
  return text === term ? "" : `in the pattern "${text}": `;
}

function thereAre({ groups, hosts }: Names): string[] {
  const few = hosts.size <= mostNames ? listed("hosts", [...hosts.keys()]) : [`hosts: ${hosts.size}`];
  return [...listed("groups", [...groups.keys()]), ...few];
}

function listed(what: string, names: readonly string[]): string[] {
  const more = names.length > mostNames ? `, and ${names.length - mostNames} more` : "";
  return [`${what}: ${names.slice(0, mostNames).join(", ") || "none"}${more}`];
}
