/** HTTP as seen from a host, without any tool on it: Node's client over a byte stream that the host opens. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import { messageOf, ShowrunnerError } from "../core/base/errors.ts";
import type { HttpRequest } from "../core/facts/change.ts";
import type { Session } from "./session.ts";

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The most of a body that is kept: enough for any health page, and no way to fill the controller's memory. */
const bodyLimit = 1024 * 1024;

/**
 * Sends a request from the host.
 *
 * @throws ShowrunnerError `task.failed` if nothing answers there in time
 */
export async function request(session: Session, wanted: HttpRequest): Promise<HttpResponse> {
  const url = new URL(wanted.url);
  const secure = url.protocol === "https:";
  const port = Number(url.port || (secure ? 443 : 80));
  const host = url.hostname.replace(/^\[|\]$/g, "");
  try {
    return await withTimeout(wanted.timeout, async (signal) => {
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
    throw new ShowrunnerError("task.failed", `${wanted.url} did not answer: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** The reason alone: that the refusal came over a channel is of no use to the reader. */
function reasonOf(error: unknown): string {
  return messageOf(error).replace(/^\(SSH\) Channel open failure: /, "");
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
      collect(response).then(resolve, reject);
    });
    sent.end(body);
  });
}

async function collect(response: IncomingMessage): Promise<HttpResponse> {
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
  return { status: response.statusCode ?? 0, headers, body: Buffer.concat(pieces).toString("utf8") };
}

async function withTimeout<T>(timeout: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      controller.abort();
      reject(new Error(`no answer within ${timeout / 1000} s`));
    }, timeout);
  });
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
