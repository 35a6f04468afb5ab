/** What of an application's releases stays on a host. */
import { file as fileFact } from "../../facts/files.ts";
import type { Plan, PlanHost } from "../../kit/index.ts";
import { copy } from "../files/copy.ts";
import { file } from "../files/file.ts";
import { naming } from "../files/naming.ts";
import { layoutOf } from "./layout.ts";

/** Writes down which releases there are, the newest last. */
export async function* writeList(host: PlanHost, path: string, names: readonly string[]): Plan<void> {
  const content = names.map((name) => `${name}\n`).join("");
  yield* naming("list", copy.plan(host, { dest: layoutOf(path).list, content }));
}

/**
 * Removes releases, and only then writes down which ones stay: a run that dies in between must still know what is to
 * go.
 */
export async function* keepOnly(
  host: PlanHost,
  path: string,
  kept: readonly string[],
  others: readonly string[],
): Plan<void> {
  const { release: directory } = layoutOf(path);
  await Promise.all(others.map((name) => host.fact(fileFact, directory(name))));
  for (const name of others) yield* naming(name, file.plan(host, { path: directory(name), state: "absent" }));
  yield* writeList(host, path, kept);
}
