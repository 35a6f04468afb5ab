import {
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  type RequiredInput,
  Type,
} from "../../kit/index.ts";

const params = {
  /** What must be true. */
  that: Type.Boolean(),
  /** What to say if it is not. */
  message: Type.Optional(Type.String({ minLength: 1 })),
  /** What to do then. */
  hint: Type.Optional(Type.String()),
};

/** What `assert` takes. */
export interface AssertParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Fails unless a condition holds. It changes nothing.
 *
 * @throws ShowrunnerError `task.failed` with the message
 *
 * @example
 * await assert({ that: page.value.body.includes("ok"), message: "the page does not say ok" });
 */
export const assert: Module<AssertParams, object> = defineModule({
  name: "assert",
  summary: "Fails unless a condition holds.",
  params,
  examples: [`assert({ that: vars.workers > 0, message: "an application needs a worker" })`],
  titleQuotes: true,
  title: ({ message = "" }) => message,
  async *plan(_, { that, message = "the condition does not hold", hint }) {
    if (!that) fail(message, hint);
    return {};
  },
});
