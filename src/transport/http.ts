/** HTTP as seen from a host, without any tool on it: Node's client over a byte stream that the host opens. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import { messageOf, ShowrunnerError } from "../core/base/errors.ts";
import type { HttpRequest } from "../core/facts/change.ts";
import type { Session } from "./session.ts";

export interface HttpResponse {
  /** What answered, after redirects. */
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The most of a body that is kept: enough for any health page, and no way to fill the controller's memory. */
const bodyLimit = 1024 * 1024;

/** As many as Ansible's uri follows. */
const mostRedirects = 10;

/**
 * Sends a request from the host.
 *
 * @throws ShowrunnerError `task.failed` if nothing answers there in time, or it is sent around in circles
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

/** Headers that another server may see: any other one, declared secret or not, may be meant for the first alone. */
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
  return {
    ...asked,
    url: to.href,
    headers: Object.fromEntries(kept),
    ...(asGet ? { method: "GET", body: undefined } : {}),
  };
}

/** @param patience milliseconds that the user has given to it all */
async function requestOnce(session: Session, wanted: HttpRequest, patience: number): Promise<HttpResponse> {
  const url = new URL(wanted.url);
  const secure = url.protocol === "https:";
  const port = Number(url.port || (secure ? 443 : 80));
  const host = url.hostname.replace(/^\[|\]$/g, "");
  try {
    return await withTimeout(wanted.timeout, patience, async (signal) => {
      const stream = await session.dial(host, port, wanted.timeout);
      if (signal.aborted) stream.destroy(); // it came too late: nobody would ever close it
      signal.addEventListener("abort", () => stream.destroy());
      const socket = secure
        ? tlsConnect({
            socket: stream,
            ...(isIP(host) ? {} : { servername: host }),
            rejectUnauthorized: wanted.verifyTls,
          })
        : stream;
      return exchange(socket, url, wanted);
    });
  } catch (error) {
    if (error instanceof ShowrunnerError) throw error; // no answer of the other end, but no way to ask it
    throw new ShowrunnerError("task.failed", `${wanted.url} did not answer: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function exchange(socket: Duplex, url: URL, { method, headers, body }: HttpRequest): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      host: url.hostname,
      path: `${url.pathname}${url.search}`,
      method,
      headers: {
        host: url.host,
        connection: "close",
        ...headers,
        ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
      },
      createConnection: () => socket,
    });
    socket.once("error", reject);
    sent.once("error", reject);
    sent.once("response", (response) => {
      collect(url.href, response).then(resolve, reject);
    });
    sent.end(body);
  });
}

async function collect(url: string, response: IncomingMessage): Promise<HttpResponse> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response) {
    const bytes = Buffer.from(piece);
    size += bytes.length;
    if (size <= bodyLimit) pieces.push(bytes);
  }
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
  );
  return { url, status: response.statusCode ?? 0, headers, body: Buffer.concat(pieces).toString("utf8") };
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
