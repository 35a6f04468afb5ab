/** Reads a fact from what its script printed on a real host. */
import { spawnSync } from "node:child_process";
import { ShowrunnerError } from "../../src/base/errors.ts";
import type { Fact, FactKey } from "../../src/core/facts/fact.ts";

export function parsed<K extends FactKey, V>(
  fact: Fact<K, V>,
  keys: readonly K[],
  stdout: string,
): ReadonlyMap<K, V> {
  const { source } = fact;
  if ("read" in source) throw new Error(`${fact.name} has no script`);
  return readable(source.parse(Buffer.from(stdout), keys));
}

/** Runs a fact's script on this machine. */
export function readHere<K extends FactKey, V>(
  fact: Fact<K, V>,
  keys: readonly K[],
  shell: readonly string[] = ["sh"],
): ReadonlyMap<K, V> {
  const { source } = fact;
  if ("read" in source) throw new Error(`${fact.name} has no script`);
  const [command = "sh", ...words] = shell;
  const script = `LC_ALL=C; export LC_ALL\n${source.script(keys).text}`;
  const { status, stdout, stderr } = spawnSync(command, [...words, "-c", script]);
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
  return readable(source.parse(stdout, keys));
}

/** A key that can't be read fails the test. */
export function readable<K, V>(values: ReadonlyMap<K, V | ShowrunnerError>): ReadonlyMap<K, V> {
  const good = new Map<K, V>();
  for (const [key, value] of values) {
    if (value instanceof ShowrunnerError) throw value;
    good.set(key, value);
  }
  return good;
}
