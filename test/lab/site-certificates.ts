/** The certificates of a site that stands: renewed and brought while visitors come, and refused where they would not do. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, connect, type PeerCertificate } from "node:tls";
import { expect, it } from "vitest";
import { certificateTools } from "../law/made-certificates.ts";
import { type LoadReport, underLoad } from "../load.ts";

/** What these tests ask of the site. */
export interface StandingSite {
  readonly balancer: string;
  /** A web server's host. */
  readonly web: string;
  /** The file with the authority's certificate. */
  readonly authority: string;
  /** Runs the playbook `site`, which may fail. */
  run(...more: string[]): Promise<{ status: number; stdout: string; stderr: string }>;
  /** Runs a script on a host, as root. */
  script(host: string, text: string): Promise<string>;
  /** Who answers through the balancer. */
  servedBy(): Promise<string>;
}

/** In the balancer's folder: another authority, and what it has signed, badly and well. */
const brought = `${certificateTools}
key root; self root 90 "/CN=Another authority" "$ca" "$sign"
names=subjectAltName=DNS:site.example
key good; signed good root 90 /CN=good "$end" "$names"
key expired; signed expired root -1 /CN=expired "$end" "$names"
key elsewhere; signed elsewhere root 90 /CN=elsewhere "$end" subjectAltName=DNS:elsewhere.example
`;

/** @param site called within a test, when the site stands */
export function certificateTests(balancer: string, site: () => StandingSite): void {
  it("speaks HTTP/2, has browsers come by HTTPS, and takes no old TLS", async () => {
    const { authority } = site();
    expect(execFileSync("curl", ["-sSI", `http://${balancer}/x`], { encoding: "utf8" })).toMatch(
      new RegExp(`^HTTP/1.1 301 .*location: https://${balancer}/x`, "is"),
    );
    const headers = execFileSync("curl", ["-sSI", "--cacert", authority, `https://${balancer}/`], {
      encoding: "utf8",
    });
    expect(headers).toMatch(/^HTTP\/2 .*strict-transport-security: max-age=63072000/is);
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" } as const;
    await expect(shown(balancer, textOf(authority), old)).rejects.toThrow(
      /protocol version|alert|EPROTO|ECONNRESET/,
    );
  });

  it("accepts a web server by a certificate of its own name only, and gets it back", async () => {
    const { web, script, servedBy, run, authority } = site();
    await script(
      web,
      `cd /etc/ssl/site && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=${web} \
-addext subjectAltName=DNS:${web} -keyout web.key -out web.crt 2>/dev/null && systemctl reload nginx`,
    );
    const others = async () => {
      const served: string[] = [];
      for (let visit = 0; visit < 4; visit++) served.push(await servedBy());
      expect(served).not.toContain(web);
    };
    await expect.poll(() => others().then(() => "left out"), { timeout: 15_000 }).toBe("left out");
    const { load, value } = await visited(balancer, textOf(authority), () => run());
    expect(value.status, value.stdout + value.stderr).toBe(0);
    expect(load.failures).toEqual([]);
    await expect.poll(servedBy, { timeout: 15_000 }).toBe(web);
  });

  it("has its certificates renewed, and no request fails", async () => {
    const { run, script, authority } = site();
    const before = await shown(balancer, textOf(authority));
    await script("lb1", "rm /etc/authority/issued/*; rm /etc/haproxy/certificates/own/site.key");
    const { load, value } = await visited(balancer, textOf(authority), () => run());
    expect(value.status, value.stdout + value.stderr).toBe(0);
    expect(load.failures).toEqual([]);
    expect(load.sent).toBeGreaterThan(300);
    const after = await shown(balancer, textOf(authority));
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(after.pubkey).not.toEqual(before.pubkey);
    expect((await run()).stdout).not.toMatch(/^ +changed {6}/m);
  });

  it("shows a certificate that is brought, and refuses one that would not do before anything is changed", async () => {
    const { run, script, authority } = site();
    const folder = mkdtempSync(join(tmpdir(), "brought-"));
    const at = (name: string) => join(folder, name);
    const bring = (certificate: string, key = certificate) => {
      const edgeCertificate = {
        certificate: at(`${certificate}.pem`),
        key: at(`${key}.key`),
        authority: at("root.pem"),
      };
      writeFileSync(at("vars.json"), JSON.stringify({ edgeCertificate }));
      return run("-e", `@${at("vars.json")}`);
    };
    try {
      execFileSync("sh", ["-e"], { cwd: folder, input: brought });
      writeFileSync(at("garbage.pem"), "no certificate\n");
      writeFileSync(at("garbage.key"), "no key\n", { mode: 0o600 });
      const now = await shown(balancer, textOf(authority));
      const refused = [
        [await bring("expired"), /expired\.pem.*CN=expired.*it expired on \d{4}-/s],
        [
          await bring("good", "elsewhere"),
          /good\.pem with the key .*elsewhere\.key.*CN=good.*it is for another key/s,
        ],
        [await bring("elsewhere"), /elsewhere\.pem.*CN=elsewhere.*it is not for DNS:site\.example/s],
        [await bring("garbage", "good"), /garbage\.pem.*it holds no certificate that can be read/s],
        [await bring("good", "garbage"), /garbage\.key.*no private key/s],
        [await bring("missing"), /missing\.pem can't be read/],
      ] as const;
      for (const [{ status, stdout, stderr }, words] of refused) {
        expect(stdout + stderr).toMatch(words);
        expect([status, /^ +changed {6}/m.test(stdout)]).toEqual([2, false]);
      }
      expect((await shown(balancer, textOf(authority))).fingerprint).toBe(now.fingerprint);

      const placed = await bring("good");
      expect(placed.status, placed.stdout + placed.stderr).toBe(0);
      expect(placed.stdout).not.toContain("PRIVATE KEY");
      const root = readFileSync(at("root.pem"), "utf8");
      expect((await shown(balancer, root, { servername: "site.example" })).subject.CN).toBe("good");
      const mode = "stat -c '%a %U' /etc/haproxy/certificates/brought/site.pem";
      expect(await script("lb1", mode)).toContain("600 root");
      expect((await bring("good")).stdout).not.toMatch(/^ +changed {6}/m);
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect((await run()).status).toBe(0);
    await shown(balancer, textOf(authority));
  });
}

function visited<T>(
  balancer: string,
  ca: string,
  work: () => Promise<T>,
): Promise<{ load: LoadReport; value: T }> {
  return underLoad(`https://${balancer}/healthz`, work, { ca });
}

/** The certificate that a visitor is shown, verified. */
function shown(host: string, ca: string, more: ConnectionOptions = {}) {
  return new Promise<PeerCertificate>((resolve, reject) => {
    const socket = connect({ host, port: 443, ca, ...more }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

const textOf = (file: string) => readFileSync(file, "utf8");
