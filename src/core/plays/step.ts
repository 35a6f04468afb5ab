/** A step: what a play does on each of its hosts, and what is known of it before it runs. */
import { ShowrunnerError } from "../../base/errors.ts";
import type { HostInfo, InventoryView } from "../../base/host.ts";
import { callerLocation } from "../../base/location.ts";
import { anything } from "../../base/option-types.ts";
import { validateOptions } from "../../base/options.ts";
import type { Static, TObject, TProperties } from "../../base/schema.ts";
import { whatItIs } from "../../base/what-it-is.ts";

/** What the code of a step is given. */
export interface StepContext<P extends TProperties> {
  /** The play's declared variables, with this host's values. */
  readonly vars: Static<TObject<P>>;
  /** The host that the step runs on. */
  readonly host: HostInfo;
  /** All hosts and groups of the run's inventory. */
  readonly inventory: InventoryView;
  /** True in check mode. */
  readonly check: boolean;
}

/** A step's body: runs once on each host of the play. */
export interface StepBody<P extends TProperties> {
  (context: StepContext<P>): PromiseLike<unknown>;
  /** What `--tags` and `--skip-tags` call it, besides its play's tags. */
  readonly tags?: readonly string[];
}

/** What is known of a step before it runs. */
export interface StepOptions {
  /**
   * What `--tags` and `--skip-tags` call the step, besides its play's tags. `always`: it runs whatever tags are asked
   * for; `never`: it runs only when one of its tags is asked for.
   */
  readonly tags?: readonly string[];
}

/**
 * A step with options. A step without any is just its body.
 *
 * @param options what is known of it before it runs
 * @param body runs once on each host of the play
 *
 * @example
 * play("web servers", { hosts: "web" }, {
 *   nginx: step({ tags: ["config"] }, ({ vars }) => nginx({ domain: vars.domain })),
 * });
 */
export function step<P extends TProperties>(
  options: StepOptions,
  body: (context: StepContext<P>) => PromiseLike<unknown>,
): StepBody<P> {
  const mistake = { code: "playbook.invalid", what: "step", location: callerLocation() } as const;
  // the play looks at its tags, and can name the step
  validateOptions<StepOptions>(options, { tags: anything }, mistake);
  const given: unknown = body;
  if (typeof given !== "function")
    throw new ShowrunnerError(
      mistake.code,
      `step: expected its options and then a function that does it, got ${whatItIs(given)}`,
      { location: mistake.location, hint: 'step({ tags: ["config"] }, async () => { … })' },
    );
  const { tags = [] } = options;
  return Object.assign((context: StepContext<P>) => body(context), { tags });
}
