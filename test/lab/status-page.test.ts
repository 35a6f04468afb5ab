/** The status page on a real host, before a Prometheus that says what it was asked. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  authority,
  grafanaFiles,
  type StatusPageVars,
  signedCertificate,
  statusPage,
} from "../../roles/index.ts";
import { inventory, play, secret } from "../../src/index.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { type Ran, testLab } from "./support.ts";

const lab = testLab("labstatus", 162, ["mon1"]);
const password = "horse 'staple' $battery";
const inside = async (script: string) => (await runInside(lab.spec, "mon1", ["sh", "-c", script])).trim();

/** Answers with what it was asked. */
const prometheus = `use IO::Socket::INET;
my $socket = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 9090, Listen => 50, ReuseAddr => 1) or die;
while (my $client = $socket->accept) {
  my $request = "";
  while (my $line = <$client>) { $request .= $line; last if $line =~ /^\\r?$/ }
  print $client "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: " . length($request) . "\\r\\n\\r\\n$request";
  close $client;
}
`;

const plays = (changed: Partial<StatusPageVars> = {}) => [
  play(
    "monitoring",
    { hosts: "mon", become: true },
    {
      authority: () => authority({}),
      page: async ({ host }) => {
        const paths = await signedCertificate({
          name: "status",
          subjectAltNames: [host.name, host.address],
          authority: host.name,
          reload: "nginx",
        });
        await statusPage({ title: "site.example", password: secret(password), ...paths, ...changed });
      },
    },
  ),
];
const site = inventory({
  hosts: Object.fromEntries(lab.spec.hosts.map(({ name, address }) => [name, { address }])),
  groups: { mon: { hosts: ["mon1"] } },
});
const apply = (changed?: Partial<StatusPageVars>): Promise<Ran> =>
  lab.run(plays(changed), { inventory: site });

const quoted = `'${password.replaceAll("'", "'\\''")}'`;
const login = `-u operator:${quoted}`;
const curl = (options: string, path = "/") =>
  inside(
    `curl -sS --path-as-is --max-time 10 --cacert /etc/authority/authority.pem ${options} 'https://mon1${path}' --resolve mon1:443:${lab.spec.hosts[0]?.address}`,
  );
const status = (options: string, path?: string) => curl(`-o /dev/null -w '%{http_code}' ${options}`, path);

let first: Ran;
beforeAll(async () => {
  await lab.up();
  await inside(`apt-get -qq -y install curl >/dev/null; cat >/root/prometheus.pl <<'END'
${prometheus}END
systemd-run -q --unit=prometheus perl /root/prometheus.pl`);
  first = await apply();
}, 300_000);
afterAll(() => lab.down(), 60_000);

describe("the status page", { timeout: 120_000 }, () => {
  it("is left alone by a second run", async () => {
    expect(first.errors).toEqual([]);
    const again = await apply();
    expect(again.errors).toEqual([]);
    expect(again.statuses.filter((one) => !one.endsWith(": ok"))).toEqual([]);
  });

  it("is for those who log in, over HTTPS alone", async () => {
    expect(await status("")).toBe("401");
    expect(await status("-u operator:wrong")).toBe("401");
    expect(await status("", "/site.json")).toBe("401");
    expect(await status("", "/api/v1/query?query=up")).toBe("401");
    expect(await status(login)).toBe("200");
    expect(await curl(login)).toContain('<script type="module" src="page.js">');
    expect(await inside("curl -sS -o /dev/null -w '%{http_code}' http://127.0.0.1/ 2>&1 || :")).not.toContain(
      "200",
    );
  });

  it("says without a login that it is there, and nothing else", async () => {
    expect(await curl("-w '%{http_code}'", "/healthz")).toBe("204");
    expect(await status("", "/healthz/")).toBe("401");
  });

  it("comes with its site, and with headers that keep others' scripts out", async () => {
    expect(JSON.parse(await curl(login, "/site.json"))).toEqual({
      title: "site.example",
      addresses: [],
      tiers: [{ kind: "monitoring", hosts: [{ name: "mon1", address: lab.spec.hosts[0]?.address }] }],
    });
    const headers = await curl(`${login} -o /dev/null -D -`);
    expect(headers).toContain("script-src 'self'");
    expect(headers).not.toContain("unsafe-inline");
    expect(headers).toContain("X-Content-Type-Options: nosniff");
    expect(await curl(`${login} -o /dev/null -D -`, "/page.js")).toMatch(
      /Content-Type: (application|text)\/javascript/,
    );
  });

  it("passes on two questions, each with a time limit, and nobody's login", async () => {
    for (const question of ["query", "query_range"]) {
      const asked = await curl(login, `/api/v1/${question}?query=up&timeout=1h`);
      expect(asked).toMatch(new RegExp(`^GET /api/v1/${question}\\?timeout=5s&query=up&timeout=1h HTTP`));
      expect(asked).not.toMatch(/authorization/i);
    }
  });

  it.each([
    ["/api/v1/status/config", "404"],
    ["/api/v1/admin/tsdb/delete_series?match[]=up", "404"],
    ["/api/v1/query/../status/config", "404"],
    ["/api/v1/query%2f..%2fstatus%2fconfig", "404"],
    ["/api/v1/queryx", "404"],
    ["/-/reload", "404"],
    ["/metrics", "404"],
    ["/../../etc/passwd", "400"],
  ])("answers nothing else: %s", async (path, code) => {
    expect(await status(login, path)).toBe(code);
  });

  it("lets nobody write", async () => {
    for (const path of ["/", "/api/v1/query?query=up"])
      for (const method of ["POST", "PUT", "DELETE"])
        expect(await status(`${login} -X ${method} -d query=up`, path)).toBe("403");
  });

  it("knows the password by its hash alone, which no other user of the host can read", async () => {
    expect(await inside("stat -c '%a %U %G' /etc/nginx/status-page.login")).toBe("640 root www-data");
    expect(await inside("cut -c 1-13 /etc/nginx/status-page.login")).toBe("operator:$7$A");
    expect(await inside("grep -rlF staple /etc /srv /var/log /var/lib/showrunner 2>/dev/null || :")).toBe("");
    expect(JSON.stringify(first.events)).not.toContain("staple");
    expect(JSON.stringify(first.events)).not.toContain("$7$A");
  });

  it("stops whoever tries passwords", async () => {
    const codes = await curl(
      "-Z --parallel-max 20 -o /dev/null -w '%{http_code}\\n' -u operator:wrong",
      "/?[1-300]",
    );
    expect(codes).toContain("401");
    expect(codes).toContain("429");
  });

  it("has a dashboard for a Grafana that is there", async () => {
    const grafana = () =>
      lab.run([play("grafana", { hosts: "mon1", become: true }, { grafana: () => grafanaFiles({}) })]);
    expect((await grafana()).errors.join()).toContain("mon1 has no Grafana");
    // in Grafana's place stands a unit that only counts how often it is started
    await inside(`mkdir -p /etc/grafana/provisioning/datasources /etc/grafana/provisioning/dashboards
printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c "echo started >>/run/grafana"\n' >/etc/systemd/system/grafana-server.service
systemctl daemon-reload`);
    expect((await grafana()).errors).toEqual([]);
    const again = await grafana();
    expect(again.statuses.filter((one) => !one.endsWith(": ok"))).toEqual([]);
    expect(await inside("cat /run/grafana")).toBe("started");
    expect(await inside("cat /etc/grafana/provisioning/datasources/showrunner.yaml")).toContain(
      'url: "http://127.0.0.1:9090"',
    );
  });

  it("says who has its port, before it changes anything", async () => {
    await inside(
      "systemd-run -q --unit=in-the-way perl -MIO::Socket::INET -e 'my $$socket = IO::Socket::INET->new(LocalPort => 8443, Listen => 1) or die; sleep 600'; sleep 1",
    );
    const ran = await apply({ port: 8443 });
    expect(ran.errors.join("\n")).toContain("port 8443 is taken by perl, which listens on 0.0.0.0");
    await inside("systemctl stop in-the-way");
  });
});
