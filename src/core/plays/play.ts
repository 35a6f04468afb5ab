/** Plays and playbooks: which hosts, which variables, which steps. Data, but for the steps' bodies. */
import { type Location, ShowrunnerError } from "../../base/errors.ts";
import type { HostInfo, InventoryView } from "../../base/host.ts";
import { callerLocation } from "../../base/location.ts";
import { anything, flag, text, user } from "../../base/option-types.ts";
import { type OptionTypes, validateOptions } from "../../base/options.ts";
import { type TProperties, type TSchema, Type } from "../../base/schema.ts";
import { declaredOnly } from "../../base/strict.ts";
import { type Environment, validateExecutionEnvironment } from "../facts/execution-environment.ts";
import { type Rolling, type RollingOptions, rollingOf, rollingOptionTypes } from "./rolling-options.ts";
import { validatePlays, validateShape } from "./shape.ts";
import type { StepBody, StepContext } from "./step.ts";
import { checkedTags } from "./tags.ts";

export type { StepBody, StepContext } from "./step.ts";

/** What holds for a whole play: its hosts, and how it goes through them. */
export interface PlayOptions<P extends TProperties> extends RollingOptions {
  /** An Ansible host pattern: `web:!retired`. */
  readonly hosts: string;
  /** True: tasks run as root; a name: as that user. Default: as the user of the connection. */
  readonly become?: boolean | string;
  /** What `--tags` and `--skip-tags` call all steps of the play. */
  readonly tags?: readonly string[];
  /** True: a host that can't be reached for a task goes on with the next one. Tasks may say otherwise. */
  readonly ignoreUnreachable?: boolean;
  /** True: what its tasks print and change is neither shown nor kept; see the task option. Tasks may say otherwise. */
  readonly noLog?: boolean;
  /** Environment variables for everything that its tasks run; see the task option. */
  readonly environment?: Environment;
  /** The variables that the play needs of each host, as a schema; checked before any host is touched. */
  readonly vars?: P;
}

const optionTypes: OptionTypes<PlayOptions<TProperties>> = {
  hosts: text,
  become: user,
  // see checkedTags, validateExecutionEnvironment and validateShape
  tags: anything,
  ignoreUnreachable: flag,
  noLog: flag,
  environment: anything,
  vars: anything,
  ...rollingOptionTypes,
};

/** A play whose variables' types are settled. */
export interface Play {
  readonly name: string;
  readonly hosts: string;
  readonly become: boolean | string | undefined;
  readonly ignoreUnreachable: boolean;
  readonly noLog: boolean;
  readonly environment: Environment | undefined;
  /** How the play goes through its hosts, and what it puts up with. */
  readonly rolling: Rolling;
  readonly schema: TSchema & { readonly properties: TProperties };
  readonly steps: readonly string[];
  /** Each step's own tags and the play's. */
  readonly stepTags: ReadonlyMap<string, readonly string[]>;
  readonly location: Location | undefined;
  /** Runs a step with variables that passed the schema. */
  runStep(
    step: string,
    context: { vars: unknown; host: HostInfo; inventory: InventoryView; check: boolean },
  ): Promise<void>;
}

/**
 * A play: named steps for the hosts of a pattern. Each step is done on all hosts before the next one begins.
 *
 * @param name how it is called in the output
 * @param options its hosts and what holds for all its steps
 * @param steps bodies by name, in order
 *
 * @example
 * play("web servers", { hosts: "web", become: true, vars: { domain: Type.String() } }, {
 *   base: () => batch([apt({ name: ["curl", "rsync"] })]),
 *   nginx: ({ vars }) => nginx({ domain: vars.domain }),
 * });
 */
export function play<P extends TProperties = Record<never, never>>(
  name: string,
  options: PlayOptions<P>,
  steps: Readonly<Record<string, StepBody<P>>>,
): Play {
  const location = callerLocation();
  validateShape(name, options, steps, location);
  const properties = options.vars;
  const schema = Type.Object(properties ?? {}, { additionalProperties: false });
  const mistake = { code: "playbook.invalid", what: `play "${name}"`, location } as const;
  validateOptions<PlayOptions<TProperties>>(options, optionTypes, mistake);
  validateExecutionEnvironment({ environment: options.environment }, mistake);
  const names = Object.keys(steps);
  if (names.length === 0)
    throw new ShowrunnerError("playbook.invalid", `the play "${name}" has no steps`, { location });
  const tags = checkedTags(options.tags ?? [], `the play "${name}"`, location);
  const stepTags = Object.entries(steps).map(([step, body]) => {
    const own = checkedTags(body.tags ?? [], `the step "${step}"`, location);
    return [step, [...new Set([...tags, ...own])]] as const;
  });
  const variables = Object.keys(schema.properties);
  return {
    name,
    hosts: options.hosts,
    become: options.become,
    ignoreUnreachable: options.ignoreUnreachable ?? false,
    noLog: options.noLog ?? false,
    environment: options.environment,
    rolling: rollingOf(options),
    schema,
    steps: names,
    stepTags: new Map(stepTags),
    location,
    async runStep(step, context) {
      const body = steps[step];
      if (!body) throw new ShowrunnerError("internal", `the play "${name}" has no step "${step}"`);
      await body(
        checked<P>({ ...context, vars: declaredOnly(context.vars, variables, `the play "${name}"`) }),
      );
    },
  };
}

/** The engine has checked the variables against the play's own schema: that is what makes them of its type. */
function checked<P extends TProperties>(context: {
  vars: unknown;
  host: HostInfo;
  inventory: InventoryView;
  check: boolean;
}): StepContext<P>;
function checked(context: { vars: unknown; host: HostInfo; inventory: InventoryView; check: boolean }) {
  return context;
}

/** Plays in their order. */
export interface Playbook {
  readonly kind: "playbook";
  readonly plays: readonly Play[];
  readonly location: Location | undefined;
}

/**
 * A playbook: what `npx run playbook NAME` runs. It is the default export of its file.
 *
 * @example
 * export default playbook([play("all", { hosts: "all" }, { hello: () => debug({ message: "hello" }) })]);
 */
export function playbook(plays: readonly Play[]): Playbook {
  const location = callerLocation();
  validatePlays(plays, location);
  return { kind: "playbook", plays, location };
}

/** Whether a value, such as a file's default export, is a playbook. */
export function isPlaybook(value: unknown): value is Playbook {
  return value !== null && typeof value === "object" && "kind" in value && value.kind === "playbook";
}
