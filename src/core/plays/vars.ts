/** Checks every host's variables against what the plays declare, before any host is touched. */
import { formatLocation, type Location, ShowrunnerError } from "../../base/errors.ts";
import type { HostInfo } from "../../base/host.ts";
import type { TProperties } from "../../base/schema.ts";
import { isSlip, suggest } from "../../base/suggest.ts";
import { validateValue } from "../../base/validate-value.ts";
import type { Play } from "./play.ts";
import { type HostMistake, VarsMistakes } from "./vars-mistakes.ts";

/** Variables given on the command line: they win over the inventory's. */
export type ExtraVars = Readonly<Record<string, unknown>>;

/** A value as it was typed on the command line. The schema says what is meant: `8080` is a text or a number. */
export class CommandLineText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export interface PlayHosts {
  readonly play: Play;
  readonly hosts: readonly HostInfo[];
}

/** The checked variables of each play's hosts, by play and host name. */
export type CheckedVars = ReadonlyMap<Play, ReadonlyMap<string, unknown>>;

/**
 * @param plays the plays with their hosts
 * @param extra variables that override every host's
 * @param all also the plays that are not run: their variables are not misspelt ones
 * @returns each host's values, with defaults filled in
 * @throws ShowrunnerError `vars.invalid` with every mistake, once: path, expected, got, files and lines, hosts
 */
export function validateVars(
  plays: readonly PlayHosts[],
  extra: ExtraVars,
  all: readonly Play[] = plays.map(({ play }) => play),
): CheckedVars {
  const mistakes = new VarsMistakes();
  const checked = new Map<Play, Map<string, unknown>>();
  const declared = new Set(all.flatMap((play) => Object.keys(play.schema.properties)));
  for (const { play, hosts } of plays) {
    const values = new Map<string, unknown>();
    checked.set(play, values);
    for (const host of hosts) {
      const result = validateHost(play, host, extra, declared);
      if ("value" in result) values.set(host.name, result.value);
      else for (const mistake of result.mistakes) mistakes.add(mistake);
    }
  }
  const problems = [
    ...mistakes.texts(),
    ...Object.entries(extra).flatMap(([name, value]) =>
      declared.has(name) ? [] : (strange(name, value, declared, plays) ?? []),
    ),
  ];
  if (problems.length === 0) return checked;
  throw new ShowrunnerError(
    "vars.invalid",
    `the variables do not fit the playbook: ${count(problems.length, "mistake")}`,
    {
      details: problems,
      hint: "no host was touched; fix the variables in the inventory or in -e, and run again",
    },
  );
}

/**
 * What is wrong with a variable of the command line that no play declares. A file may be meant for several playbooks:
 * in a file only a misspelt name is wrong.
 */
function strange(
  name: string,
  value: unknown,
  declared: ReadonlySet<string>,
  plays: readonly PlayHosts[],
): string | undefined {
  const meant = suggest(name, declared);
  if (meant !== undefined) return `-e ${name}: no play knows this variable; did you mean "${meant}"?`;
  if (!(value instanceof CommandLineText)) return undefined;
  const inInventory = plays.some(({ hosts }) => hosts.some(({ vars }) => name in vars));
  const what = inInventory
    ? "the inventory has this variable, but no play declares it"
    : "no play knows this variable";
  const known = [...declared].sort().join(", ");
  return `-e ${name}: ${what}, so it has no effect; ${known === "" ? "the playbook has no variables" : `the playbook's variables are ${known}`}`;
}

type HostVars = { readonly value: unknown } | { readonly mistakes: readonly HostMistake[] };

function validateHost(play: Play, host: HostInfo, extra: ExtraVars, declared: ReadonlySet<string>): HostVars {
  const given: Record<string, unknown> = { ...host.vars, ...extra };
  const wanted = pick(given, play.schema.properties);
  const mistakes: HostMistake[] = [];
  /** Variables that are reported already. */
  const told = new Set<string>();
  // a misspelt optional variable would otherwise go unnoticed, and its default be used
  for (const name of Object.keys(host.vars)) {
    const meant = declared.has(name) ? undefined : suggest(name, Object.keys(play.schema.properties));
    if (meant === undefined) continue;
    if (meant in given && (meant in extra || !isMisspeltOverride(play, host, name, meant))) continue;
    told.add(meant);
    const text = `${name}: no play knows this variable; did you mean "${meant}"?`;
    mistakes.push({ text, place: at(host.varLocation(name)), host: host.name });
  }
  for (const name of Object.keys(wanted)) {
    if (name in extra || !isForeignTemplate(host, name)) continue;
    told.add(name);
    const text = `${name}: a template ({{ … }}) is not evaluated here: write the value, or write the inventory in TypeScript`;
    mistakes.push({ text, place: at(host.varLocation(name)), host: host.name, play: play.name });
  }
  // a play without variables must not load the validator
  const result = isEmpty(play.schema.properties)
    ? { value: {} }
    : validateValue(play.schema, wanted, play.location);
  if ("value" in result) return mistakes.length > 0 ? { mistakes } : result;
  for (const { path, message } of result.problems) {
    const name = /^[^.[]+/.exec(path)?.[0] ?? "";
    if (told.has(name)) continue;
    const place = name in extra ? `from -e ${name}` : whereGiven(host, name, play);
    mistakes.push({ text: `${path}: ${message}`, place, host: host.name, play: play.name });
  }
  return { mistakes };
}

/**
 * Whether a variable that no play declares was to override one that the host has, too. An inventory may be meant for several
 * playbooks: a value that the declared variable could not have (`ports` beside `port`) is another playbook's.
 */
function isMisspeltOverride(play: Play, host: HostInfo, name: string, meant: string): boolean {
  if (!isSlip(name, meant)) return false;
  const wanted = pick({ ...host.vars, [meant]: host.vars[name] }, play.schema.properties);
  const result = validateValue(play.schema, wanted, play.location);
  return "value" in result || !result.problems.some(({ path }) => /^[^.[]+/.exec(path)?.[0] === meant);
}

/** Ansible would evaluate it; to deploy the template unevaluated would surely be wrong. */
function isForeignTemplate(host: HostInfo, name: string): boolean {
  const file = host.varLocation(name)?.file ?? "";
  return /\.ya?ml$/.test(file) && holdsTemplate(host.vars[name]);
}

function holdsTemplate(value: unknown): boolean {
  if (typeof value === "string") return /\{\{.*\}\}/.test(value);
  return value !== null && typeof value === "object" && Object.values(value).some(holdsTemplate);
}

function pick(given: Readonly<Record<string, unknown>>, properties: TProperties): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name]) => name in given)
      .map(([name, schema]) => [name, typed(given[name], schema)]),
  );
}

/** Text from the command line, read as JSON where the schema wants no text. */
function typed(value: unknown, schema: unknown): unknown {
  if (!(value instanceof CommandLineText)) return value;
  const { text } = value;
  if (takesText(schema, text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text; // the schema's check says what is wrong with it
  }
}

function takesText(schema: unknown, text: string): boolean {
  if (schema === null || typeof schema !== "object") return false;
  if ("anyOf" in schema && Array.isArray(schema.anyOf))
    return schema.anyOf.some((branch: unknown) => takesText(branch, text));
  if ("const" in schema) return schema.const === text;
  if ("enum" in schema && Array.isArray(schema.enum)) return schema.enum.includes(text);
  return "secret" in schema || ("type" in schema && schema.type === "string");
}

/** Where the value was written, or else where the play asks for it. */
function whereGiven(host: HostInfo, name: string, play: Play): string {
  if (name in host.vars) return at(host.varLocation(name));
  return play.location ? `asked for at ${formatLocation(play.location)}` : "given nowhere";
}

function at(location: Location | undefined): string {
  return location ? `at ${formatLocation(location)}` : "in the inventory";
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

function isEmpty(properties: TProperties): boolean {
  return Object.keys(properties).length === 0;
}
