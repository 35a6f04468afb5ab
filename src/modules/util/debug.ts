import { inspect } from "node:util";
import { defineModule, type Module, type OptionalInput, type RequiredInput, Type } from "../../kit/index.ts";

const params = {
  /** A text, or any value. Lines with tabs between their parts are shown as a table. */
  message: Type.Unknown(),
};

/** What `debug` gives. */
export interface DebugValue {
  /** The message as it was given. */
  readonly message: unknown;
}

/** What `debug` takes. */
export interface DebugParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Shows a message, or any value. It changes nothing; secrets are masked.
 *
 * @example
 * await debug({ message: page.value.headers });
 */
export const debug: Module<DebugParams, DebugValue> = defineModule({
  name: "debug",
  summary: "Shows a message.",
  params,
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
