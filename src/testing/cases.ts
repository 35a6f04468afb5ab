/** Cases of a module: one notation for what it does without a host and on real ones. */
import { ShowrunnerError } from "../base/errors.ts";
import { callerLocation } from "../base/location.ts";
import type { FactValue } from "../core/facts/fact.ts";
import type { Module } from "../core/tasks/module.ts";
import type { Case, End, ModuleCase } from "./case.ts";
import { holdWithoutHost } from "./pure.ts";

export interface CasesOptions {
  /** Facts of every case without a host; a case's own go over them. */
  readonly facts?: readonly FactValue[];
  /** A script for `sh` that runs once on each real host, as root: installs what the cases need. */
  readonly setup?: string;
  /** Paths that running software writes to by itself, such as a database's files: no task states these changes. */
  readonly moving?: readonly string[];
  /**
   * Properties of facts' values that are another at every making, such as a new key's `publicKey`: a case that was
   * interrupted and done again is held to all else.
   */
  readonly random?: readonly string[];
  /** A script that takes away what any case may have left. It runs before each start; its status does not matter. */
  readonly reset?: string;
}

/** The cases of one module. */
export interface Cases extends CasesOptions {
  readonly kind: "cases";
  /** The module's name. */
  readonly module: string;
  readonly list: readonly ModuleCase[];
  /** The cases that need no host, for a runner of tests: `for (const { name, hold } of motd.pure) test(name, hold)`. */
  readonly pure: readonly PureCase[];
}

export interface PureCase {
  readonly name: string;
  /** @throws Error saying what differs */
  readonly hold: () => Promise<void>;
}

/**
 * Cases of a module, for the default export of a file `NAME.cases.ts`.
 *
 * @param module the module
 * @param list one case for each behaviour
 * @param options what the cases have in common
 * @throws ShowrunnerError `params.invalid` for two cases of one name, or a case with neither `facts` nor `start`
 *
 * @example
 * export default cases(
 *   motd,
 *   [
 *     {
 *       name: "writes the message where there is none",
 *       params: { text: "hello" },
 *       facts: [fileText.is("/etc/motd", undefined)],
 *       start: "",
 *       changes: ["text"],
 *       end: [fileText.is("/etc/motd", "hello\n"), "grep -qx hello /etc/motd"],
 *     },
 *   ],
 *   { reset: "rm -f /etc/motd" },
 * );
 */
export function cases<G, V>(
  module: Module<G, V>,
  list: readonly Case<NoInfer<G>>[],
  options: CasesOptions = {},
): Cases {
  const { name } = module.definition;
  const location = callerLocation();
  const names = new Set<string>();
  for (const one of list) {
    const refuse = (what: string, hint: string): never => {
      throw new ShowrunnerError("params.invalid", `${name}: the case "${one.name}" ${what}`, {
        location,
        hint,
      });
    };
    if (names.has(one.name)) refuse("is there twice", "say in its name what it is about");
    names.add(one.name);
    if (one.facts === undefined && one.start === undefined)
      refuse("begins nowhere", "give `facts` for a plan without a host, `start` for a real one, or both");
  }
  const settled = list.map(({ params, end = [], options: taskOptions, ...rest }): ModuleCase => {
    return {
      ...rest,
      end: isList(end) ? end : [end],
      // the value of a case's task is not used here; an option that judges the value has the module's own type
      task: () => module(params, taskOptions),
    };
  });
  const { facts = [] } = options;
  return {
    ...options,
    kind: "cases",
    module: name,
    list: settled,
    pure: settled.flatMap((one) => {
      if (one.facts === undefined) return [];
      const hold = async () => void (await holdWithoutHost(one, facts));
      return { name: one.name, hold };
    }),
  };
}

/** Whether a value, such as a file's default export, is a module's cases. */
export function isCases(value: unknown): value is Cases {
  return value !== null && typeof value === "object" && "kind" in value && value.kind === "cases";
}

function isList(end: End | readonly End[]): end is readonly End[] {
  return Array.isArray(end);
}
