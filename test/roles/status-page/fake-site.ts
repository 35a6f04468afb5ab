/** The page as the role has it served, with a small Prometheus behind it that says what it is told to say. */
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, resolve } from "node:path";
import { type Figure, now, topology } from "./scenes.ts";

const role = resolve(import.meta.dirname, "../../../roles/statusPage");
const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};
/** The policy that nginx sends along. */
const policy =
  /Content-Security-Policy "([^"]+)"/.exec(
    readFileSync(join(role, "templates/nginx.conf.ejs"), "utf8"),
  )?.[1] ?? "";

export interface Scene {
  readonly figures: readonly Figure[];
  /** The status with which Prometheus's paths answer instead. */
  readonly status?: number;
  /** How old the newest figures are, in seconds. Default: 2. */
  readonly age?: number;
}

export interface FakeSite {
  readonly url: string;
  /** What was asked, as path and query. */
  readonly asked: string[];
  scene: Scene;
  close(): void;
}

export async function fakeSite(): Promise<FakeSite> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://fake");
    asked.push(`${url.pathname}${url.search}`);
    response.setHeader("Content-Security-Policy", policy);
    response.setHeader("X-Content-Type-Options", "nosniff");
    if (url.pathname.startsWith("/api/")) answer(site.scene, url, response);
    else sendFile(url.pathname, response);
  });
  await new Promise<void>((done) => {
    server.listen(0, "127.0.0.1", done);
  });
  const { port } = server.address() as AddressInfo;
  const site: FakeSite = {
    url: `http://127.0.0.1:${port}/`,
    asked,
    scene: { figures: [] },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return site;
}

function sendFile(path: string, response: ServerResponse): void {
  const name = path === "/" ? "index.html" : path.slice(1);
  response.setHeader("Content-Type", types[extname(name)] ?? "text/plain");
  if (name === "site.json") response.end(JSON.stringify(topology));
  else response.end(readFileSync(join(role, "files/page", name)));
}

function answer({ figures, status, age = 2 }: Scene, url: URL, response: ServerResponse): void {
  response.setHeader("Content-Type", "application/json");
  if (status !== undefined) {
    response.statusCode = status;
    response.end("<html>Bad gateway</html>");
    return;
  }
  const query = url.searchParams.get("query") ?? "";
  const isRange = url.pathname.endsWith("query_range");
  const vector = query.includes("timestamp(up)")
    ? figures.length === 0
      ? []
      : [{ metric: {}, value: [now, String(now - age)] }]
    : figures.map(({ name, labels, value }) => ({
        metric: { __name__: name, ...labels },
        value: [now, String(value)],
      }));
  const data = isRange
    ? { resultType: "matrix", result: series(query, url) }
    : { resultType: "vector", result: vector };
  response.end(JSON.stringify({ status: "success", data }));
}

/** A wave with a gap in it, for whatever is asked. */
function series(query: string, url: URL) {
  const [start, end, step] = ["start", "end", "step"].map((name) => Number(url.searchParams.get(name)));
  if (start === undefined || end === undefined || !step) return [];
  const times = Array.from(
    { length: Math.floor((end - start) / step) + 1 },
    (_, index) => start + index * step,
  );
  const height = query.includes("5xx")
    ? 0.4
    : query.includes("behind")
      ? 1
      : query.includes("time")
        ? 24
        : 290;
  const values = times
    .filter((_, index) => index < 50 || index > 56)
    .map((time, index) => {
      const wave = height * (1 + 0.12 * Math.sin(index / 6) + 0.05 * Math.sin(index * 1.7));
      const value = query.includes("5xx")
        ? index > 70 && index < 78
          ? wave * 3
          : 0
        : query.includes("behind")
          ? Math.round(index % 17 === 0 ? 2 : 0)
          : wave;
      return [time, String(value)];
    });
  return [{ metric: {}, values }];
}
