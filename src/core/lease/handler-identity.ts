/** When two handlers are the same: they would do the same. */
import { createHash } from "node:crypto";
import { Secret } from "../../base/secret.ts";
import type { Become } from "../../transport/transport.ts";
import type { Task } from "../tasks/task.ts";

/** A task that was notified, and as whom it runs: by its own option, or by where it was notified. */
export interface Handler {
  readonly task: Task<unknown>;
  /** Undefined for the user of the connection. */
  readonly become: Become | undefined;
  /** Whether its values are hidden: see noLog. */
  readonly hidden?: boolean;
}

/** The identity within a run. Secrets are compared, though they print alike: handlers with different secrets differ. */
export function handlerIdentity(handler: Handler): string {
  return text(handler, (secret) => sha256(secret.reveal()));
}

/** The identity on a host, where nothing may tell of a secret: handlers that differ only by a secret are the same. */
export function pendingId(handler: Handler): string {
  return sha256(text(handler, (secret) => secret.toJSON())).slice(0, 24);
}

function text({ task, become }: Handler, show: (secret: Secret) => string): string {
  const { module, params, options } = task;
  const { environment, cwd, umask } = options;
  return JSON.stringify(
    { module, params, user: become?.user, environment, cwd, umask },
    function (this: unknown, key, shown: unknown) {
      const given = this !== null && typeof this === "object" ? Reflect.get(this, key) : undefined;
      return given instanceof Secret ? show(given) : shown;
    },
  );
}

function sha256(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}
