import type { Login } from "../../facts/mysql/login.ts";
import { fail, Param, SecretString, Type } from "../../kit/index.ts";

/** How a module's task logs in to the server. */
export const loginParams = {
  /**
   * How to log in. Left out: over this host's unix socket, as the user that the task runs as. If that user's option
   * files (~/.my.cnf) have a user, a password, a socket or TLS settings, these count; nothing else in the files does.
   */
  login: Type.Optional(
    Type.Object(
      {
        /** The server's unix socket. */
        socket: Type.Optional(Type.String({ minLength: 1 })),
        /** The server's name or address, for TCP. */
        host: Type.Optional(Type.String({ minLength: 1 })),
        /** The port. Left out: 3306. */
        port: Type.Optional(Param.port()),
        /** The account's user. Left out: the user that the task runs as. */
        user: Type.Optional(Type.String({ minLength: 1 })),
        /** Never part of a command line. */
        password: Type.Optional(SecretString()),
      },
      {
        additionalProperties: false,
      },
    ),
  ),
};

/** Checks how the parts of a login go together. */
export function checkLogin(login: Login | undefined): void {
  if (login?.socket !== undefined && login.host !== undefined)
    fail(
      "login: socket and host exclude each other",
      "give only the one by which the server is to be reached",
    );
  if (login?.port !== undefined && login.host === undefined)
    fail("login: a port needs a host", `for this host's own server over TCP give host: "127.0.0.1"`);
}
