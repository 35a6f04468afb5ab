import { Type } from "../../core/base/schema.ts";
import { defineModule } from "../../core/tasks/module.ts";
import { fail } from "../../core/tasks/task.ts";

/**
 * Fails unless a condition holds. It changes nothing.
 *
 * @throws ShowrunnerError `task.failed` with the message
 *
 * @example
 * await assert({ that: page.value.body.includes("ok"), message: "the page does not say ok" });
 */
export const assert = defineModule({
  name: "assert",
  summary: "Fails unless a condition holds.",
  params: {
    that: Type.Boolean({ description: "what must be true" }),
    message: Type.Optional(Type.String({ minLength: 1, description: "what to say if it is not" })),
    hint: Type.Optional(Type.String({ description: "what to do then" })),
  },
  examples: [`assert({ that: vars.workers > 0, message: "an application needs a worker" })`],
  titleQuotes: true,
  title: ({ message = "" }) => message,
  async *plan(_, { that, message = "the condition does not hold", hint }) {
    if (!that) fail(message, hint);
    return {};
  },
});
