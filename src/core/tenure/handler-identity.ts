/** When two handlers are one: they would do the same. */
import { createHash } from "node:crypto";
import { Secret } from "../../secrets/secret.ts";
import type { Task } from "../tasks/task.ts";

/** Within a run: a secret shows itself as a mask, and two that differ must not make two handlers the same. */
export function handlerIdentity(handler: Task<unknown>): string {
  return text(handler, (secret) => sha256(secret.reveal()));
}

/** On a host, where nothing may tell of a secret: those that differ by one are the same. */
export function debtId(handler: Task<unknown>): string {
  return sha256(text(handler, (secret) => secret.toJSON())).slice(0, 24);
}

function text({ module, params, options }: Task<unknown>, show: (secret: Secret) => string): string {
  const { become, environment, cwd, umask } = options;
  return JSON.stringify(
    { module, params, become, environment, cwd, umask },
    function (this: unknown, key, shown: unknown) {
      const given = this !== null && typeof this === "object" ? Reflect.get(this, key) : undefined;
      return given instanceof Secret ? show(given) : shown;
    },
  );
}

function sha256(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}
