/** Variables given with `-e`. */
import { ShowrunnerError } from "../base/errors.ts";
import { CommandLineText, type ExtraVars } from "../core/plays/vars.ts";
import { isRecord } from "../inventory/invalid.ts";
import { rememberVaulted } from "../secrets/vaulted-words.ts";
import { yamlArgument } from "./yaml-argument.ts";

/**
 * Reads what was given with `-e`; of one name, the last value counts.
 *
 * @param given each `name=value`, a JSON object, or `@file` with a mapping in YAML or JSON, which may hold vault values
 * and may be encrypted as a whole
 * @throws ShowrunnerError `usage`, or `file.missing`
 */
export async function readExtraVars(given: readonly string[]): Promise<ExtraVars> {
  const all: Record<string, unknown> = {};
  for (const one of given) Object.assign(all, await readOne(one));
  return all;
}

async function readOne(text: string): Promise<ExtraVars> {
  if (text.startsWith("@")) return readFile(text.slice(1));
  if (text.startsWith("{")) return readText(text);
  const equals = text.indexOf("=");
  if (equals > 0) return { [text.slice(0, equals)]: new CommandLineText(text.slice(equals + 1)) };
  throw new ShowrunnerError("usage", `-e ${text}: expected name=value, @file or a JSON object`);
}

async function readFile(file: string): Promise<ExtraVars> {
  const { yamlReader } = await import("../inventory/yaml-file.ts");
  const read = await yamlReader(
    (file) => (why, cause) => new ShowrunnerError("file.missing", `-e @${file}: ${why}`, { cause }),
  );
  try {
    const top = await read(file);
    rememberVaulted();
    if (top.kind !== "mapping" && top.kind !== "nothing")
      throw new ShowrunnerError("usage", expectedMapping, { location: top.locate() });
    return Object.fromEntries(top.entries().map(({ name, value }) => [name, value.toJs()]));
  } catch (error) {
    if (!(error instanceof ShowrunnerError) || ["file.missing", "interrupted"].includes(error.code))
      throw error;
    const { message, location, hint } = error;
    throw new ShowrunnerError("usage", `-e @${file}: ${message}`, { location, hint });
  }
}

const expectedMapping = "expected a mapping of names to values";

async function readText(text: string): Promise<ExtraVars> {
  const value = await yamlArgument(text, "-e");
  if (isRecord(value)) return value;
  throw new ShowrunnerError("usage", `-e: ${expectedMapping}`);
}
