/** Variables given with `-e`. */
import { readFileSync } from "node:fs";
import { messageOf, ShowrunnerError } from "../core/base/errors.ts";
import { fileProblem } from "../core/base/file-problem.ts";
import { CommandLineText, type ExtraVars } from "../core/plays/vars.ts";

/**
 * Reads what was given with `-e`; of one name, the last value counts.
 *
 * @param given each `name=value`, a JSON object, or `@file` with a mapping in YAML or JSON
 * @throws ShowrunnerError `usage`, or `file.missing`
 */
export async function readExtraVars(given: readonly string[]): Promise<ExtraVars> {
  const all: Record<string, unknown> = {};
  for (const one of given) Object.assign(all, await readOne(one));
  return all;
}

async function readOne(text: string): Promise<ExtraVars> {
  if (text.startsWith("@")) return readFile(text.slice(1));
  if (text.startsWith("{")) return mapping(await parse(text, "-e"), "-e");
  const equals = text.indexOf("=");
  if (equals > 0) return { [text.slice(0, equals)]: new CommandLineText(text.slice(equals + 1)) };
  throw new ShowrunnerError("usage", `-e ${text}: expected name=value, @file or a JSON object`);
}

async function readFile(file: string): Promise<ExtraVars> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ShowrunnerError("file.missing", `-e @${file}: ${fileProblem(error)}`);
  }
  return mapping(await parse(text, `-e @${file}`), `-e @${file}`);
}

/** JSON is YAML. */
async function parse(text: string, what: string): Promise<unknown> {
  const { parse } = await import("yaml");
  try {
    return parse(text);
  } catch (error) {
    throw new ShowrunnerError("usage", `${what}: ${messageOf(error).trim()}`);
  }
}

function mapping(value: unknown, what: string): ExtraVars {
  if (value === null || value === undefined) return {};
  if (typeof value === "object" && !Array.isArray(value)) return { ...value };
  throw new ShowrunnerError("usage", `${what}: expected a mapping of names to values`);
}
