/** One HTTP request and its answer, over a byte stream that the host opens: to the server, or to a proxy. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import { messageOf, ShowrunnerError } from "../base/errors.ts";
import { contextOf } from "./authorities.ts";
import { bodyOf } from "./http-body.ts";
import { type ProxyServer, proxyFor } from "./http-proxy.ts";
import type { HttpRequest, HttpResponse } from "./http-request.ts";
import type { Session } from "./session.ts";

/**
 * @param signal ends the exchange
 * @throws Error with the reason why there is no answer
 * @throws ShowrunnerError `task.failed` for an answer whose body can't be read
 */
export async function exchange(
  session: Session,
  wanted: HttpRequest,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const url = new URL(wanted.url);
  const isSecure = url.protocol === "https:";
  // a proxy would choose the address itself
  const proxy = wanted.connectTo === undefined ? proxyFor(url, wanted.proxies) : undefined;
  const dial = (to: URL, at = hostOf(to)) => dialled(session, at, portOf(to), wanted.timeout, signal);
  if (proxy === undefined) {
    const stream = await dial(url, wanted.connectTo);
    return ask(isSecure ? encrypted(stream, url, wanted) : stream, url, wanted);
  }
  const stream = await byProxy(proxy, async () => {
    const plain = await dial(proxy.url);
    const open = proxy.url.protocol === "https:" ? encrypted(plain, proxy.url, wanted) : plain;
    return isSecure ? through(open, url, proxy) : open;
  });
  if (isSecure) return ask(encrypted(stream, url, wanted), url, wanted);
  return ask(stream, url, { ...wanted, headers: { ...proxy.headers, ...wanted.headers } }, url.href);
}

/** Says that it was the proxy. */
async function byProxy<T>({ url }: ProxyServer, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ShowrunnerError || error instanceof Refusal) throw error;
    throw new Error(`by the proxy ${url.origin}: ${messageOf(error)}`, { cause: error });
  }
}

class Refusal extends Error {}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === "https:" ? 443 : 80));
}

async function dialled(
  session: Session,
  host: string,
  port: number,
  timeout: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const stream = await session.dial(host, port, timeout);
  if (signal.aborted) stream.destroy(); // the stream came too late: nothing else would close it
  signal.addEventListener("abort", () => stream.destroy());
  return stream;
}

function encrypted(stream: Duplex, url: URL, { verifyTls, authorities }: HttpRequest): Duplex {
  const host = hostOf(url);
  return tlsConnect({
    socket: stream,
    host, // what the certificate must name
    ...(isIP(host) ? {} : { servername: host }),
    rejectUnauthorized: verifyTls,
    secureContext: contextOf(authorities),
  });
}

/** A tunnel through a proxy to a server that uses TLS. */
function through(stream: Duplex, url: URL, proxy: ProxyServer): Promise<Duplex> {
  const target = `${url.hostname}:${portOf(url)}`;
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      method: "CONNECT",
      path: target,
      headers: { host: target, ...proxy.headers },
      createConnection: () => stream,
    });
    const refused = ({ statusCode, statusMessage }: IncomingMessage) => {
      stream.destroy();
      reject(new Refusal(`the proxy ${proxy.url.origin} answered ${statusCode} ${statusMessage}`));
    };
    stream.once("error", reject);
    sent.once("error", reject);
    sent.once("response", refused);
    sent.once("connect", (response, socket, head) => {
      if (response.statusCode !== 200) return refused(response);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    sent.end();
  });
}

/** @param path as it stands in the request: a proxy is told the whole URL */
function ask(
  socket: Duplex,
  url: URL,
  { method, headers, body }: HttpRequest,
  path = `${url.pathname}${url.search}`,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      host: url.hostname,
      path,
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
      answer(url.href, response)
        .then(resolve, reject)
        .finally(() => socket.destroy());
    });
    sent.end(body);
  });
}

async function answer(url: string, response: IncomingMessage): Promise<HttpResponse> {
  const headers = Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
  );
  const status = response.statusCode ?? 0;
  try {
    return { url, status, headers, ...(await bodyOf(response)) };
  } catch (error) {
    throw new ShowrunnerError(
      "task.failed",
      `${url} answered ${status}, but its body can't be read: ${messageOf(error)}`,
      { cause: error },
    );
  }
}
