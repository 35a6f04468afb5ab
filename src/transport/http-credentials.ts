/** A user and a password in a URL: sent as basic authentication, and shown nowhere. */
import { Secret } from "../base/secret.ts";

/** The header's value; undefined if the URL names no user. */
export function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  return basic(decoded(username), decoded(password));
}

/**
 * What basic authentication sends. It is a secret of its own: encoded with the user, the password has no known
 * spelling.
 */
export function basic(user: string, password: string): string {
  return `Basic ${new Secret(Buffer.from(`${user}:${password}`).toString("base64")).reveal()}`;
}

/** A URL as it may be shown: without user and password. */
export function withoutCredentials(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.username === "" && url.password === "") return text;
  url.username = "";
  url.password = "";
  return url.href;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a percent sign of its own
  }
}
