import { inspect } from "node:util";
import { Type } from "../../core/base/schema.ts";
import { defineModule } from "../../core/tasks/module.ts";

/**
 * Shows a message, or any value. It changes nothing; secrets are masked.
 *
 * @example
 * await debug({ message: page.value.headers });
 */
export const debug = defineModule({
  name: "debug",
  summary: "Shows a message.",
  params: { message: Type.Unknown({ description: "a text, or any value" }) },
  examples: [`debug({ message: \`the release is \${release}\` })`],
  titleQuotes: true,
  title: ({ message }) => textOf(message),
  message: ({ message }) => textOf(message),
  async *plan(_, { message }) {
    return { message };
  },
});

function textOf(message: unknown): string {
  return typeof message === "string" ? message : inspect(message, { depth: 6, breakLength: 100 });
}
