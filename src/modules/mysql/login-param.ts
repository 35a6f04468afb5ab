import { SecretString, Type } from "../../core/base/schema.ts";
import { fail } from "../../core/tasks/task.ts";
import type { Login } from "../../facts/mysql/login.ts";

/** How a module's task logs in to the server. */
export const loginParam = Type.Optional(
  Type.Object(
    {
      socket: Type.Optional(Type.String({ minLength: 1, description: "the server's unix socket" })),
      host: Type.Optional(
        Type.String({ minLength: 1, description: "the server's name or address, for TCP" }),
      ),
      port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535, description: "default 3306" })),
      user: Type.Optional(
        Type.String({ minLength: 1, description: "default: the user that the task runs as" }),
      ),
      password: Type.Optional(SecretString({ description: "never part of a command line" })),
    },
    {
      additionalProperties: false,
      description:
        "how to log in. Default: over this host's unix socket, as the user that the task runs as, or with the user, password, socket and TLS settings in that user's option files (~/.my.cnf); nothing else in them counts",
    },
  ),
);

/** Checks what the schema can't say. */
export function checkLogin(login: Login | undefined): void {
  if (login?.socket !== undefined && login.host !== undefined)
    fail("login: socket and host exclude each other", "give the one by which the server is to be reached");
  if (login?.port !== undefined && login.host === undefined)
    fail("login: a port needs a host", `for this host's own server over TCP give host: "127.0.0.1"`);
}
