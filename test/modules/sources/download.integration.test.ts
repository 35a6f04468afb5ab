/** `download` from real servers: when it asks, what it believes, and what becomes of a transfer that is cut. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../../src/base/secret.ts";
import { actionDigest } from "../../../src/core/plans/action-digest.ts";
import type { RunHooks } from "../../../src/core/plays/run-hooks.ts";
import { type DownloadParams, download } from "../../../src/modules/sources/download.ts";
import { runHere } from "../local.ts";

const folder = mkdtempSync(join(tmpdir(), "download's test "));
const at = (name: string) => join(folder, name);
const sha256 = (text: string | Buffer) => createHash("sha256").update(text).digest("hex");
const large = Buffer.from(Array.from({ length: 40_000 }, (_, line) => `line ${line}\n`).join(""));

let asked: string[] = [];
let headers: IncomingMessage["headers"][] = [];
let text = "first\n";
let cuts = 0;
let signature = 0;
let servers: Server[] = [];
const ports = { one: 0, other: 0 };

const answer: RequestListener = (request, response) => {
  const { url = "", method = "" } = request;
  asked.push(`${method} ${url}`);
  headers.push(request.headers);
  const etag = `"${sha256(text).slice(0, 8)}"`;
  if (url === "/moved") response.writeHead(302, { location: "/file" }).end();
  else if (url === "/elsewhere")
    response.writeHead(302, { location: `http://localhost:${ports.other}/file` }).end();
  else if (url === "/local") response.writeHead(302, { location: "file:///etc/shadow" }).end();
  else if (url === "/missing") response.writeHead(404).end("nothing here");
  else if (url === "/no-head" && method === "HEAD") response.writeHead(403).end();
  else if (url === "/login" && method === "GET")
    response.writeHead(302, { etag, location: "/x" }).end("<html>please log in</html>");
  else if (url === "/part" && method === "GET") response.writeHead(206, { etag }).end(text);
  else if (url === "/cut-login" && method === "GET" && request.headers.range)
    response.writeHead(302, { location: "/x" }).end("<html>please log in</html>");
  else if (url === "/cut-login" && method === "GET") {
    response.writeHead(200, { etag, "content-length": 9 });
    response.write("x", () => response.destroy());
  } else if (url.startsWith("/signed"))
    response.writeHead(302, { location: `/file?signature=${signature++}` }).end();
  else if (url === "/spaces" && method === "GET") {
    const line = `${" ".repeat(90_000)}x\r\n`;
    const lines = `ETag: "1"\r\nX: y\r\n${line.repeat(3)}Connection: close\r\n`;
    response.socket?.end(`HTTP/1.1 200 OK\r\n${lines}\r\n${text}`);
  } else if (url === "/long-name") response.writeHead(200, { etag: `"${"x".repeat(9000)}"` }).end(text);
  else if (url === "/unnamed") response.writeHead(200).end(text);
  else if (url === "/dated")
    response.writeHead(200, { "last-modified": new Date(1e12 + text.length * 1000).toUTCString() }).end(text);
  else if (url === "/endless") {
    response.writeHead(200);
    const more = () => response.destroyed || response.write("x".repeat(10_000), () => setImmediate(more));
    if (method === "HEAD") response.end();
    else more();
  } else if (url === "/SHA256SUMS") response.end(`${sha256("another")}  another\n${sha256(text)} *./file\n`);
  else if (url === "/silent" && method === "GET")
    response.writeHead(200, { "content-length": "9" }).write("x");
  else if (url.startsWith("/large")) sendLarge(request, response);
  else response.writeHead(200, { etag, "content-length": Buffer.byteLength(text) }).end(text);
};

/** Cuts as many transfers as it is told to, each after 100,000 bytes. */
const sendLarge: RequestListener = ({ method, url, headers: { range, ...rest } }, response) => {
  const etag = url === "/large-new" ? `"${cuts}"` : '"large"';
  const isSame = rest["if-range"] === etag;
  const from = range && isSame ? Number(/\d+/.exec(range)) : 0;
  const whole = { etag, "content-length": large.length - from };
  response.writeHead(
    from > 0 ? 206 : 200,
    from > 0 ? { ...whole, "content-range": `bytes ${from}-${large.length - 1}/${large.length}` } : whole,
  );
  if (method === "HEAD") response.end();
  else if (cuts-- > 0) response.write(large.subarray(from, from + 100_000), () => response.destroy());
  else response.end(large.subarray(from));
};

beforeAll(async () => {
  process.env["SHOWRUNNER_STATE"] = at("state");
  servers = [createServer(answer), createServer(answer)];
  const [one, other] = await Promise.all(
    servers.map(async (server) => {
      await new Promise<void>((resolve) => server.listen(0, resolve));
      const address = server.address();
      return typeof address === "object" && address !== null ? address.port : 0;
    }),
  );
  Object.assign(ports, { one, other });
});
afterAll(() => {
  delete process.env["SHOWRUNNER_STATE"];
  for (const server of servers) server.closeAllConnections();
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  [asked, headers, cuts, text] = [[], [], 0, "first\n"];
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(at("in"), { recursive: true });
});

const dest = () => at("in/file");
const url = (path = "/file") => `http://127.0.0.1:${ports.one}${path}`;
async function run(given: Partial<DownloadParams> = {}, options: { check?: boolean } = {}) {
  const { told, error, events } = await runHere(
    () => download({ url: url(), dest: dest(), ...given }),
    options,
  );
  return {
    told: told[0],
    error: error && `${error.message} ${(error.details ?? []).join(" ")} ${error.hint ?? ""}`,
    events,
  };
}
const content = () => readFileSync(dest(), "utf8");
const given = () => readdirSync(at("in"));

describe("with a checksum", () => {
  const checksum = () => `sha256:${sha256(text)}`;

  it("fetches a file that is not there, and asks for nothing once it is", async () => {
    expect(await run({ checksum: checksum(), mode: "0600" })).toMatchObject({
      told: "download changed created",
    });
    expect(content()).toBe("first\n");
    expect(statSync(dest()).mode & 0o777).toBe(0o600);
    asked = [];
    expect(await run({ checksum: checksum() })).toMatchObject({ told: "download ok" });
    expect(asked).toEqual([]);
  });

  it("fetches it anew where somebody has altered it, and keeps what it has of owner and mode", async () => {
    writeFileSync(dest(), "edited\n");
    chmodSync(dest(), 0o640);
    expect(await run({ checksum: checksum() }, { check: true })).toMatchObject({
      told: "download changed content",
    });
    expect(asked).toEqual(["HEAD /file"]);
    expect(await run({ checksum: checksum() })).toMatchObject({ told: "download changed content" });
    expect(content()).toBe("first\n");
    expect(statSync(dest()).mode & 0o777).toBe(0o640);
  });

  it("takes the digest from a list, by the name in the address", async () => {
    expect(await run({ checksum: url("/SHA256SUMS") })).toMatchObject({ told: "download changed created" });
    asked = [];
    expect(await run({ checksum: url("/SHA256SUMS") })).toMatchObject({ told: "download ok" });
    expect(asked).toEqual(["GET /SHA256SUMS"]);
    const { error } = await run({ url: url("/dated"), checksum: url("/SHA256SUMS") });
    expect(error).toMatch(/SHA256SUMS has no SHA-256 of dated/);
  });

  it("leaves the old file where the new one is another than promised, and nothing beside it", async () => {
    writeFileSync(dest(), "old\n");
    const { error } = await run({ checksum: `sha256:${sha256("promised")}` });
    expect(error).toContain(`expected a content with the SHA-256 ${sha256("promised")}, got ${sha256(text)}`);
    expect(content()).toBe("old\n");
    expect(given()).toEqual(["file"]);
  });
});

describe("without a checksum", () => {
  it.each(["/file", "/dated"])("asks for the version, and fetches only another one: %s", async (path) => {
    expect(await run({ url: url(path) })).toMatchObject({ told: "download changed created" });
    asked = [];
    expect(await run({ url: url(path) }, { check: true })).toMatchObject({ told: "download ok" });
    expect(await run({ url: url(path) })).toMatchObject({ told: "download ok" });
    expect(asked).toEqual([`HEAD ${path}`, `HEAD ${path}`]);
    text = "the second\n";
    expect(await run({ url: url(path) }, { check: true })).toMatchObject({
      told: "download changed content",
    });
    expect(content()).toBe("first\n");
    expect(await run({ url: url(path) })).toMatchObject({ told: "download changed content" });
    expect(content()).toBe("the second\n");
  });

  it("fetches anew what was altered by hand, what was there before, and what has another address", async () => {
    writeFileSync(dest(), "first\n");
    expect(await run()).toMatchObject({ told: "download changed content" });
    writeFileSync(dest(), "edited\n");
    expect(await run({}, { check: true })).toMatchObject({ told: "download changed content" });
    expect(await run()).toMatchObject({ told: "download changed content" });
    expect(content()).toBe("first\n");
    expect(await run({ url: url("/file?again") })).toMatchObject({ told: "download changed content" });
    expect(await run({ url: url("/file?again") })).toMatchObject({ told: "download ok" });
  });

  it("fetches at each run what the server has no version of", async () => {
    expect(await run({ url: url("/unnamed") })).toMatchObject({ told: "download changed created" });
    expect(await run({ url: url("/unnamed") })).toMatchObject({ told: "download changed content" });
  });

  it("asks nobody with force: false where there is a file", async () => {
    writeFileSync(dest(), "mine\n");
    expect(await run({ force: false })).toMatchObject({ told: "download ok" });
    expect(asked).toEqual([]);
  });

  it("corrects owner, group and mode of what is up to date", async () => {
    await run();
    expect(await run({ mode: "0600" })).toMatchObject({ told: "download changed mode" });
  });
});

describe.each(["curl", "wget"])("by %s", (tool) => {
  const tools = `${process.env["PATH"]}`;
  beforeEach(() => {
    // of the two there is only this one
    mkdirSync(at("bin"));
    for (const program of new Set(["/usr/bin", "/bin"].flatMap((one) => readdirSync(one))))
      if (!["curl", "wget"].includes(program) || program === tool)
        symlinkSync(`/usr/bin/${program}`, at(`bin/${program}`));
    process.env["PATH"] = at("bin");
  });
  const restore = () => {
    process.env["PATH"] = tools;
  };
  afterAll(restore);

  it("goes on where a transfer was cut", async () => {
    cuts = 2;
    const ran = await run({ url: url("/large") });
    restore();
    expect(ran).toMatchObject({ told: "download changed created" });
    expect(sha256(readFileSync(dest()))).toBe(sha256(large));
    expect(headers.map(({ range }) => range)).toEqual([
      undefined,
      undefined,
      "bytes=100000-",
      "bytes=200000-",
    ]);
    expect(given()).toEqual(["file"]);
  });

  it("begins anew where the content is another one meanwhile", async () => {
    cuts = 1;
    const ran = await run({ url: url("/large-new") });
    restore();
    expect(ran).toMatchObject({ told: "download changed created" });
    expect(sha256(readFileSync(dest()))).toBe(sha256(large));
  });

  it("sends headers, to the server that was asked alone", async () => {
    const token = new Secret(`s3cret "\\ token`);
    await run({ url: url("/moved"), headers: { "X-Token": token } });
    expect(headers.map((all) => all["x-token"])).toEqual([token, token, token].map((one) => one.reveal()));
    headers = [];
    rmSync(dest());
    expect(await run({ url: url("/elsewhere"), headers: { "X-Token": token } })).toMatchObject({
      told: "download changed created",
    });
    restore();
    expect(headers.map((all) => all["x-token"])).toEqual([token.reveal(), undefined, undefined]);
    expect(asked.slice(-3)).toEqual(["HEAD /elsewhere", "HEAD /file", "GET /file"]);
  });

  it.each([
    ["/login", 302],
    ["/part", 206],
    ["/cut-login", 302],
  ])("takes no other answer for the file: %s", async (path, status) => {
    writeFileSync(dest(), "old\n");
    const ran = await run({ url: url(path) });
    restore();
    expect(ran.error).toContain(`${path} answered with status ${status}`);
    expect(content()).toBe("old\n");
    expect(given()).toEqual(["file"]);
  });

  // wget takes 64 KiB of them
  it.runIf(tool === "curl")(
    "reads a server's headers in little time",
    async () => {
      const start = performance.now();
      const ran = await run({ url: url("/spaces") });
      restore();
      expect(ran).toMatchObject({ told: "download changed created" });
      expect(content()).toBe("first\n");
      expect(performance.now() - start).toBeLessThan(8000);
    },
    60_000,
  );

  it("remembers no version with a name of more than 1 KiB", async () => {
    const ran = await run({ url: url("/long-name") });
    const again = await run({ url: url("/long-name") });
    restore();
    expect(ran).toMatchObject({ told: "download changed created" });
    expect(again).toMatchObject({ told: "download changed content" });
  });

  it("takes no more than maxSize, also of what has no end", async () => {
    const ran = await run({ url: url("/endless"), maxSize: "1M" });
    restore();
    expect(ran.error).toContain("/endless is larger than 1048576 bytes: nothing was changed");
    expect(given()).toEqual([]);
  });

  it("waits for a silent server no longer than timeout", async () => {
    const ran = await run({ url: url("/silent"), timeout: "1s" });
    restore();
    expect(ran.error).toMatch(/\/silent: .*(tried 5 times)/);
    expect(given()).toEqual([]);
  });
});

describe("a plan that is kept", () => {
  const digest = async (given: Partial<DownloadParams>) => {
    const found: string[] = [];
    const hooks: RunHooks = {
      onTaskPlanned: ({ changes }) => {
        found.push(...changes.map((one) => actionDigest("salt", one)));
      },
    };
    await runHere(() => download({ url: url("/signed"), dest: dest(), ...given }), { check: true, hooks });
    return found;
  };

  it("holds for another signature of the redirect, and for a backup made later", async () => {
    writeFileSync(dest(), "old\n");
    const first = await digest({ backup: true });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(first).toHaveLength(1);
    expect(await digest({ backup: true })).toEqual(first);
    expect(await digest({})).not.toEqual(first);
    expect(await digest({ backup: true, url: url("/signed?other") })).not.toEqual(first);
  });
});

describe("before anything is changed", () => {
  it.each([
    ["/missing", /\/missing answered with status 404/],
    ["/local", /leads to file:\/\/\/etc\/shadow, which is not followed/],
  ])("says what is wrong with %s", async (path, message) => {
    const { error } = await run({ url: url(path) }, { check: true });
    expect(error).toMatch(message);
  });

  it("says that the file is too large", async () => {
    const { error } = await run({ url: url("/large"), maxSize: "1K" }, { check: true });
    expect(error).toContain(`has ${large.length} bytes, expected at most 1024`);
  });

  it("asks by GET where the server answers no HEAD", async () => {
    expect(await run({ url: url("/no-head") })).toMatchObject({ told: "download changed created" });
    expect(asked).toEqual(["HEAD /no-head", "GET /no-head", "GET /no-head"]);
  });

  it.each([
    ["file:///etc/shadow", /expected an address of http:\/\/ or https:\/\/, got "file:\/\/\/etc\/shadow"/],
    ["ftp://example.org/x", /expected an address of http/],
    ["example.org/x", /expected an address such as/],
    ["http://me:word@example.org/x", /has a user and a password in it/],
  ])("refuses the address %s", (wrong, message) => {
    expect(() => download({ url: wrong, dest: "/x" })).toThrow(message);
  });

  it.each([
    ["md5:d41d8cd98f00b204e9800998ecf8427e", /expected "sha256:"/],
    ["sha256:12", /expected "sha256:"/],
    ["d41d8", /expected "sha256:"/],
  ])("refuses the checksum %s", (checksum, message) => {
    expect(() => download({ url: url(), dest: "/x", checksum })).toThrow(message);
  });

  it("refuses a header of two lines", () => {
    const wrong = () => download({ url: url(), dest: "/x", headers: { a: "b\r\nc: d" } });
    expect(wrong).toThrow("headers: the value of a has a line break in it");
  });
});
