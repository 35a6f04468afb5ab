/** The balancer on real hosts: TLS, limits, who may see its figures, and that nobody notices reloads and drains. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authority, haproxy, signedCertificate } from "../../roles/index.ts";
import { apt, copy, file, haproxyServer, play, service } from "../../src/index.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { underLoad } from "../load.ts";
import { type Ran, testLab } from "./support.ts";

const lab = testLab("srhaproxy", 157, ["lb", "web"]);
const balancer = lab.settings("lb").address;
const web = lab.settings("web").address;
const on = (host: string, command: string) => runInside(lab.spec, host, ["sh", "-c", command]);

/** A web server that says who it is and what it was told; its path /slow takes 300 ms. */
const webServer = (name: string, port: number) => `frontend ${name}
  bind :${port}
  tcp-request inspect-delay 300ms
  tcp-request content accept if !{ path /slow }
  tcp-request content accept if WAIT_END
  http-request return status 200 content-type text/plain lf-string "${name} %[req.hdr(x-forwarded-for)] %[req.hdr(x-forwarded-proto)]"
`;
/** A server that is healthy by its checks, and does this with every request. */
const oddServer = (name: string, port: number, does: string) => `frontend ${name}
  bind :${port}
  http-request return status 200 if { path /healthz }
  http-request ${does}
`;
/** A server that answers checks after 300 ms: it waits for what is not there. */
const busyServer = `frontend busy
  bind :9005
  http-request return status 200 unless { path /healthz }
  default_backend nobody
backend nobody
  timeout connect 300ms
  retries 0
  http-after-response set-status 200
  server nobody ${lab.spec.network.replace("0/24", "99")}:9
`;
const webServers = `defaults
  mode http
  timeout client 60s
${webServer("web1", 9001)}${webServer("web2", 9002)}${oddServer("silent", 9003, "reject")}${oddServer("broken", 9004, "return status 502")}${busyServer}`;

const site: Parameters<typeof haproxy>[0] = {
  backends: {
    web: {
      servers: [
        { name: "web1", address: web, port: 9001 },
        { name: "web2", address: web, port: 9002 },
      ],
      check: { path: "/healthz", interval: "200ms" },
    },
    odd: {
      servers: [
        { name: "silent", address: web, port: 9003 },
        { name: "broken", address: web, port: 9004 },
        { name: "good", address: web, port: 9001 },
      ],
      check: { path: "/healthz", interval: "200ms" },
    },
    // its answers to checks take longer than from one check to the next
    busy: {
      servers: [{ name: "busy1", address: web, port: 9005 }],
      check: { path: "/healthz", interval: "100ms" },
    },
    database: { protocol: "tcp", servers: [{ name: "db1", address: web, port: 22 }] },
  },
  frontends: {
    open: { port: 8080, backend: "web" },
    http: { port: 80, redirectToHttps: true, routes: [{ path: "/.well-known/", backend: "web" }] },
    https: { port: 443, tls: {}, backend: "web", limits: { body: "1K", headers: 20 } },
    limited: { port: 8081, backend: "web", rateLimit: { requests: 20 } },
    odd: { port: 8082, backend: "odd" },
    busy: { port: 8083, backend: "busy" },
    database: { protocol: "tcp", port: 3306, backend: "database", from: [web] },
  },
  monitoring: { hosts: "web" },
};

const certificates = mkdtempSync(join(tmpdir(), "certificates-"));
function makeCertificate(name: string): void {
  const [key, crt] = [join(certificates, `${name}.key`), join(certificates, `${name}.crt`)];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-keyout", key, "-out", crt],
      ...["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`],
    ],
    { stdio: "ignore" },
  );
}

const balance = (vars: Parameters<typeof haproxy>[0] = site) =>
  play("balancer", { hosts: "lb", become: true }, { haproxy: () => haproxy(vars) });

beforeAll(async () => {
  await lab.up();
  for (const name of ["a.example", "b.example"]) makeCertificate(name);
  const ran = await lab.run([
    play(
      "web servers",
      { hosts: "web", become: true },
      {
        web: async () => {
          await apt({ name: "haproxy" });
          const reload = service({ name: "haproxy", state: "reloaded" });
          await copy({ dest: "/etc/haproxy/haproxy.cfg", content: webServers }, { notify: reload });
        },
      },
    ),
    play(
      "certificates",
      { hosts: "lb", become: true },
      {
        certificates: async () => {
          await file({ path: "/etc/haproxy", state: "directory", mode: "0755" });
          await file({ path: "/etc/haproxy/certificates", state: "directory", mode: "0700" });
          await copy({ src: `${certificates}/`, dest: "/etc/haproxy/certificates/", mode: "0600" });
        },
      },
    ),
    balance(),
  ]);
  expect(ran.errors).toEqual([]);
}, 300_000);
afterAll(async () => {
  rmSync(certificates, { recursive: true });
  await lab.down();
}, 60_000);

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(url: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { headers, method: body === undefined ? "GET" : "POST", rejectUnauthorized: false };
    const asked = (url.startsWith("https:") ? httpsRequest : httpRequest)(url, options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () =>
        resolve({
          status: answer.statusCode,
          headers: answer.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

function tls(options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: balancer, port: 443, rejectUnauthorized: false, ...options }, () => {
      socket.end();
      resolve(socket);
    });
    socket.on("error", reject);
  });
}

describe("certificates of the site's own authority", () => {
  it("are taken from a directory that others use too, and whose attributes nobody alters", async () => {
    const directory = "/srv/certificates";
    await on("lb", `install -d -m 2750 -g mail ${directory}`);
    const plays = [
      play("authority", { hosts: "web", become: true }, { authority: () => authority({}) }),
      play(
        "signed",
        { hosts: "lb", become: true },
        {
          certificate: () =>
            signedCertificate({
              name: "signed",
              subjectAltNames: ["signed.example"],
              authority: "web",
              directory,
            }),
          haproxy: () =>
            haproxy({
              ...site,
              frontends: {
                ...site.frontends,
                signed: { port: 8443, tls: { certificates: directory }, backend: "web" },
              },
            }),
        },
      ),
    ];
    expect((await lab.run(plays)).errors).toEqual([]);
    const certificate = (await tls({ port: 8443, servername: "signed.example" })).getPeerCertificate();
    expect(certificate.subjectaltname).toBe("DNS:signed.example");
    expect(await on("lb", `stat -c '%a %U:%G' ${directory}; ls ${directory}`)).toBe(
      "2750 root:mail\nsigned.crt\nsigned.key\n",
    );
    expect(await on("web", "ls /etc/authority/issued")).toBe("signed@lb.pem\n");
    const again = await lab.run(plays);
    expect(again.statuses.filter((status) => !status.endsWith(": ok"))).toEqual([]);
    // as the other tests expect it
    expect((await lab.run([balance()])).errors).toEqual([]);
  });
});

/** What HAProxy says of web1, and what the play says of itself. */
async function control(params: Omit<Parameters<typeof haproxyServer>[0], "server"> = {}) {
  let value: Awaited<ReturnType<typeof haproxyServer>>["value"] | undefined;
  const ran: Ran = await lab.run([
    play(
      "control",
      { hosts: "lb", become: true },
      {
        server: async () => {
          ({ value } = await haproxyServer({ server: "web1", ...params }));
        },
      },
    ),
  ]);
  expect(ran.errors).toEqual([]);
  return value?.servers[0];
}

describe("a visitor", () => {
  it("gets the certificate of the name that was asked for, and HTTP/2", async () => {
    for (const name of ["a.example", "b.example"])
      expect((await tls({ servername: name })).getPeerCertificate().subject.CN).toBe(name);
    expect((await tls({ servername: "c.example" })).getPeerCertificate().subject.CN).toBe("a.example");
    expect((await tls({ ALPNProtocols: ["h2", "http/1.1"] })).alpnProtocol).toBe("h2");
    for (const version of ["TLSv1.2", "TLSv1.3"] as const)
      expect((await tls({ minVersion: version, maxVersion: version })).getProtocol()).toBe(version);
    const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" } as const;
    await expect(tls(old)).rejects.toThrow();
  });

  it("is sent to HTTPS, and is told to come by it from then on", async () => {
    const plain = await ask(`http://${balancer}/page?a=1`);
    expect([plain.status, plain.headers.location]).toEqual([301, `https://${balancer}/page?a=1`]);
    expect((await ask(`http://${balancer}/.well-known/token`)).status).toBe(200);
    const { headers } = await ask(`https://${balancer}/`);
    expect(headers["strict-transport-security"]).toBe("max-age=63072000");
  });

  it("can't say where a request comes from", async () => {
    const forged = { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "ftp" };
    const [, from, protocol] = (await ask(`https://${balancer}/`, forged)).body.split(" ");
    expect([from, protocol]).toEqual([lab.spec.network.replace("0/24", "1"), "https"]);
  });

  it("is refused what is too much", async () => {
    const statuses: (number | undefined)[] = [];
    for (let request = 0; request < 22; request++)
      statuses.push((await ask(`http://${balancer}:8081/`)).status);
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(statuses.slice(20)).toEqual([429, 429]);
    expect((await ask(`https://${balancer}/`, {}, "a".repeat(1025))).status).toBe(413);
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`x-${at}`, "1"]));
    expect((await ask(`https://${balancer}/`, many)).status).toBe(431);
  });
});

describe("what is not for visitors", () => {
  it("answers the monitoring host, and nobody else", async () => {
    await expect(ask(`http://${balancer}:8404/metrics`)).rejects.toThrow();
    await expect(ask(`http://${balancer}:8405/healthz`)).rejects.toThrow();
    const fetch = (port: number, path: string) =>
      `perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); connect(S, pack_sockaddr_in(${port}, inet_aton($ARGV[0]))) or die; syswrite S, "GET ${path} HTTP/1.0\\r\\n\\r\\n"; print while <S>'`;
    expect(await on("web", `${fetch(8404, "/metrics")} ${balancer}`)).toContain("haproxy_server_status");
    expect(await on("lb", `${fetch(8405, "/healthz")} 127.0.0.1`)).toContain("200 OK");
    // the database is a port of ssh here
    expect(await on("web", `timeout 2 bash -c 'head -c 4 </dev/tcp/${balancer}/3306'`)).toBe("SSH-");
    await expect(
      on("lb", `timeout 2 bash -c 'head -c 4 </dev/tcp/${balancer}/3306' | grep SSH`),
    ).rejects.toThrow();
  });

  it("is closed to other users of the balancer", async () => {
    expect(await on("lb", "stat -c '%a %U' /run/haproxy/admin.sock /var/lib/haproxy/server-state")).toBe(
      "660 root\n600 root\n",
    );
    expect(await on("lb", "stat -c '%a %U:%G' /etc/haproxy/certificates")).toBe("700 root:root\n");
  });
});

describe("servers that are not well", () => {
  /** The status of each answer, or why there was none. */
  const statusesOf = async (count: number, body?: string) => {
    const statuses: unknown[] = [];
    for (let request = 0; request < count; request++)
      statuses.push(
        await ask(`http://${balancer}:8082/`, {}, body).then(
          ({ status }) => status,
          (error: Error) => error.message,
        ),
      );
    return statuses;
  };

  it("have what they don't answer asked of another one, where that does no harm", async () => {
    expect(await statusesOf(9)).toEqual(Array.from({ length: 9 }, () => 200));
    // a form may have been carried out by who did not answer: it is sent once
    expect((await statusesOf(6, "text=a")).filter((status) => status === 200)).toHaveLength(2);
  });

  it("stay in service while they are slow: all are busy at the same time, and somebody must serve", async () => {
    for (let second = 0; second < 3; second++) {
      expect((await ask(`http://${balancer}:8083/`)).status).toBe(200);
      await new Promise((wait) => setTimeout(wait, 1000));
    }
  });
});

describe("under load, nobody notices", () => {
  it("50 reloads", { timeout: 90_000 }, async () => {
    const { load } = await underLoad(`http://${balancer}:8080/`, () =>
      on("lb", "for i in $(seq 50); do systemctl reload haproxy || exit 1; done"),
    );
    process.stdout.write(`50 reloads: ${load.sent} requests, ${load.failures.length} failed\n`);
    expect(load.failures).toEqual([]);
    expect(load.sent).toBeGreaterThan(1000);
    expect([...load.answered.keys()].sort()).toEqual(["web1", "web2"]);
  });

  it("that a server is drained, and comes back", { timeout: 90_000 }, async () => {
    const slow = `http://${balancer}:8080/slow`;
    const { load, value } = await underLoad(slow, () => control({ state: "drain", wait: true }));
    expect(load.failures).toEqual([]);
    expect(value).toMatchObject({ state: "drain", status: "DRAIN", sessions: 0, check: "L7OK" });
    const without = await underLoad(slow, () => new Promise((wait) => setTimeout(wait, 1000)));
    expect([...without.load.answered.keys()]).toEqual(["web2"]);
    const back = await underLoad(slow, () => control({ state: "ready", wait: true }));
    expect([...load.failures, ...without.load.failures, ...back.load.failures]).toEqual([]);
    process.stdout.write(
      `drained and back: ${load.sent + without.load.sent + back.load.sent} requests, 0 failed\n`,
    );
    expect(back.value).toMatchObject({ state: "ready", status: "UP" });
  });
});

describe("what an administrator has set", () => {
  it("outlives reloads, restarts and crashes, and a new port of the server does, too", async () => {
    await control({ state: "drain", weight: 7 });
    await on("lb", "systemctl kill --signal=KILL haproxy; sleep 1.5");
    expect(await control()).toMatchObject({ state: "drain", weight: 7 });
    await on("lb", "systemctl reload haproxy; sleep 0.5");
    expect(await control()).toMatchObject({ state: "drain", weight: 7 });
    await on("lb", "systemctl restart haproxy; sleep 0.5");
    expect(await control()).toMatchObject({ state: "drain", weight: 7 });
    const moved = {
      ...site,
      backends: { ...site.backends, web: { hosts: "web", port: 9002, check: { path: "/healthz" } } },
    };
    expect((await lab.run([balance(moved)])).errors).toEqual([]);
    expect((await lab.run([balance()])).errors).toEqual([]);
    await control({ state: "ready", weight: 1, wait: true });
    expect((await ask(`http://${balancer}:8080/`)).status).toBe(200);
  });
});

describe("what can't be done is told, and the old configuration stays in use", () => {
  const works = async () => expect((await ask(`http://${balancer}:8080/`)).status).toBe(200);

  it("for a port that another process has", async () => {
    await on(
      "lb",
      "systemd-run --quiet --unit taken perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1); bind(S, pack_sockaddr_in(8099, INADDR_ANY)) or die; listen(S, 1); sleep 600'; sleep 0.5",
    );
    const before = await on("lb", "sha256sum /etc/haproxy/haproxy.cfg");
    const ran = await lab.run([
      balance({ ...site, frontends: { ...site.frontends, more: { port: 8099, backend: "web" } } }),
    ]);
    expect(ran.errors.join()).toContain("frontends.more: port 8099 is taken by perl");
    expect(await on("lb", "sha256sum /etc/haproxy/haproxy.cfg")).toBe(before);
    await on("lb", "systemctl stop taken");
    await works();
  });

  it("for a certificate that has expired, is for another key or can't be read, with file, subject and date", async () => {
    const folder = "/etc/haproxy/certificates";
    const more = { ...site, frontends: { ...site.frontends, more: { port: 8099, backend: "web" } } };
    const before = await on("lb", "sha256sum /etc/haproxy/haproxy.cfg");
    const refused = async (prepare: string) => {
      await on("lb", `cp -a ${folder} /root/kept; cd ${folder}; ${prepare}`);
      const ran = await lab.run([balance(more)]);
      await on("lb", `rm -r ${folder}; mv /root/kept ${folder}`);
      return ran.errors.join();
    };
    expect(await refused("cp a.example.key b.example.key")).toMatch(
      /certificates\/b\.example\.crt \(CN=b\.example, valid until 20.*\) will not do: it is for another key/,
    );
    expect(
      await refused(
        "openssl req -new -key b.example.key -subj /CN=b.example | openssl x509 -req -signkey b.example.key -days -1 -out b.example.crt",
      ),
    ).toMatch(
      /certificates\/b\.example\.crt \(CN=b\.example, valid until 20.*\) will not do: it expired on 20/,
    );
    expect(await refused("cat a.example.key a.example.crt >c.pem; echo nothing >b.example.crt")).toContain(
      "certificates/b.example.crt: it holds no certificate that can be read",
    );
    expect(await on("lb", "sha256sum /etc/haproxy/haproxy.cfg")).toBe(before);
    await works();
  });

  it("for a host that the inventory does not have, with the line of the call", async () => {
    const ran = await lab.run([balance({ ...site, monitoring: { hosts: "mon9" } })]);
    expect(ran.errors.join()).toContain('no group or host matches "mon9"');
    const [failed] = ran.of("host:failed");
    expect(failed?.error.location?.file).toBe(import.meta.filename);
    expect(ran.statuses).toEqual([]);
  });
});
