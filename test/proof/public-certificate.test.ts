/** A certificate of a public authority at two balancers: pebble stands for the authority, and sees one of them only. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { balancers } from "../../playbooks/parts/balancers.ts";
import { siteAuthority } from "../../playbooks/parts/certificates.ts";
import { inventory } from "../../src/inventory/index.ts";
import { run } from "../../src/lab/index.ts";
import { testLab } from "../lab/support.ts";

const lab = testLab("labpublic", 152, ["lb1", "lb2"]);
const [first = "", second = ""] = lab.spec.hosts.map(({ address }) => address);
const inside = async (host: string, script: string) =>
  (await run(lab.spec, host, ["sh", "-c", script])).trim();

/** The name is at lb2 for the authority, whichever balancer asks it. */
const authority = `apt-get install -y -qq pebble curl openssl >/dev/null 2>&1
cd /etc && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout pebble.key -subj /CN=pebble -addext subjectAltName=IP:${first} -days 30 -out pebble.pem 2>/dev/null
cat >pebble.json <<'END'
{"pebble":{"listenAddress":"${first}:14000","managementListenAddress":"127.0.0.1:15000","certificate":"/etc/pebble.pem","privateKey":"/etc/pebble.key","httpPort":80,"tlsPort":5001,"ocspResponderURL":"","externalAccountBindingRequired":false}}
END
unit() { name=$1; shift; systemd-run -q --unit="$name" -E PEBBLE_VA_NOSLEEP=1 -E PEBBLE_WFE_NONCEREJECT=0 "$@"; }
unit names pebble-challtestsrv -defaultIPv4 ${second} -defaultIPv6 '' -dns01 :8053 -http01 '' -https01 '' -tlsalpn01 '' -management 127.0.0.1:8055
unit authority pebble -config /etc/pebble.json -dnsserver 127.0.0.1:8053
for wait in 1 2 3 4 5 6 7 8 9; do curl -s --cacert pebble.pem https://${first}:14000/dir >/dev/null && break; sleep 1; done
cat pebble.pem`;

const site = inventory({
  hosts: { lb1: { address: first }, lb2: { address: second } },
  groups: { lb: { hosts: ["lb1", "lb2"] }, web: { hosts: ["lb1"] }, ca: { hosts: ["lb1"] } },
  vars: {
    domain: "site.example",
    webPort: 8443,
    edgeCertificate: { acme: { acceptTerms: true, server: `https://${first}:14000/dir` } },
  },
});
const deploy = () => lab.run([siteAuthority, ...balancers], { inventory: site });

/** What a balancer shows to a visitor who asks for the site. */
const shown = (host: string, what: string) =>
  inside(
    host,
    `openssl s_client -connect 127.0.0.1:443 -servername site.example </dev/null 2>/dev/null | openssl x509 -noout ${what}`,
  );

beforeAll(async () => {
  await lab.up();
  const pem = await inside("lb1", authority);
  for (const host of ["lb1", "lb2"])
    await inside(
      host,
      `cat >/usr/local/share/ca-certificates/pebble.crt <<'END'\n${pem}\nEND\nupdate-ca-certificates >/dev/null 2>&1`,
    );
}, 300_000);
afterAll(() => lab.down(), 60_000);

it("is obtained by both, though the authority asks one of them only", { timeout: 300_000 }, async () => {
  const ran = await deploy();
  expect(ran.errors).toEqual([]);
  for (const host of ["lb1", "lb2"]) {
    expect(await shown(host, "-issuer")).toContain("Pebble");
    expect(await shown(host, "-ext subjectAltName")).toContain("DNS:site.example");
    expect(await inside(host, "systemctl is-active acme-etc-acme-site.timer")).toBe("active");
  }
  // no key leaves its host
  expect(await shown("lb1", "-pubkey")).not.toBe(await shown("lb2", "-pubkey"));
  // who asks for what no balancer knows is not sent in a circle
  const status = `curl -s -o /dev/null -w '%{http_code}' http://${second}/.well-known/acme-challenge/none`;
  expect(await inside("lb1", status)).toBe("404");
});

it("is left alone by the second run, and renewed by the timer's service", { timeout: 180_000 }, async () => {
  const again = await deploy();
  expect(again.errors).toEqual([]);
  expect(again.statuses.filter((status) => !status.endsWith(": ok"))).toEqual([]);
  const before = await shown("lb1", "-serial");
  // as if it were about to expire
  await inside(
    "lb1",
    "sed -i 's/^RENEW_DAYS=.*/RENEW_DAYS=36500/' /etc/acme/site/config && systemctl start acme-etc-acme-site.service",
  );
  expect(await shown("lb1", "-serial")).not.toBe(before);
  expect(await shown("lb1", "-issuer")).toContain("Pebble");
});
