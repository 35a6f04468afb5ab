/** Reads back what a change says it sets: a host that does not agree is a failure, not a surprise for later. */
import { isDeepStrictEqual } from "node:util";
import { ShowrunnerError } from "../../base/errors.ts";
import type { Become } from "../../transport/transport.ts";
import type { Change } from "./change.ts";
import { factNamed } from "./fact.ts";
import type { FactStore } from "./fact-store.ts";

/** @throws ShowrunnerError `change.not-applied` naming the first fact that differs */
export async function verifyChange(
  change: Change,
  facts: FactStore,
  become: Become | undefined,
): Promise<void> {
  await Promise.all(
    change.sets.map(async ({ fact: name, key, value: expected }) => {
      const fact = factNamed(name);
      if (!fact) return;
      const { value } = await facts.read(become, fact, key);
      if (isDeepStrictEqual(value, expected)) return;
      throw new ShowrunnerError(
        "change.not-applied",
        `${change.what} was changed, but the host does not show it`,
        {
          details: [
            `fact: ${name} ${JSON.stringify(key)}`,
            `expected: ${show(expected)}`,
            `got: ${show(value)}`,
          ],
        },
      );
    }),
  );
}

/** Bytes are shown by their count: they may be long, and a secret spelt as bytes would escape redaction. */
function show(value: unknown): string {
  return Buffer.isBuffer(value) ? `${value.length} bytes` : (JSON.stringify(value) ?? "undefined");
}
