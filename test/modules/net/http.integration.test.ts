/** `http` against real servers: whom it trusts, the ways to them, and what it makes of their answers. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { copy } from "../../../src/modules/files/copy.ts";
import { type HttpValue, http } from "../../../src/modules/net/http.ts";
import { type Ran, runHere } from "../local.ts";

const folder = mkdtempSync(join(tmpdir(), "http-test-"));
const at = (name: string) => join(folder, name);
const openssl = (...words: string[]) => execFileSync("openssl", words, { stdio: "pipe", cwd: folder });

/** What the servers and the proxy were asked. */
let asked: string[] = [];
const servers: TcpServer[] = [];
const ports = { plain: 0, byAddress: 0, byName: 0, proxy: 0 };

const kinds: Readonly<Record<string, readonly [headers: Record<string, string>, body: Buffer]>> = {
  gzip: [{ "content-encoding": "gzip" }, gzipSync("héllo")],
  "x-gzip": [{ "content-encoding": "x-gzip" }, gzipSync("héllo")],
  deflate: [{ "content-encoding": "deflate" }, deflateSync("héllo")],
  "raw-deflate": [{ "content-encoding": "deflate" }, deflateRawSync("héllo")],
  br: [{ "content-encoding": "br" }, brotliCompressSync("héllo")],
  twice: [{ "content-encoding": "deflate, gzip" }, gzipSync(deflateSync("héllo"))],
  latin1: [{ "content-type": "text/plain; charset=ISO-8859-1" }, Buffer.from("héllo", "latin1")],
  utf16: [{ "content-type": 'text/plain;charset="utf-16le"' }, Buffer.from("héllo", "utf16le")],
  empty: [{ "content-encoding": "gzip" }, Buffer.alloc(0)],
  unknown: [{ "content-type": "text/plain; charset=x-klingon" }, Buffer.from("?")],
  packed: [{ "content-encoding": "zstd" }, Buffer.from("?")],
  broken: [{ "content-encoding": "gzip" }, Buffer.from("no gzip at all")],
  "broken-br": [{ "content-encoding": "br" }, Buffer.from("{}")],
  "cut-br": [{ "content-encoding": "br" }, brotliCompressSync("héllo ".repeat(500)).subarray(0, -4)],
  "cut-gzip": [{ "content-encoding": "gzip" }, gzipSync("héllo ".repeat(500)).subarray(0, -9)],
  large: [{ "content-length": "1048577" }, Buffer.alloc(1024 * 1024 + 1, "x")],
  bomb: [{ "content-encoding": "gzip" }, gzipSync(Buffer.alloc(200 * 1024 * 1024))],
};

const answer: RequestListener = (request, response) => {
  const { url = "", headers } = request;
  asked.push(`${headers.host?.split(":")[0]} ${url} ${headers.authorization ?? "nobody"}`);
  const [extra, body] = kinds[url.slice(1)] ?? [{}, Buffer.from("here")];
  if (url === "/moved") response.writeHead(302, { location: "/login" }).end();
  else response.writeHead(200, extra).end(body);
};

async function listen(server: TcpServer): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A proxy that asks for a user, and passes everything on to this machine. */
function proxy(): Server {
  const said = (line: string | undefined, url: string | undefined, user: string | undefined) =>
    void asked.push(`proxy: ${line} ${url} ${user ?? "nobody"}`);
  const server = createServer((request, response) => {
    said(request.method, request.url, request.headers["proxy-authorization"]);
    response.end("by the proxy");
  });
  server.on("connect", (request, client) => {
    said("CONNECT", request.url, request.headers["proxy-authorization"]);
    if (request.url?.startsWith("forbidden")) {
      client.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const onward = connect({ host: "127.0.0.1", port: Number(request.url?.split(":").at(-1)) }, () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(client).pipe(onward);
    });
    for (const end of [client, onward]) end.on("error", () => undefined);
  });
  return server;
}

beforeAll(async () => {
  openssl(
    ..."req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=OurOwn".split(" "),
  );
  const signed = (name: string, names: string) => {
    writeFileSync(at(`${name}.ext`), `subjectAltName=${names}`);
    openssl(
      ...`req -newkey rsa:2048 -nodes -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`.split(" "),
    );
    openssl(
      ...`x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ${name}.ext -out ${name}.pem`.split(
        " ",
      ),
    );
    return createTlsServer(
      { key: readFileSync(at(`${name}.key`)), cert: readFileSync(at(`${name}.pem`)) },
      answer,
    );
  };
  ports.plain = await listen(createServer(answer));
  ports.byAddress = await listen(signed("address", "IP:127.0.0.1"));
  ports.byName = await listen(signed("name", "DNS:localhost,DNS:inside.example"));
  ports.proxy = await listen(proxy());
}, 60_000);
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  asked = [];
});

/** Asks, and gives the body or why there is none. */
async function told(
  params: Parameters<typeof http>[0],
  environment: Record<string, string> = {},
): Promise<{ readonly body: string | undefined; readonly error: Ran["error"]; readonly ran: Ran }> {
  let value: HttpValue | undefined;
  const ran = await runHere(async () => {
    ({ value } = await http(params, { environment }));
  });
  return { body: value?.body, error: ran.error, ran };
}

describe("a certificate", () => {
  it("is compared with the address that the URL has, or with its name", async () => {
    const caPath = at("ca.pem");
    expect((await told({ url: `https://127.0.0.1:${ports.byAddress}/`, caPath })).body).toBe("here");
    expect((await told({ url: `https://localhost:${ports.byName}/`, caPath })).body).toBe("here");
    const { error } = await told({ url: `https://127.0.0.1:${ports.byName}/`, caPath });
    expect(error?.message).toMatch(/did not answer: .*IP: 127\.0\.0\.1 is not in the cert's list/);
    expect(error?.hint).toMatch(/the certificate is for other names/);
  });

  it("must be signed by an authority that the host, or caPath, names", async () => {
    const { error } = await told({ url: `https://127.0.0.1:${ports.byAddress}/` });
    expect(error?.message).toMatch(/unable to verify the first certificate/);
    expect(error?.hint).toMatch(/caPath/);
    const other = await told({ url: `https://127.0.0.1:${ports.byAddress}/`, caPath: "/etc/hostname" });
    expect(other.error?.message).toBe("/etc/hostname on the host holds no certificate");
    const unsafe = await told({ url: `https://127.0.0.1:${ports.byAddress}/`, verifyTls: false });
    expect(unsafe.body).toBe("here");
  });

  it("is verified by authorities that the task itself names", async () => {
    const ca = readFileSync(at("ca.pem"), "utf8");
    expect((await told({ url: `https://127.0.0.1:${ports.byAddress}/`, ca })).body).toBe("here");
    const { error } = await told({ url: `https://127.0.0.1:${ports.byName}/`, ca });
    expect(error?.message).toMatch(/is not in the cert's list/);
    const none = await told({ url: `https://127.0.0.1:${ports.byAddress}/`, ca: "no certificate" });
    expect(none.error?.message).toContain("ca: expected certificates as PEM, got none");
    const both = await told({ url: `https://127.0.0.1:${ports.byAddress}/`, ca, caPath: at("ca.pem") });
    expect(both.error?.message).toContain("expected ca or caPath, and not both");
  });

  it("is compared with the URL's name, whatever address the request goes to", async () => {
    const trusted = { ca: readFileSync(at("ca.pem"), "utf8"), connectTo: "127.0.0.1" };
    // no proxy is asked, since that would choose the address itself
    const { body } = await told(
      { url: `https://inside.example:${ports.byName}/x`, ...trusted },
      { https_proxy: "http://127.0.0.1:1" },
    );
    expect([body, asked]).toEqual(["here", ["inside.example /x nobody"]]);
    const { error } = await told({ url: `https://other.example:${ports.byName}/x`, ...trusted });
    expect(error?.message).toMatch(
      /^https:\/\/other\.example:\d+\/x at 127\.0\.0\.1 did not answer: .*other\.example\. is not in the cert's/,
    );
  });

  it("is verified by authorities that the run itself has brought to the host", async () => {
    let body = "";
    const ran = await runHere(async () => {
      const caPath = at("copied.pem");
      await copy({ dest: caPath, content: readFileSync(at("ca.pem"), "utf8") });
      ({ body } = (await http({ url: `https://127.0.0.1:${ports.byAddress}/`, caPath })).value);
    });
    expect([ran.error, body]).toEqual([undefined, "here"]);
  });
});

describe("credentials in the URL", () => {
  it("are sent as basic authentication, and shown nowhere", async () => {
    const { body, ran } = await told({ url: `http://ann:p%40ss-w0rd@127.0.0.1:${ports.plain}/x` });
    expect(body).toBe("here");
    expect(asked).toEqual([`127.0.0.1 /x Basic ${Buffer.from("ann:p@ss-w0rd").toString("base64")}`]);
    expect(JSON.stringify(ran)).not.toMatch(/p%40ss-w0rd|p@ss-w0rd/);
  });

  it("are not shown by a change or an error either", async () => {
    const { ran } = await told({
      url: `http://ann:p%40ss-w0rd@127.0.0.1:${ports.plain}/x`,
      method: "PUT",
      status: 201,
    });
    expect(ran.error?.message).toMatch(/^PUT http:\/\/127\.0\.0\.1:\d+\/x answered 200/);
    expect(JSON.stringify(ran)).not.toMatch(/p%40ss-w0rd|p@ss-w0rd/);
  });
});

describe("the proxy that the environment names", () => {
  const by = (user = "") => `http://${user}127.0.0.1:${ports.proxy}`;

  it("is asked for addresses without TLS, with its user", async () => {
    const { body, ran } = await told(
      { url: "http://inside.example/x" },
      { http_proxy: by("bob:secret-w0rd@") },
    );
    expect(body).toBe("by the proxy");
    expect(asked).toEqual([
      `proxy: GET http://inside.example/x Basic ${Buffer.from("bob:secret-w0rd").toString("base64")}`,
    ]);
    expect(JSON.stringify(ran)).not.toContain("secret-w0rd");
  });

  it("opens a tunnel to a server with TLS, whose certificate is checked", async () => {
    const caPath = at("ca.pem");
    const { body } = await told(
      { url: `https://inside.example:${ports.byName}/x`, caPath },
      { https_proxy: by() },
    );
    expect(body).toBe("here");
    expect(asked).toEqual([
      `proxy: CONNECT inside.example:${ports.byName} nobody`,
      "inside.example /x nobody",
    ]);
  });

  it.each(["127.0.0.1", "*", "example.com, 127.0.0.0/8", ".1"])(
    "is not asked where no_proxy says %s",
    async (no_proxy) => {
      const { body } = await told(
        { url: `http://127.0.0.1:${ports.plain}/x` },
        { HTTP_PROXY: by(), no_proxy },
      );
      expect(body).toBe(no_proxy === ".1" ? "by the proxy" : "here");
    },
  );

  it("is named in the error where it refuses, or does not answer", async () => {
    const refused = await told(
      { url: "https://forbidden.example/" },
      { https_proxy: by("bob:secret-w0rd@") },
    );
    expect(refused.error?.message).toBe(
      `https://forbidden.example/ did not answer: the proxy http://127.0.0.1:${ports.proxy} answered 403 Forbidden`,
    );
    const gone = await told({ url: "http://inside.example/" }, { http_proxy: "http://127.0.0.1:1" });
    expect(gone.error?.message).toMatch(
      /^http:\/\/inside\.example\/ did not answer: by the proxy http:\/\/127\.0\.0\.1:1: .*refused/i,
    );
    const other = await told({ url: "http://inside.example/" }, { http_proxy: "socks5://127.0.0.1:1" });
    expect(other.error?.message).toMatch(/socks5/);
  });
});

describe("an answer", () => {
  it.each(["gzip", "x-gzip", "deflate", "raw-deflate", "br", "twice", "latin1", "utf16"])(
    "is unpacked and read as it says: %s",
    async (kind) => {
      expect((await told({ url: `http://127.0.0.1:${ports.plain}/${kind}` })).body).toBe("héllo");
    },
  );

  it("without a body is none, packed or not", async () => {
    expect((await told({ url: `http://127.0.0.1:${ports.plain}/empty` })).body).toBe("");
    expect((await told({ url: `http://127.0.0.1:${ports.plain}/gzip`, method: "HEAD" })).body).toBe("");
  });

  it("that can't be read is told of", async () => {
    const url = `http://127.0.0.1:${ports.plain}`;
    const why = async (kind: string) => (await told({ url: `${url}/${kind}` })).error?.message;
    const said = (kind: string) => `${url}/${kind} answered 200, but its body can't be read: `;
    expect(await why("unknown")).toBe(
      `${said("unknown")}it is in the charset "x-klingon", which is not known`,
    );
    expect(await why("packed")).toMatch(/answered 200, .*packed as "zstd"/);
    expect(await why("broken")).toBe(`${said("broken")}it is packed as gzip: incorrect header check`);
  });

  it.each(["broken-br", "cut-br", "cut-gzip"])(
    "that can't be unpacked to its end is an error, and never a part of it: %s",
    async (kind) => {
      const { body, error } = await told({ url: `http://127.0.0.1:${ports.plain}/${kind}` });
      expect(body).toBeUndefined();
      expect(error?.message).toMatch(
        /answered 200, but its body can't be read: it is packed as (br|gzip): ./,
      );
    },
  );

  it.each(["GET", "POST"] as const)(
    "that leads elsewhere unexpectedly says how it is followed: %s",
    async (method) => {
      const url = `http://127.0.0.1:${ports.plain}/moved`;
      const { error } = await told({ url, method });
      expect(error?.message).toBe(`${method} ${url} answered 302, expected 200`);
      expect(error?.hint).toMatch(/^it leads to \/login: .*followRedirects: true/);
    },
  );

  it("that is longer than what is kept says how long it is", async () => {
    const url = `http://127.0.0.1:${ports.plain}/large`;
    await expect(told({ url })).rejects.toThrow(`${url} answered with more than 1 MiB: 1048577 bytes`);
  });

  it("that unpacks to more than is kept is unpacked no further, and reading it is an error", async () => {
    const url = `http://127.0.0.1:${ports.plain}/bomb`;
    await expect(told({ url })).rejects.toThrow(`${url} answered with more than 1 MiB`);
  });
});
