/** Requests over HTTP that hosts send, and their answers. */
import type { ProxyVariables } from "./http-proxy.ts";

/** A request over HTTP that a host sends. Plain data. */
export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  /** False: accept any certificate. */
  readonly verifyTls: boolean;
  /** Names the authorities that must have signed certificates; the control machine's if left out. */
  readonly authorities?: string | undefined;
  /** Where to connect to, in place of the address that the URL's host has. */
  readonly connectTo?: string | undefined;
  /** The proxies that the task's environment names. */
  readonly proxies?: ProxyVariables | undefined;
  readonly followRedirects: boolean;
}

/** The request's URL, as messages name it. */
export function shownUrl(url: string, { connectTo }: Pick<HttpRequest, "connectTo">): string {
  return connectTo === undefined ? url : `${url} at ${connectTo}`;
}

export interface HttpResponse {
  /** What answered, after redirects. */
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** True where the body is longer than what is kept of it, 1 MiB. */
  readonly isCut: boolean;
}
