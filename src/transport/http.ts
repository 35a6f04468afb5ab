/** HTTP as seen from a host, without any tool on it: Node's client over a byte stream that the host opens. */
import { messageOf, ShowrunnerError } from "../base/errors.ts";
import { basicAuthorization } from "./http-credentials.ts";
import { exchange } from "./http-exchange.ts";
import { type HttpRequest, type HttpResponse, shownUrl } from "./http-request.ts";
import type { Session } from "./session.ts";

/** As many as Ansible's uri follows. */
const mostRedirects = 10;

/**
 * Sends a request from the host.
 *
 * @throws ShowrunnerError `task.failed` if nothing answers in time, or redirects lead in a circle
 */
export async function request(session: Session, wanted: HttpRequest): Promise<HttpResponse> {
  const end = performance.now() + wanted.timeout;
  let asked: HttpRequest = wanted;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const timeout = Math.max(1, end - performance.now());
    const response = await requestOnce(session, { ...asked, timeout }, wanted.timeout);
    const next = wanted.followRedirects ? redirected(asked, response) : undefined;
    if (!next) return response;
    asked = next;
  }
  throw new ShowrunnerError("task.failed", `${wanted.url} was redirected more than ${mostRedirects} times`, {
    hint: `the last time to ${asked.url}`,
  });
}

/**
 * Headers that another server may see. Any other header, declared secret or not, may be meant only for the first
 * server.
 */
const harmless = /^(accept(-.*)?|content-type|user-agent)$/;

/**
 * What a redirect asks for, by the Fetch Standard (4.4, HTTP-redirect fetch). Unlike a browser, this hands no body and no
 * header that may be a secret to another server, and goes from no encrypted one to one that is not.
 *
 * @returns undefined for what is not followed, and for any other answer
 */
function redirected(asked: HttpRequest, { status, headers }: HttpResponse): HttpRequest | undefined {
  const location = headers["location"];
  if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return undefined;
  const from = new URL(asked.url);
  if (!URL.canParse(location, from.href)) return undefined;
  const to = new URL(location, from);
  if (!/^https?:$/.test(to.protocol)) return undefined;
  const asGet = (status === 303 && asked.method !== "HEAD") || (status <= 302 && asked.method === "POST");
  const isSame = to.origin === from.origin;
  if (from.protocol === "https:" && to.protocol === "http:") return undefined;
  if (!isSame && !asGet && asked.body !== undefined) return undefined;
  const kept = Object.entries(asked.headers).filter(
    ([name]) => (isSame || harmless.test(name)) && !(asGet && name === "content-type"),
  );
  const authorization = basicAuthorization(to);
  to.username = "";
  to.password = "";
  return {
    ...asked,
    url: to.href,
    connectTo: to.hostname === from.hostname ? asked.connectTo : undefined,
    headers: { ...Object.fromEntries(kept), ...(authorization === undefined ? {} : { authorization }) },
    ...(asGet ? { method: "GET", body: undefined } : {}),
  };
}

/** @param patience milliseconds that the user has given to it all */
async function requestOnce(session: Session, wanted: HttpRequest, patience: number): Promise<HttpResponse> {
  try {
    return await withTimeout(wanted.timeout, patience, (signal) => exchange(session, wanted, signal));
  } catch (error) {
    if (error instanceof ShowrunnerError) throw error; // not an answer of the other end: it could not be asked
    throw new ShowrunnerError(
      "task.failed",
      `${shownUrl(wanted.url, wanted)} did not answer: ${messageOf(error)}`,
      {
        hint: hintFor(error),
        cause: error,
      },
    );
  }
}

/** What to do about a certificate that was not accepted, by Node's code for why. */
function hintFor(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return "the certificate is for other names: use one of these names in the URL, or have a certificate made for this address";
  if (/^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_SELF_SIGNED_)/.test(code))
    return "no authority that the host trusts has signed the certificate: add its authority to the host's, or name a file on the host that holds it as caPath";
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return "renew the certificate, or set the clock of this machine";
  return undefined;
}

async function withTimeout<T>(
  timeout: number,
  patience: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      controller.abort();
      reject(new Error(`no answer within ${patience / 1000} s`));
    }, timeout);
  });
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
