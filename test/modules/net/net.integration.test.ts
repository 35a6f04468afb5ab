import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { secret } from "../../../src/base/secret.ts";
import { shell } from "../../../src/modules/commands/shell.ts";
import { http } from "../../../src/modules/net/http.ts";
import { waitFor } from "../../../src/modules/net/wait-for.ts";
import { assert } from "../../../src/modules/util/assert.ts";
import { debug } from "../../../src/modules/util/debug.ts";
import { freePort } from "../../free-port.ts";
import { runHere } from "../local.ts";

const folder = mkdtempSync(join(tmpdir(), "net-test-"));
let server: Server;
let base = "";
/** What the server was asked, in order. */
let asked: { readonly line: string; readonly headers: IncomingMessage["headers"]; readonly body: string }[] =
  [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    asked.push({
      line: `${request.method} ${request.url}`,
      headers: request.headers,
      body: await text(request),
    });
    if (request.url === "/slow") return;
    const [, status, to] = /^\/(30\d)(\/.*)$/.exec(request.url ?? "") ?? [];
    if (status !== undefined && to !== undefined) {
      // a second name of this machine is another origin
      response.writeHead(Number(status), {
        location: to === "/away" ? `${base.replace("127.0.0.1", "localhost")}/x` : to,
      });
      response.end();
      return;
    }
    const ready = asked.length >= 3;
    response.statusCode = request.url === "/later" && !ready ? 503 : request.url === "/missing" ? 404 : 200;
    response.setHeader("X-Test", "yes");
    response.end(request.url === "/text" ? "plain" : JSON.stringify({ ok: response.statusCode === 200 }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${portOf(server.address())}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  asked = [];
});

function portOf(bound: AddressInfo | string | null): number {
  return typeof bound === "object" && bound !== null ? bound.port : 0;
}

describe("http", () => {
  it("reads in a check, too, and gives status, headers, body and data", async () => {
    for (const check of [true, false]) {
      const ran = await runHere(
        async () => {
          const { value } = await http({ url: `${base}/x?y=1`, headers: { Accept: "text/plain" } });
          expect(value).toMatchObject({ status: 200, headers: { "x-test": "yes" }, body: '{"ok":true}' });
          expect(value.json()).toEqual({ ok: true });
        },
        { check },
      );
      expect(ran.error).toBeUndefined();
      expect(ran.told).toEqual(["http ok"]);
    }
    expect(asked.map(({ line, headers }) => [line, headers.accept])).toEqual([
      ["GET /x?y=1", "text/plain"],
      ["GET /x?y=1", "text/plain"],
    ]);
  });

  it("changes by the other methods, and not in a check", async () => {
    const put = () =>
      http({
        url: `${base}/put`,
        method: "PUT",
        json: { a: [1, "ü"], token: secret("json-secret") },
        user: "ann",
        password: "pass-word",
      });
    const planned = await runHere(put, { check: true });
    expect([planned.told, asked]).toEqual([["http changed PUT"], []]);
    const ran = await runHere(async () => {
      expect((await put()).value.json()).toEqual({ ok: true });
    });
    expect(ran.error).toBeUndefined();
    expect(ran.told).toEqual(["http changed PUT"]);
    expect(asked[0]).toMatchObject({
      line: "PUT /put",
      body: '{"a":[1,"ü"],"token":"json-secret"}',
      headers: {
        "content-type": "application/json",
        authorization: `Basic ${Buffer.from("ann:pass-word").toString("base64")}`,
      },
    });
    expect(JSON.stringify(ran.events)).not.toMatch(/json-secret|pass-word/);
  });

  it("sends a POST that only reads in a check, too", async () => {
    const query = () => http({ url: `${base}/search`, method: "POST", body: "{}", readOnly: true });
    expect((await runHere(query, { check: true })).told).toEqual(["http ok"]);
    expect(asked[0]).toMatchObject({ line: "POST /search", body: "{}" });
  });

  it("fails with the answer's first lines on another status", async () => {
    const { error } = await runHere(() => http({ url: `${base}/missing` }));
    expect(error).toMatchObject({
      message: `GET ${base}/missing answered 404, expected 200`,
      details: ['{"ok":false}'],
    });
    expect((await runHere(() => http({ url: `${base}/missing`, status: [200, 404] }))).error).toBeUndefined();
  });

  it("fails where nothing answers, or not in time, or not with JSON", async () => {
    expect((await runHere(() => http({ url: "http://127.0.0.1:1/" }))).error?.message).toMatch(
      /did not answer: .*ECONNREFUSED/,
    );
    const slow = await runHere(() => http({ url: `${base}/slow`, timeout: "200ms" }));
    expect(slow.error?.message).toContain("no answer within 0.2 s");
    const ran = await runHere(async () => (await http({ url: `${base}/text` })).value.json());
    expect(ran.error?.message).toContain("did not answer with JSON");
  });

  it("takes a redirect for the answer, unless it is to be followed", async () => {
    const url = `${base}/302/text`;
    await runHere(async () => {
      const { value } = await http({ url, status: 302 });
      expect([value.url, value.headers["location"]]).toEqual([url, "/text"]);
      const followed = await http({ url, followRedirects: true });
      expect(followed.value).toMatchObject({ url: `${base}/text`, body: "plain" });
    });
    expect(asked).toHaveLength(3);
  });

  it.each([
    [302, "POST", "GET /text", ""],
    [303, "PUT", "GET /text", ""],
    [307, "POST", "POST /text", "x"],
    [308, "PUT", "PUT /text", "x"],
  ] as const)("follows a %s after a %s as a browser does", async (status, method, line, body) => {
    const ran = await runHere(() =>
      http({
        url: `${base}/${status}/text`,
        method,
        body: "x",
        headers: { "Content-Type": "a/b" },
        followRedirects: true,
      }),
    );
    expect(ran.error).toBeUndefined();
    expect(asked.at(-1)).toMatchObject({ line, body });
    expect(asked.at(-1)?.headers["content-type"]).toBe(body === "" ? undefined : "a/b");
  });

  it("tells no other server who asks, and does not go around in circles", async () => {
    const ask = (path: string) =>
      http({ url: `${base}${path}`, user: "ann", password: "pass-word", followRedirects: true });
    expect((await runHere(() => ask("/302/x"))).error).toBeUndefined();
    expect(asked.map(({ headers }) => headers.authorization !== undefined)).toEqual([true, true]);
    asked = [];
    const token = { "X-Token": secret("header-secret"), Accept: "text/plain" };
    const away = () => http({ url: `${base}/302/away`, headers: token, followRedirects: true });
    expect((await runHere(() => ask("/302/away"))).error).toBeUndefined();
    expect((await runHere(away)).error).toBeUndefined();
    expect(asked.map(({ headers }) => [headers.authorization !== undefined, headers["x-token"]])).toEqual([
      [true, undefined],
      [false, undefined],
      [false, "header-secret"],
      [false, undefined],
    ]);
    expect(asked.at(-1)?.headers.accept).toBe("text/plain");
    asked = [];
    const post = () => http({ url: `${base}/307/away`, method: "POST", body: "x", followRedirects: true });
    expect((await runHere(post)).error?.message).toContain("/307/away answered 307");
    expect(asked).toHaveLength(1);
    const round = `${"/302".repeat(12)}/x`;
    expect((await runHere(() => ask(round))).error?.message).toContain("was redirected more than 10 times");
  });

  it("is asked again by retries", async () => {
    const ran = await runHere(() => http({ url: `${base}/later` }, { retries: 5, delay: "10ms" }));
    expect([ran.told, asked.length]).toEqual([["http ok"], 3]);
  });

  it.each([
    [{ url: "ftp://x/" }, "url"],
    [{ url: "http://x/", body: "x" }, "a GET request has no body"],
    [{ url: "http://x/", method: "POST", body: "x", json: {} }, "body and json exclude each other"],
    [{ url: "http://x/", password: "x" }, "needs `user`"],
    [{ url: "http://x/", headers: { "a b": "c" } }, "headers"],
  ])("refuses %j", (params, message) => {
    expect(() => http.fromData(params)).toThrow(message);
  });
});

describe("waitFor", () => {
  const soon = { interval: "20ms", timeout: "30s" } as const;

  it("waits for a port to open and to close", async () => {
    const late = createTcpServer();
    const port = await freePort();
    setTimeout(() => late.listen(port, "127.0.0.1"), 200);
    expect((await runHere(() => waitFor({ port, ...soon }))).told).toEqual(["waitFor ok"]);
    setTimeout(() => late.close(), 200);
    expect((await runHere(() => waitFor({ port, state: "stopped", ...soon }))).told).toEqual(["waitFor ok"]);
  });

  it("waits for a path to come and to go", async () => {
    const path = join(folder, "it's there");
    setTimeout(() => writeFileSync(path, ""), 200);
    expect((await runHere(() => waitFor({ path, ...soon }))).told).toEqual(["waitFor ok"]);
    setTimeout(() => rmSync(path), 200);
    expect((await runHere(() => waitFor({ path, state: "absent", ...soon }))).told).toEqual(["waitFor ok"]);
  });

  it("waits for a line to stand in a file, and to stand there no more", async () => {
    const path = join(folder, "it's a log");
    const search = "it's ready( in [0-9]+ ms)?$";
    setTimeout(() => writeFileSync(path, "it's ready soon\n"), 100);
    setTimeout(() => writeFileSync(path, "begun\nit's ready in 12 ms\n"), 300);
    expect((await runHere(() => waitFor({ path, search, ...soon }))).told).toEqual(["waitFor ok"]);
    expect(readFileSync(path, "utf8")).toContain("12 ms");
    setTimeout(() => writeFileSync(path, "begun\n"), 100);
    const gone = await runHere(() => waitFor({ path, search, state: "absent", ...soon }));
    expect(gone.told).toEqual(["waitFor ok"]);
    const brief = { interval: "50ms", timeout: "100ms" } as const;
    const never = await runHere(() => waitFor({ path, search, ...brief }));
    expect(never.error?.message).toContain(`${path} has no line like ${search}`);
    const wrong = await runHere(() => waitFor({ path, search: "(", ...brief }));
    expect(wrong.error?.message).toMatch(/grep: .*\(/);
  });

  it("waits until the connections to a port have ended", async () => {
    const server = createTcpServer((socket) => void socket.on("error", () => undefined).resume());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const port = portOf(server.address());
    const client = connect(port, "127.0.0.1");
    await new Promise<void>((resolve) => client.once("connect", resolve));
    const brief = { interval: "50ms", timeout: "100ms" } as const;
    const busy = await runHere(() => waitFor({ port, state: "drained", ...brief }));
    expect(busy.error?.message).toContain(`port ${port} still has 1 connection`);
    setTimeout(() => client.end(), 200);
    expect((await runHere(() => waitFor({ port, state: "drained", ...soon }))).told).toEqual(["waitFor ok"]);
    server.close();
  });

  it("fails in time, and says what it waited for", async () => {
    const { error } = await runHere(() => waitFor({ port: 1, interval: "50ms", timeout: "300ms" }));
    expect(error?.message).toMatch(
      /^port 1 on 127\.0\.0\.1 takes no connections: .*ECONNREFUSED.* \(waited \d+ s\)$/,
    );
  });

  it("looks once more when its time is over, also where that is sooner than its interval", async () => {
    const path = join(folder, "just in time");
    setTimeout(() => writeFileSync(path, ""), 100);
    const wait = () => waitFor({ path, interval: "10m", timeout: "1s" });
    expect((await runHere(wait)).told).toEqual(["waitFor ok"]);
  });

  it("looks only once in a check: unknown where an earlier change may help, else a failure", async () => {
    const wait = () => waitFor({ path: join(folder, "never"), delay: "10m" });
    expect((await runHere(wait, { check: true })).error?.message).toBe(
      `${join(folder, "never")} is not there`,
    );
    const after = async () => {
      await shell({ cmd: "true" });
      await wait();
    };
    const planned = await runHere(after, { check: true });
    expect([planned.told, planned.error]).toEqual([["shell changed run", "waitFor unknown"], undefined]);
  });

  it.each([
    [{}, "expected either port or path, got none of them"],
    [{ port: 1, path: "/x" }, "expected either port or path, got port and path"],
    [{ path: "x" }, "path"],
    [{ port: 70_000 }, "port"],
    [{ port: 80, search: "x" }, "`search` needs `path`"],
    [{ path: "/x", state: "drained" }, "needs `port`"],
    [{ port: 80, host: "db1", state: "drained" }, "a port of the host itself"],
    [{ port: 1, timeout: "soon" }, "timeout"],
  ])("refuses %j", (params, message) => {
    expect(() => waitFor.fromData(params)).toThrow(message);
  });
});

describe("assert and debug", () => {
  it("fail with the message, or say it", async () => {
    const ran = await runHere(async () => {
      await assert({ that: true });
      await debug({ message: { token: secret("debug-secret"), list: [1, 2] } });
      await debug({ message: "the end" });
      await assert({ that: false, message: "two is not three" });
    });
    expect(ran.told).toEqual(["assert ok", "debug ok", "debug ok", "assert failed"]);
    expect(ran.error?.message).toBe("two is not three");
    const messages = ran.events.flatMap((event) => (event.type === "message" ? [event.text] : []));
    expect(messages).toEqual(["{ token: Secret(********), list: [ 1, 2 ] }", "the end"]);
  });
});
