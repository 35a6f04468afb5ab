/**
 * The lab's package cache, a process of its own: `package-proxy ADDRESS PORT DIRECTORY`.
 *
 * An HTTP proxy for apt that keeps what never changes under its URL (packages and lists named by their
 * hash) and passes everything else through. A file is written under a name of its own and renamed when
 * whole, so several proxies can share a directory, and none ever serves half a file.
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";

const [address = "127.0.0.1", port = "3142", directory = "."] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const lasting = /\.u?deb$|\/by-hash\//;

/** Fetches under way, so that hosts which ask for the same file at once share one. */
const fetches = new Map<string, Promise<void>>();

mkdirSync(directory, { recursive: true });

createServer((incoming, outgoing) => {
  answer(incoming, outgoing).catch(() => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end();
  });
}).listen(Number(port), address);

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const url = URL.canParse(incoming.url ?? "") ? new URL(incoming.url ?? "") : undefined;
  if (url?.protocol !== "http:") {
    outgoing.writeHead(400).end("this is a proxy for apt\n");
    return;
  }
  if (incoming.method !== "GET" || !lasting.test(url.pathname)) return pass(url, incoming, outgoing);
  const file = join(
    directory,
    `${createHash("sha256").update(url.href).digest("hex").slice(0, 20)}-${basename(url.pathname)}`,
  );
  if (await serve(file, outgoing)) return;
  const fetching = fetches.get(file) ?? fetch(url, file).finally(() => fetches.delete(file));
  fetches.set(file, fetching);
  await fetching.catch(() => undefined);
  // Not kept (a redirect, an error, a torn connection): whoever answers upstream tells apt why.
  if (!(await serve(file, outgoing))) await pass(url, incoming, outgoing);
}

async function serve(file: string, outgoing: ServerResponse): Promise<boolean> {
  const size = await stat(file).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) return false;
  outgoing.writeHead(200, { "content-type": "application/octet-stream", "content-length": size });
  await pipeline(createReadStream(file), outgoing);
  return true;
}

async function fetch(url: URL, file: string): Promise<void> {
  const response = await upstream(url, "GET", {});
  const length = Number(response.headers["content-length"] ?? Number.NaN);
  if (response.statusCode !== 200 || Number.isNaN(length)) {
    response.resume();
    throw new Error("not a file to keep");
  }
  const partial = `${file}.${randomUUID()}`;
  try {
    await pipeline(response, createWriteStream(partial));
    if ((await stat(partial)).size !== length) throw new Error("cut short");
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}

async function pass(url: URL, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { "proxy-connection": _hop, connection: _own, ...headers } = incoming.headers;
  const response = await upstream(url, incoming.method ?? "GET", headers);
  outgoing.writeHead(response.statusCode ?? 502, response.headers);
  await pipeline(response, outgoing);
}

function upstream(
  url: URL,
  method: string,
  headers: NodeJS.Dict<string | string[]>,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers: { ...headers, host: url.host }, agent, timeout: 30_000 });
    asked.once("response", resolve);
    asked.once("timeout", () => asked.destroy(new Error("the mirror does not answer")));
    asked.once("error", reject);
    asked.end();
  });
}
