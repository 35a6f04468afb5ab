/** A role: tasks that belong together, with the variables they need, declared. */
import { dirname, join } from "node:path";
import { type Location, ShowrunnerError } from "../../base/errors.ts";
import type { HostInfo, InventoryView } from "../../base/host.ts";
import { callerFile, callerLocation } from "../../base/location.ts";
import {
  type Input,
  type Static,
  type TObject,
  type TProperties,
  type TSchema,
  Type,
} from "../../base/schema.ts";
import { declaredOnly } from "../../base/strict.ts";
import { requireValue } from "../../base/validate-value.ts";
import { contextOf, type HostContext, withContext } from "../engine/context.ts";
import { Deferred } from "../tasks/deferred.ts";
import type { Scope } from "../tasks/scope.ts";

/** A role's own files. */
interface RoleFiles {
  /** The path of `templates/NAME` beside the role's definition. */
  template(name: string): string;
  /** The path of `files/NAME` beside the role's definition. */
  file(name: string): string;
}

/** What the code of a role is given. */
export interface RoleContext<P extends TProperties> extends RolePlace {
  /** The variables of this call, with their defaults. */
  readonly vars: Static<TObject<P>>;
  /** Where the role was called, for an error about its variables. */
  readonly location: Location | undefined;
}

/** Where a role runs. */
interface RolePlace {
  /** The paths of the role's own templates and files. */
  readonly role: RoleFiles;
  /** Names the role in this step of this play of this playbook: whose files `ownedFiles` notes. */
  readonly owner: string;
  /** The host that it runs on. */
  readonly host: HostInfo;
  /** All hosts and groups of the run's inventory. */
  readonly inventory: InventoryView;
}

/** A role as its author defines it, for `defineRole`. */
export interface RoleDefinition<P extends TProperties, R> {
  /** The name that users see. */
  readonly name: string;
  /** One sentence: what a host is afterwards. */
  readonly summary?: string;
  /** The variables that it needs, each with the comment that says what it is for. */
  readonly vars: P;
  /** Throws (with `fail`) for variables that contradict each other: a mistake in the call, told before anything runs. */
  check?(vars: Static<TObject<P>>): void;
  /** Its tasks. What it returns is what awaiting a call gives. */
  run(context: RoleContext<P>): Promise<R> | PromiseLike<R>;
  /**
   * Runs once on a host when a step that called the role has succeeded, with the variables of all calls of the role in
   * that step: only then it is known what is no longer wanted.
   */
  finish?(context: RoleFinish<P>): PromiseLike<unknown>;
}

interface RoleFinish<P extends TProperties> extends RolePlace {
  /** The variables of each call, in order. */
  readonly calls: readonly Static<TObject<P>>[];
}

/**
 * A role: call it with its variables and await it in a step.
 *
 * @typeParam G what its callers give; an interface of the role's own keeps messages of the compiler short
 * @typeParam R what it gives back
 */
export interface Role<G, R> {
  (vars: G): Deferred<R>;
  readonly definition: { readonly name: string; readonly summary?: string };
  readonly schema: TSchema;
  readonly location: Location | undefined;
  /** The file that defines it: its templates lie beside it, the comments above its variables stand in it. */
  readonly file: string | undefined;
}

/**
 * Defines a role.
 *
 * @param definition its name, its variables' schema and its tasks
 * @returns a function that takes the variables; what it returns runs when awaited
 * @throws ShowrunnerError `vars.invalid` from the returned function, with the caller's line
 *
 * @example
 * export const motd = defineRole({
 *   name: "motd",
 *   vars: { text: Type.String() },
 *   async run({ vars }) {
 *     await copy({ dest: "/etc/motd", content: vars.text });
 *   },
 * });
 */
export function defineRole<P extends TProperties, R>(definition: RoleDefinition<P, R>): Role<Input<P>, R> {
  const location = callerLocation();
  const schema = Type.Object(definition.vars, { additionalProperties: false });
  const file = callerFile();
  const files = roleFiles(file);
  const names = Object.keys(schema.properties);
  const calls: Calls<P> = new WeakMap();
  const call = (given: Input<P>): Deferred<R> => {
    const caller = callerLocation();
    const vars = requireValue(schema, given, {
      code: "vars.invalid",
      what: `role ${definition.name}`,
      location: caller,
    });
    checkedBy(definition, vars, caller);
    const declared = declaredOnly(vars, names, `the role ${definition.name}`);
    return new RoleCall(definition, files, declared, calls, caller);
  };
  return Object.assign(call, { definition, schema, location, file });
}

/** Runs the role's own check: what it finds wrong is a mistake in the call. */
function checkedBy<P extends TProperties, R>(
  { name, check }: RoleDefinition<P, R>,
  vars: Static<TObject<P>>,
  location: Location | undefined,
): void {
  try {
    check?.(vars);
  } catch (error) {
    if (!(error instanceof ShowrunnerError)) throw error;
    const { message, hint, details } = error;
    throw new ShowrunnerError("vars.invalid", `role ${name}: ${message}`, { hint, details, location });
  }
}

class RoleCall<P extends TProperties, R> extends Deferred<R> {
  protected override readonly isCode = true;
  readonly label: string;
  readonly #definition: RoleDefinition<P, R>;
  readonly #files: RoleFiles;
  readonly #vars: Static<TObject<P>>;
  readonly #calls: Calls<P>;

  constructor(
    definition: RoleDefinition<P, R>,
    files: RoleFiles,
    vars: Static<TObject<P>>,
    calls: Calls<P>,
    caller: Location | undefined,
  ) {
    super(caller);
    this.label = `role ${definition.name}`;
    this.#definition = definition;
    this.#files = files;
    this.#vars = vars;
    this.#calls = calls;
  }

  protected override run(scope: Scope): Promise<R> {
    const context = contextOf(scope);
    const definition = this.#definition;
    const { info, run } = context.host;
    const inside = { ...context, roles: [...context.roles, definition.name] };
    const owner = [run.name, context.play, context.step, ...inside.roles].join(" / ");
    const place: RolePlace = { role: this.#files, owner, host: info, inventory: run.inventory };
    return withContext(inside, async () => {
      const value = await definition.run({ ...place, vars: this.#vars, location: this.location });
      this.#finishLater(inside, place);
      return value;
    });
  }

  /** Records this call with the role's other calls on this host in this step. */
  #finishLater(inside: HostContext, place: RolePlace): void {
    const definition = this.#definition;
    if (!definition.finish) return;
    const { endings } = inside;
    const ofStep = this.#calls.get(endings) ?? new Map<string, Static<TObject<P>>[]>();
    this.#calls.set(endings, ofStep);
    const key = `${place.host.name} ${place.owner}`;
    const calls = [...(ofStep.get(key) ?? []), this.#vars];
    ofStep.set(key, calls);
    endings.set(key, () => withContext(inside, async () => definition.finish?.({ ...place, calls })));
  }
}

/** The variables of a role's calls, by the step that they were made in, and there by host and owner. */
type Calls<P extends TProperties> = WeakMap<HostContext["endings"], Map<string, Static<TObject<P>>[]>>;

function roleFiles(definition: string | undefined): RoleFiles {
  const folder = (kind: string) => {
    if (definition !== undefined) return join(dirname(definition), kind);
    throw new ShowrunnerError("internal", "the role's own file is unknown, so its files can't be found");
  };
  return { template: (name) => join(folder("templates"), name), file: (name) => join(folder("files"), name) };
}
