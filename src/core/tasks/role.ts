/** A role: tasks that belong together, with the variables they need, declared. */
import { dirname, join } from "node:path";
import { type Location, ShowrunnerError } from "../base/errors.ts";
import type { HostInfo, InventoryView } from "../base/host.ts";
import { callerFile, callerLocation } from "../base/location.ts";
import {
  type Input,
  requireValue,
  type Static,
  type TObject,
  type TProperties,
  type TSchema,
  Type,
} from "../base/schema.ts";
import { declaredOnly } from "../base/strict.ts";
import { currentContext, type HostContext, withContext } from "../engine/context.ts";
import { Deferred } from "./deferred.ts";

/** A role's own files. */
export interface RoleFiles {
  /** The path of `templates/NAME` beside the role's definition. */
  template(name: string): string;
  /** The path of `files/NAME` beside the role's definition. */
  file(name: string): string;
}

export interface RoleContext<P extends TProperties> {
  readonly vars: Static<TObject<P>>;
  readonly role: RoleFiles;
  readonly host: HostInfo;
  readonly inventory: InventoryView;
}

export interface RoleDefinition<P extends TProperties, R> {
  readonly name: string;
  /** One sentence: what a host is afterwards. */
  readonly summary?: string;
  readonly vars: P;
  run(context: RoleContext<P>): Promise<R> | PromiseLike<R>;
}

/** A role: call it with its variables and await it in a step. */
export interface Role<P extends TProperties, R> {
  (vars: Input<P>): Deferred<R>;
  readonly definition: { readonly name: string; readonly summary?: string };
  readonly schema: TSchema;
  readonly location: Location | undefined;
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
export function defineRole<P extends TProperties, R>(definition: RoleDefinition<P, R>): Role<P, R> {
  const location = callerLocation();
  const schema = Type.Object(definition.vars, { additionalProperties: false });
  const files = roleFiles(callerFile());
  const names = Object.keys(schema.properties);
  const call = (given: Input<P>): Deferred<R> => {
    const caller = callerLocation();
    const vars = requireValue(schema, given, {
      code: "vars.invalid",
      what: `role ${definition.name}`,
      location: caller,
    });
    return new RoleCall(definition.name, ({ host, inventory }) =>
      definition.run({
        vars: declaredOnly(vars, names, `the role ${definition.name}`),
        role: files,
        host,
        inventory,
      }),
    );
  };
  return Object.assign(call, { definition, schema, location });
}

class RoleCall<R> extends Deferred<R> {
  readonly label: string;
  readonly #name: string;
  readonly #body: (context: { host: HostInfo; inventory: InventoryView }) => PromiseLike<R> | Promise<R>;

  constructor(name: string, body: (context: { host: HostInfo; inventory: InventoryView }) => PromiseLike<R>) {
    super();
    this.label = `role ${name}`;
    this.#name = name;
    this.#body = body;
  }

  protected override async run(context: HostContext): Promise<R> {
    const { host } = context;
    return withContext({ ...context, roles: [...context.roles, this.#name] }, async () =>
      this.#body({ host: host.info, inventory: host.run.inventory }),
    );
  }
}

function roleFiles(definition: string | undefined): RoleFiles {
  const folder = (kind: string) => {
    if (definition !== undefined) return join(dirname(definition), kind);
    throw new ShowrunnerError("internal", "the role's own file is unknown, so its files can't be found");
  };
  return { template: (name) => join(folder("templates"), name), file: (name) => join(folder("files"), name) };
}

/** The host that the running step belongs to, for helpers that are not given it. */
export function currentHost(): HostInfo | undefined {
  return currentContext()?.host.info;
}
