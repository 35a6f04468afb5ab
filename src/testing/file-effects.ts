/** Checks that a change states all facts about files that it may alter when it writes to a path. */
import type { Change } from "../core/facts/change.ts";
import { type Fact, type FactKey, type FactValue, factKeyId } from "../core/facts/fact.ts";
import { Reach } from "../core/facts/invalidation.ts";
import { emptyDirectory, treeDifference } from "../facts/file-tree.ts";
import { file, fileContent, fileHash, fileText } from "../facts/files.ts";

const contents = [fileHash, fileContent, fileText];
const names: ReadonlySet<string> = new Set([file, ...contents].map(({ name }) => name));

/**
 * The facts about files that a change may alter and does not name: after the change, tasks would still get their old
 * values. There are none if the change is made with `fileWritten`, `fileRemoved` and the like.
 *
 * @param change one that a module yields
 * @param before the facts that it was planned from, such as a case's: what stood at its paths is among them
 * @returns each as `fact path`
 *
 * @example
 * expect(forgottenFileFacts(change, facts)).toEqual([]);
 */
export function forgottenFileFacts(change: Change, before: readonly FactValue[]): string[] {
  const { sets, touches } = change;
  const named = new Set(
    [
      ...sets.map(({ fact, key }) => ({ fact, key })),
      ...touches.flatMap((touch) =>
        typeof touch === "object" && "keys" in touch
          ? (touch.keys ?? []).map((key) => ({ fact: touch.fact, key }))
          : [],
      ),
    ].map(({ fact, key }) => idOf(fact, key)),
  );
  const reach = new Reach(sets, touches);
  const isKnown = (fact: Fact<FactKey, unknown>, key: FactKey) =>
    named.has(idOf(fact.name, key)) ||
    reach.includes({ fact, key, realPath: undefined, current: undefined }, places);
  return pathsOf(change).flatMap((path) =>
    concerned(change, path, named, stateIn(before, path)).flatMap(({ fact, key }) =>
      isKnown(fact, key) ? [] : [`${fact.name} ${factKeyId(key)}`],
    ),
  );
}

const places = { of: (path: string) => path, version: 0 };

function stateIn(facts: readonly FactValue[], path: string): unknown {
  return facts.find(({ fact, key }) => fact === file.name && key === path)?.value;
}

function idOf(fact: string, key: FactKey): string {
  return `${fact}\0${factKeyId(key)}`;
}

/** The paths at which a change names a fact of files, or writes. */
function pathsOf({ sets, touches, action }: Change): string[] {
  const keys = [
    ...sets.flatMap(({ fact, key }) => (names.has(fact) ? [key] : [])),
    ...touches.flatMap((touch) =>
      typeof touch === "object" && "keys" in touch && names.has(touch.fact) ? (touch.keys ?? []) : [],
    ),
    ...(action.kind === "write" ? [action.path] : []),
  ];
  return [...new Set(keys.filter((key) => typeof key === "string"))];
}

interface Concerned {
  readonly fact: Fact<FactKey, unknown>;
  readonly key: FactKey;
}

/** The effects that must be stated for a path, by what becomes of it. */
function concerned(
  { sets, action }: Change,
  path: string,
  named: ReadonlySet<string>,
  before: unknown,
): Concerned[] {
  const at = (facts: readonly Fact<string, unknown>[], key: string) => facts.map((fact) => ({ fact, key }));
  const isWritten = action.kind === "write" && action.path === path;
  const alters = isWritten || contents.some((fact) => named.has(idOf(fact.name, path)));
  if (alters && !isWritten && !named.has(idOf(file.name, path))) return at(contents, path);
  const above = path.slice(0, path.lastIndexOf("/")) || "/";
  const trees = [...at([emptyDirectory], above), { fact: treeDifference, key: { path: above, owner: "x" } }];
  const then = stateIn(sets, path);
  const correctsTree = sets.some((one) => one.fact === treeDifference.name);
  if (!alters && (correctsTree || isSame(before, then))) return [...at([file], path), ...trees];
  const below = mayHoldMore(before) ? at([file, ...contents], `${path}/below`) : [];
  return [...at([file, ...contents], path), ...trees, ...below];
}

/** Whether the content is the same as before: a file or directory that is kept, or a new directory. */
function isSame(before: unknown, then: unknown): boolean {
  const [was, is] = [kindOf(before), kindOf(then)];
  return is !== undefined && (is === was || (is === "directory" && was === "absent"));
}

function mayHoldMore(before: unknown): boolean {
  const kind = kindOf(before);
  return kind === undefined || kind === "directory" || kind.startsWith("link");
}

/** What stands there, by the value of the fact `file`; of a link where it leads, too. */
function kindOf(state: unknown): string | undefined {
  if (typeof state !== "object" || state === null || !("type" in state)) return undefined;
  return "target" in state ? `${state.type} to ${state.target}` : String(state.type);
}
