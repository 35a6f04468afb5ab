/** Defines a module: its parameters, what it documents and what it does, in one place. */
import { type Location, ShowrunnerError } from "../../base/errors.ts";
import { callerLocation, callerOf, locationOfCall } from "../../base/location.ts";
import { oneLine } from "../../base/one-line.ts";
import {
  type Input,
  type Static,
  type TObject,
  type TProperties,
  type TSchema,
  Type,
} from "../../base/schema.ts";
import { requireValue } from "../../base/validate-value.ts";
import { asFailure } from "../events/failure.ts";
import { type Alternatives, type AtMostOne, type ExactlyOne, validateAlternatives } from "./alternatives.ts";
import { ModuleTask } from "./module-task.ts";
import { isTaskOption } from "./option-types.ts";
import type { Patience, Plan, PlanHost, Task, TaskOptions } from "./task.ts";

/** A module as its author defines it, for `defineModule`. */
export interface ModuleDefinition<
  P extends TProperties,
  V,
  One extends keyof P = never,
  Most extends keyof P = never,
> {
  /** As users call it, in camelCase. */
  readonly name: string;
  /** One sentence: what it brings about. */
  readonly summary: string;
  /** Its parameters, each with the comment that says what it is for. */
  readonly params: P;
  /** Parameters, declared optional, of which exactly one is to be given. A call that gives none or two does not compile. */
  readonly oneOf?: readonly One[];
  /** Parameters of which at most one may be given. A call that gives two does not compile. */
  readonly atMostOneOf?: readonly Most[];
  /** Parameters that are only to be given with another one: `{ append: "groups" }`. A flag that is false is not given. */
  readonly needs?: { readonly [Name in NoInfer<keyof P>]?: NoInfer<keyof P> };
  /** Parameters, declared optional, that must be given unless `state` is `absent`. */
  readonly presentNeeds?: readonly NoInfer<keyof P>[];
  /** Parameters that go with `state: "present"` only. */
  readonly onlyPresent?: readonly NoInfer<keyof P>[];
  /** Parameters that go with `state: "absent"` only. */
  readonly onlyAbsent?: readonly NoInfer<keyof P>[];
  /** Calls that show its use, as a user would write them. */
  readonly examples?: readonly string[];
  /** What a task of these parameters is about, in a word or two. Default: its first text parameter. */
  title?(params: Static<TObject<P>>): string;
  /**
   * Checks what the schema can't say. Throw with `fail`; it becomes
   * `params.invalid` with the caller's line.
   */
  check?(params: Static<TObject<P>>): void;
  /** Completes parameters by where the call stands: relative local paths become absolute. Runs after `check`. */
  complete?(params: Static<TObject<P>>, caller: Location | undefined): Static<TObject<P>>;
  /** True: the title quotes what the task runs or says. It is left out where the task has `noLog`, and no `name`. */
  readonly titleQuotes?: boolean;
  /**
   * True: its tasks may read files of the control machine. A handler of it is not made again from what an earlier run
   * wrote down on a host: a host that has been taken over could ask for any file.
   */
  readonly readsLocalFiles?: boolean;
  /**
   * How long to wait for what comes by itself, for a module that waits: a plan that fails (with `fail` or
   * `host.require`) is made again, on facts read afresh, until it succeeds or the time is over. A check looks once.
   * Undefined: this task does not wait.
   */
  patience?(params: Static<TObject<P>>): Patience | undefined;
  /** What to tell the user once the task has run, as an event of its own. */
  message?(params: Static<TObject<P>>): string;
  /** Reads facts, compares, and yields one change a difference. Must not run anything to decide. */
  plan(host: PlanHost, params: Static<TObject<P>>): Plan<V>;
}

/**
 * A module: call it with parameters to make a task.
 *
 * @typeParam G what its callers give; an interface of the module's own keeps messages of the compiler short
 * @typeParam V what its tasks give back
 */
export interface Module<G, V> extends AnyModule {
  (params: G, options?: TaskOptions<V>): Task<V>;
  /**
   * Its plan, for a module that does what this one does, and more: `const value = yield* copy.plan(host, { … })`.
   *
   * @throws ShowrunnerError `params.invalid`, as a call does
   */
  plan(host: PlanHost, params: G): Plan<V>;
}

/** What a caller gives for these parameters, with those left out that exclude each other. */
type Given<P extends TProperties, One extends keyof P, Most extends keyof P> = AtMostOne<
  ExactlyOne<Input<P>, One>,
  Most
>;

/** What is known of any module, whatever its parameters: for lists, documentation and `run task`. */
export interface AnyModule {
  readonly definition: Pick<ModuleDefinition<TProperties, unknown>, "name" | "summary" | "examples"> &
    Alternatives;
  readonly schema: TSchema;
  /** The file that defines it: the comments above its parameters stand there. */
  readonly file: string | undefined;
  /** Whether its tasks may read files of the control machine. */
  readonly readsLocalFiles: boolean;
  /** A task from parameters of unknown shape, checked like any other. */
  fromData(params: unknown, options?: TaskOptions): Task<unknown>;
}

/**
 * Defines a module.
 *
 * @param definition its name, parameter schema and plan
 * @returns a function that makes tasks
 * @throws ShowrunnerError `params.invalid` from the returned function, with the caller's line
 *
 * @example
 * export const timezone = defineModule({
 *   name: "timezone",
 *   summary: "Sets the system's time zone.",
 *   params: {
 *     /** The zone, as in /usr/share/zoneinfo. *\/
 *     name: Type.String(),
 *   },
 *   async *plan(host, p) {
 *     const now = await host.fact(timezoneFact, "");
 *     if (now !== p.name)
 *       yield change({ what: "zone", before: now, after: p.name, script: sh`timedatectl set-timezone ${p.name}`, sets: [timezoneFact.is("", p.name)] });
 *   },
 * });
 */
export function defineModule<
  P extends TProperties,
  V,
  One extends keyof P = never,
  Most extends keyof P = never,
>(definition: ModuleDefinition<P, V, One, Most>): Module<Given<P, One, Most>, V> {
  const schema = Type.Object(definition.params, { additionalProperties: false });
  const check = (given: unknown, location: Location | undefined): Static<TObject<P>> => {
    refuseMisplacedOptions(definition, given, location);
    const checked = requireValue(schema, given, { code: "params.invalid", what: definition.name, location });
    return completed(definition, checked, location);
  };
  const make = (
    given: unknown,
    options: TaskOptions<V> | undefined,
    location: Location | undefined,
  ): Task<V> => {
    const params = check(given, location);
    return new ModuleTask<V>(
      {
        module: definition.name,
        title: oneLine(definition.title?.(params) ?? firstText(params)),
        params,
        patience: definition.patience?.(params),
        message: definition.message?.(params),
        titleQuotes: definition.titleQuotes,
        location,
        plan: (host) => definition.plan(host, params),
      },
      options,
    );
  };
  const call = (params: Given<P, One, Most>, options?: TaskOptions<V>): Task<V> =>
    make(params, options, locationOfCall(call));
  const module = Object.assign(call, {
    definition,
    schema,
    file: callerOf(import.meta.url),
    plan: (host: PlanHost, given: Given<P, One, Most>) =>
      definition.plan(host, check(given, callerLocation())),
    readsLocalFiles: definition.readsLocalFiles === true,
    fromData: (params: unknown, options?: TaskOptions) => make(params, options, callerLocation()),
  });
  defined.set(definition.name, defined.has(definition.name) ? undefined : module);
  return module;
}

/** Every module of this process by its name; undefined where two have the same. */
const defined = new Map<string, AnyModule | undefined>();

/** Loads the module of a name, if there is one that is loaded only when it is asked for. */
let load: (name: string) => void = () => undefined;

/**
 * Has modules found that nothing has imported yet.
 *
 * @param byName loads, and so defines, the one of a name; does nothing where it has none
 */
export function modulesOnDemand(byName: (name: string) => void): void {
  load = byName;
}

/** The one module of that name: tasks that come as data name theirs. */
export function moduleNamed(name: string): AnyModule | undefined {
  load(name);
  return defined.get(name);
}

/** In Ansible they stand beside the parameters. */
function refuseMisplacedOptions(
  { name, params }: Pick<ModuleDefinition<TProperties, unknown>, "name" | "params">,
  given: unknown,
  location: Location | undefined,
): void {
  if (given === null || typeof given !== "object") return;
  const misplaced = Object.keys(given).find((key) => !Object.hasOwn(params, key) && isTaskOption(key));
  if (misplaced === undefined) return;
  throw new ShowrunnerError(
    "params.invalid",
    `${name}: ${misplaced} is an option of the task, no parameter`,
    {
      location,
      hint: `options go into the second argument: ${name}({ … }, { ${misplaced}: … })`,
    },
  );
}

type Completion<P extends TProperties, V> = Pick<ModuleDefinition<P, V>, "name" | "check" | "complete">;

/** Runs the module's own checks: whatever they find wrong is a mistake in the call. */
function completed<P extends TProperties, V>(
  module: Completion<P, V> & Alternatives,
  params: Static<TObject<P>>,
  location: Location | undefined,
): Static<TObject<P>> {
  const { name, check, complete } = module;
  try {
    validateAlternatives(module, params);
    check?.(params);
    return complete?.(params, location) ?? params;
  } catch (error) {
    const { code, message, hint, details } = asFailure(error);
    throw new ShowrunnerError(code === "task.failed" ? "params.invalid" : code, `${name}: ${message}`, {
      hint,
      details,
      location,
      cause: error,
    });
  }
}

function firstText(params: unknown): string {
  const [text] = Object.values(params ?? {})
    .flat()
    .filter((value) => typeof value === "string");
  return text ?? "";
}
