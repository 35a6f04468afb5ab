/** How to log in to a server. */
import { type Secret, secret } from "../../kit/index.ts";
import { markOf } from "../../kit/own.ts";
import { optionFile } from "./option-file.ts";

/** Where the server is and as whom to log in. */
export type Login = {
  readonly socket?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly password?: string | Secret | undefined;
  readonly ssl?: Tls | undefined;
};

/** How a connection is encrypted; paths are on the host that connects. */
export type Tls = {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Whether the server's certificate must be valid for its name. Default true. */
  readonly verify?: boolean | undefined;
};

/**
 * A server, as a fact's key. Without a login it is this host's own, over its unix socket, as the user's option files
 * (`/root/.my.cnf`) say how to log in.
 */
export type ServerKey = {
  readonly login?: Login;
  /** A secret shows itself as a mask in a key: this tells two passwords apart. */
  readonly passwordId?: string;
};

export function serverKey(login: Login | undefined): ServerKey {
  if (login?.password === undefined) return login === undefined ? {} : { login };
  const { password } = login;
  // a key may be shown, in an error for example
  const hidden = typeof password === "string" ? secret(password) : password;
  return { login: { ...login, password: hidden }, passwordId: markOf(password) };
}

/** Whether the server runs on the host that asks. */
export function isLocal({ login }: ServerKey): boolean {
  return login?.host === undefined;
}

/** The login as an option file for the client, which must see no other one. */
export function loginOptions({ socket, host, port, user, password, ssl }: Login): string {
  return optionFile({
    socket,
    host,
    port: port ?? (host === undefined ? undefined : 3306),
    // `localhost` would mean the socket
    protocol: host === undefined ? "SOCKET" : "TCP",
    user,
    password,
    ...(ssl
      ? {
          ssl: true,
          "ssl-ca": ssl.ca,
          "ssl-cert": ssl.cert,
          "ssl-key": ssl.key,
          "ssl-verify-server-cert": ssl.verify ?? true,
        }
      : { "loose-skip-ssl": true }),
  });
}
