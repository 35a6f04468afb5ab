/** Renders ejs templates: a pure function of the template's text and the variables. */
import { readFileSync, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { formatLocation, messageOf, ShowrunnerError } from "../base/errors.ts";
import { fileProblem } from "../base/file-problem.ts";
import { noteFileRead } from "../base/files-read.ts";
import { library } from "../base/library.ts";
import { quote } from "../base/script.ts";
import { Secret } from "../base/secret.ts";
import { utf8Text } from "../base/utf8.ts";
import { strictScope, TemplateProblem } from "./scope.ts";
import { explainSyntax } from "./syntax.ts";

interface Template {
  /** The absolute path, for messages and for what the template includes. */
  readonly file: string;
  readonly text: string;
}

export type TemplateVars = Readonly<Record<string, unknown>>;

/** What a template has beside its variables; a variable of the same name is in `vars` only. */
const helperNames = ["vars", "q", "has", "include"] as const;

/**
 * Renders a template.
 *
 * In it every variable goes by its name (`<%= domain %>`) and is in `vars` (`<%= vars.domain %>`). Nothing is
 * escaped for HTML. A variable that is missing, at any depth, is an error, and so is printing `undefined`, `null` or
 * an object; where a variable may be missing, ask first: `"port" in vars`, or `has("tls.certificate")`. `q(value)`
 * quotes a shell word, or an array of them. `include("other.ejs", { more })` renders a template beside this one.
 *
 * @throws ShowrunnerError `template.invalid` with the template's file and line
 *
 * @example
 * renderTemplate({ file: "/a/motd.ejs", text: "Welcome to <%= name %>\n" }, { name: "web1" });
 */
export function renderTemplate({ file, text }: Template, vars: TemplateVars): string {
  const scope = strictScope(vars, "vars");
  const helpers: Record<(typeof helperNames)[number], unknown> = {
    vars: scope,
    q: shellWords,
    has: (path: string) => has(vars, path),
    include: (name: string, more: TemplateVars = {}) => include(file, name, { ...vars, ...more }),
  };
  const compiled = compile({ file, text }, Object.keys(vars));
  const locals: Record<string, unknown> = { ...helpers };
  for (const name of compiled.names) if (!(name in helpers)) locals[name] = scope[name];
  try {
    return String(compiled.render(locals));
  } catch (error) {
    throw explainFailure(file, text, error);
  }
}

interface Compiled {
  readonly text: string;
  /** Those of its variables that go by their names. */
  readonly names: readonly string[];
  readonly render: (locals: Record<string, unknown>) => unknown;
}

/** What was compiled last, by file and names of variables: many hosts have the same templates. */
const compiledLast = new Map<string, Compiled>();

/** So many are kept: variables may be named differently on every host. */
const mostCompiled = 200;

/** @throws ShowrunnerError `template.invalid` */
function compile(template: Template, vars: readonly string[]): Compiled {
  const id = [template.file, ...vars].join("\0");
  const last = compiledLast.get(id);
  if (last?.text === template.text) return last;
  const names = vars.filter(isIdentifier);
  const compiled = { text: template.text, names, render: rendererOf(template, [...helperNames, ...names]) };
  if (compiledLast.size >= mostCompiled) compiledLast.clear();
  compiledLast.set(id, compiled);
  return compiled;
}

function rendererOf({ file, text }: Template, names: readonly string[]): Compiled["render"] {
  const source = text.replace(/^\uFEFF/, "").replace(/<%%|<%-/g, asPrinting);
  const template = new (library.ejs().Template)(source, {
    strict: true,
    filename: file,
    escape: print,
    localsName: "__locals_of_template",
    destructuredLocals: [...new Set(names)],
  });
  try {
    return template.compile();
  } catch (error) {
    const problem = explainSyntax(source, template.source, messageOf(error));
    throw invalid(file, text, problem.line, problem.message);
  }
}

/** Renders the template of a file. @throws ShowrunnerError `file.missing`, `template.invalid` */
export function renderFile(file: string, vars: TemplateVars): string {
  return renderTemplate({ file, text: readTemplate(file) }, vars);
}

interface ReadText {
  /** Of the file when it was read. */
  readonly version: string;
  readonly text: string;
}

/** What was read last, by file: many hosts have the same templates. */
const readLast = new Map<string, ReadText>();

/** So many are kept, and so large ones. Characters. */
const mostRead = 200;
const longestKept = 64 * 1024;

/** A clock may show the same time for two changes of a file: one that was just changed is read again. Milliseconds. */
const longestTick = 2_000;

function readTemplate(file: string): string {
  const stats = statTemplate(file);
  const version = [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join();
  const last = readLast.get(file);
  if (last?.version === version) return last.text;
  const text = textOf(file);
  const isSettled = Math.abs(Date.now() - stats.ctimeMs) > longestTick;
  if (isSettled && text.length <= longestKept) {
    if (readLast.size >= mostRead) readLast.clear();
    readLast.set(file, { version, text });
  }
  return text;
}

function textOf(file: string): string {
  const bytes = reading(file, () => readFileSync(file));
  return utf8Text(bytes, ({ line, problem, hint }) =>
    invalid(
      file,
      bytes.toString(),
      line,
      `the template is ${problem}`,
      `${hint} What is no text, copy() brings as it is.`,
    ),
  );
}

function statTemplate(file: string): Stats {
  noteFileRead(file);
  return reading(file, () => {
    const stats = statSync(file);
    if (!stats.isFile()) throw new Error("it is no file");
    return stats;
  });
}

function reading<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new ShowrunnerError("file.missing", `the template ${file} can't be read: ${fileProblem(error)}`, {
      hint: "in a role, role.template(NAME) names a file in its templates folder",
    });
  }
}

/**
 * `<%-` prints as `<%=` does, since nothing is escaped; but ejs lets `undefined` through there. Of the same length,
 * so that lines and columns stay.
 */
function asPrinting(tag: string): string {
  return tag === "<%-" ? "<%=" : tag;
}

/** What `<%= value %>` writes. Whatever would spoil a configuration file without a word is refused. */
function print(value: unknown): string {
  if (value instanceof Secret) return value.reveal();
  if (value === undefined || value === null)
    throw new TemplateProblem(
      `this prints ${value}`,
      'write what is meant, such as <%= port ?? 80 %>, or leave it out with <% if ("port" in vars) { %>',
    );
  if (typeof value === "function")
    throw new TemplateProblem("this prints a function", "call it; a variable of that name is in vars");
  if (Array.isArray(value)) return value.map(print).join(",");
  if (typeof value === "object" && !(value instanceof Date) && !hasOwnText(value))
    throw new TemplateProblem(
      "this prints a whole object",
      "print one of its properties, or JSON.stringify it",
    );
  return String(value);
}

function hasOwnText(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && prototype !== Object.prototype && value.toString !== Object.prototype.toString;
}

/** The helper `q`. */
function shellWords(value: unknown): string {
  return Array.isArray(value) ? value.map((one) => quote(print(one))).join(" ") : quote(print(value));
}

/** The helper `has`: whether there is such a variable, with a value. */
function has(vars: TemplateVars, path: string): boolean {
  let at: unknown = vars;
  for (const name of path.split(".")) {
    if (at === null || typeof at !== "object" || !Object.hasOwn(at, name)) return false;
    at = Object.getOwnPropertyDescriptor(at, name)?.value;
  }
  return at !== undefined && at !== null;
}

/** Carries the error of an included template out of the one that includes it: ejs rewrites what passes through. */
class IncludeFailed extends Error {
  readonly failure: ShowrunnerError;

  constructor(failure: ShowrunnerError) {
    super(failure.message);
    this.failure = failure;
  }
}

function include(from: string, name: string, vars: TemplateVars): string {
  try {
    return renderFile(resolve(dirname(from), name), vars);
  } catch (error) {
    throw error instanceof ShowrunnerError ? new IncludeFailed(error) : error;
  }
}

/** Whether ejs can make it a local variable of the template. */
function isIdentifier(name: string): boolean {
  if (!/^[A-Za-z_$][\w$]*$/.test(name) || name.startsWith("__") || name === "escapeFn") return false;
  try {
    new Function(`"use strict"; let ${name};`);
    return true;
  } catch {
    return false; // a word of the language, such as `default`
  }
}

/** ejs puts the file, the line and some of the template before the message; that is the only place it tells the line. */
function explainFailure(file: string, text: string, error: unknown): ShowrunnerError {
  const said = messageOf(error);
  const [, at] = said.startsWith(`${file}:`) ? (/^(\d+)\n/.exec(said.slice(file.length + 1)) ?? []) : [];
  const message = at === undefined ? said : said.slice(said.indexOf("\n\n") + 2);
  const line = at === undefined ? undefined : Number(at);
  if (error instanceof IncludeFailed) return includedFrom(error.failure, file, line);
  const hint = error instanceof TemplateProblem ? error.hint : undefined;
  return invalid(file, text, line, notDefined(message) ?? message, hint ?? missingHint(message));
}

function notDefined(message: string): string | undefined {
  const [, name] = /^(\S+) is not defined$/.exec(message) ?? [];
  return name && `there is no variable "${name}"`;
}

function missingHint(message: string): string | undefined {
  const [, name] = /^(\S+) is not defined$/.exec(message) ?? [];
  return name && `give it in vars; where it may be missing, ask first: has(${JSON.stringify(name)})`;
}

function includedFrom(failure: ShowrunnerError, file: string, line: number | undefined): ShowrunnerError {
  const { code, message, hint, location, details } = failure;
  const from = line === undefined ? file : formatLocation({ file, line });
  return new ShowrunnerError(code, message, {
    hint,
    location: location ?? { file, line: line ?? 1 },
    details: [...details, `included from ${from}`],
  });
}

function invalid(
  file: string,
  text: string,
  line: number | undefined,
  message: string,
  hint?: string,
): ShowrunnerError {
  return new ShowrunnerError("template.invalid", message, {
    location: { file, line: line ?? 1 },
    details: line === undefined ? [] : excerpt(text, line),
    hint,
  });
}

/** The line with those around it, numbered. */
function excerpt(text: string, line: number): string[] {
  const all = text.replace(/\n$/, "").split("\n");
  const first = Math.max(line - 2, 1);
  return all
    .slice(first - 1, line + 1)
    .map((one, index) => `${first + index === line ? ">" : " "} ${first + index} | ${one}`);
}
