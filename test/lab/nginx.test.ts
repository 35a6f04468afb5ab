/** The role nginx on a real host, in front of two applications that say what they were asked. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type NginxVars, nginx } from "../../roles/index.ts";
import { play } from "../../src/index.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { testLab } from "./support.ts";

const lab = testLab("labnginx", 130, ["one", "two"]);
const root = { hosts: "one", become: true } as const;
const local = mkdtempSync(join(tmpdir(), "nginx-"));
const inside = async (script: string, host = "one") =>
  (await runInside(lab.spec, host, ["sh", "-c", script])).trim();
const addressOf = (host: string) => lab.spec.hosts.find(({ name }) => name === host)?.address ?? "";

/** Answers with what it was asked, and notes it. The path /fail hangs up after the request, as an application that dies does. */
const application = `use IO::Socket::INET;
my ($port) = @ARGV;
my $socket = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $port, Listen => 50, ReuseAddr => 1) or die;
while (my $client = $socket->accept) {
  my $request = "";
  while (my $line = <$client>) { $request .= $line; last if $line =~ /^\\r?$/ }
  my ($method, $path) = $request =~ /^(\\S+) (\\S+)/;
  open(my $log, ">>", "/run/asked"); print $log "$port $method $path\\n"; close $log;
  if ($path =~ /fail/) { close $client; next }
  my $body = $path =~ /long/ ? "x" x 5000 : "$port\\n$request";
  my $more = $path =~ /kept/ ? "Cache-Control: max-age=60\\r\\n" : "";
  print $client "HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Type: text/plain\\r\\n$more" . "Content-Length: " . length($body) . "\\r\\n\\r\\n$body";
  close $client;
}
`;

const site: NginxVars = {
  domain: "www.example",
  aliases: ["example"],
  upstreams: [
    { address: "127.0.0.1", port: 9101 },
    { address: "127.0.0.1", port: 9102 },
  ],
  staticFiles: join(local, "static"),
  cache: { valid: "1m" },
  balancers: ["127.0.0.1"],
  headers: { "X-Frame-Options": "DENY", "Referrer-Policy": "" },
  monitoring: { hosts: "two" },
};

const apply = (...sites: NginxVars[]) =>
  lab.run([
    play("sites", root, {
      sites: async () => {
        for (const one of sites) await nginx(one);
      },
    }),
  ]);
const get = (path: string, ...more: string[]) =>
  inside(`curl -sS -i --max-time 10 -H 'Host: www.example' ${more.join(" ")} http://127.0.0.1${path}`);
const asked = () => inside("cat /run/asked; rm -f /run/asked");

beforeAll(async () => {
  await lab.up();
  mkdirSync(join(local, "static"));
  writeFileSync(join(local, "static/index.html"), "the page\n");
  writeFileSync(join(local, "static/site.css"), `${"a { color: red }\n".repeat(200)}`);
  await inside(`apt-get -qq -y install curl >/dev/null; cat >/root/application.pl <<'END'
${application}END
for port in 9101 9102; do systemd-run -q --unit=application-$port perl /root/application.pl $port; done`);
  await inside("apt-get -qq -y install curl >/dev/null", "two");
  const ran = await apply(site);
  expect(ran.errors).toEqual([]);
}, 300_000);
afterAll(async () => {
  rmSync(local, { recursive: true, force: true });
  await lab.down();
}, 60_000);

describe("a site of the role nginx", { timeout: 120_000 }, () => {
  it("is left alone by a second run", async () => {
    const again = await apply(site);
    expect(again.errors).toEqual([]);
    expect(again.statuses.filter((status) => !status.endsWith(": ok"))).toEqual([]);
  });

  it("asks another server where one fails, and never repeats a POST", async () => {
    await asked();
    expect(await get("/fail-get")).toContain("502 Bad Gateway");
    expect((await asked()).split("\n").sort()).toEqual(["9101 GET /fail-get", "9102 GET /fail-get"]);
    await inside("sleep 5"); // after two failures nginx takes a server for dead, for five seconds
    expect(await get("/fail-post", "-d note=1")).toContain("502 Bad Gateway");
    expect((await asked()).split("\n")).toHaveLength(1);
    await inside("sleep 5");
  });

  it("keeps what the application lets it keep, and gives it once the application is gone", async () => {
    await asked();
    await get("/kept");
    await get("/kept");
    expect((await asked()).split("\n")).toHaveLength(1);
  });

  it("keeps answers for each name of the site apart, and none for a name that is no site's", async () => {
    const body = (host: string) =>
      inside(`curl -sS --max-time 10 -H 'Host: ${host}' http://127.0.0.1/kept-by-name`);
    expect(await body("www.example")).toContain("Host: www.example");
    expect(await body("example")).toContain("Host: example");
    expect(await body("evil.example")).toContain("Host: evil.example");
    expect(await body("www.example")).toContain("Host: www.example");
  });

  it("has the new configuration in force once a reload has ended", async () => {
    const answers = await inside(`for number in 1 2 3 4 5 6 7 8 9 10; do
  echo "server { listen 127.0.0.1:8098; return 200 $number; }" >/etc/nginx/conf.d/numbered.conf
  systemctl reload nginx && curl -sS --max-time 5 http://127.0.0.1:8098/; echo
done
rm /etc/nginx/conf.d/numbered.conf; systemctl reload nginx`);
    expect(answers.split("\n")).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
  });

  it("compresses texts", async () => {
    const packed = await get("/static/site.css", "-H 'Accept-Encoding: gzip' -o /dev/null -D -");
    expect(packed).toContain("Content-Encoding: gzip");
    expect(await get("/long", "--compressed -H 'Accept-Encoding: gzip'")).toContain("Content-Encoding: gzip");
  });

  it("sends the headers that browsers are asked to heed, with the user's own over them", async () => {
    const answer = await get("/static/index.html");
    expect(answer).toContain("X-Content-Type-Options: nosniff");
    expect(answer).toContain("X-Frame-Options: DENY");
    expect(answer).not.toContain("Referrer-Policy");
    expect(answer).toContain("X-Served-By: one");
    expect(answer).not.toMatch(/Server: nginx\/\d/);
  });

  it("believes a balancer's word of who the visitor is, and nobody else's", async () => {
    const forwarded = "-H 'X-Forwarded-For: 192.0.2.7' -H 'X-Forwarded-Proto: https'";
    const trusted = await get("/who", forwarded);
    expect(trusted).toMatch(/X-Forwarded-For: 192\.0\.2\.7\r?\n/);
    expect(trusted).toMatch(/X-Forwarded-Proto: https\r?\n/);
    const other = await inside(
      `curl -sS -H 'Host: www.example' ${forwarded} http://${addressOf("one")}/other`,
      "two",
    );
    expect(other).toMatch(new RegExp(`X-Forwarded-For: ${addressOf("two")}\\r?\\n`));
    expect(other).toMatch(/X-Forwarded-Proto: http\r?\n/);
  });

  it("writes its log as JSON, also of what a visitor made up", async () => {
    await get("/odd", `-A '"}\\\\ x'`);
    const line = await inside("grep /odd /var/log/nginx/www.example.log | tail -1");
    expect(JSON.parse(line)).toMatchObject({ method: "GET", uri: "/odd", status: 200, agent: '"}\\\\ x' });
  });

  it("tells its figures to the monitoring hosts alone", async () => {
    const url = `http://${addressOf("one")}:8406/status`;
    expect(await inside(`curl -sS ${url}`, "two")).toContain("Active connections");
    expect(await inside(`curl -sS -o /dev/null -w '%{http_code}' ${url}`)).toBe("403");
  });

  it("limits what one address asks for", async () => {
    expect((await apply({ ...site, rateLimit: { requests: 2, burst: 2 } })).errors).toEqual([]);
    const codes = await inside(
      "for i in 1 2 3 4 5 6 7 8; do curl -sS -o /dev/null -w '%{http_code}\\n' -H 'Host: www.example' http://127.0.0.1/static/index.html; done",
    );
    expect(codes).toContain("429");
    expect(codes).toContain("200");
    expect((await apply(site)).errors).toEqual([]);
  });

  it("has sites whose names differ by a dot and a dash alone", async () => {
    const named = (domain: string) => ({ ...site, domain, aliases: [], rateLimit: { requests: 5 } });
    expect((await apply(site, named("my-shop.example"), named("my.shop.example"))).errors).toEqual([]);
    expect((await apply(site)).errors).toEqual([]);
  });

  it("is static alone where it has no application", async () => {
    const plain = { domain: "static.example", staticFiles: join(local, "static"), port: 8080 };
    expect((await apply(site, plain)).errors).toEqual([]);
    expect(await inside("curl -sS http://127.0.0.1:8080/")).toBe("the page");
  });

  it("ends TLS with a certificate, and asks visitors for one", async () => {
    await inside(`cd /etc/ssl/private && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
-subj /CN=www.example -addext subjectAltName=DNS:www.example -keyout site.key -out site.crt 2>/dev/null`);
    const files = { certificate: "/etc/ssl/private/site.crt", key: "/etc/ssl/private/site.key" };
    const tls = { ...site, port: 8443, tls: { ...files, clientAuthorities: files.certificate } };
    expect((await apply(tls)).errors).toEqual([]);
    const ask = (more: string) =>
      inside(
        `curl -sS -o /dev/null -w '%{http_code} %{http_version}' --cacert ${files.certificate} --resolve www.example:8443:127.0.0.1 ${more} https://www.example:8443/static/index.html 2>&1; :`,
      );
    expect(await ask(`--cert ${files.certificate} --key ${files.key}`)).toContain("200");
    expect(await ask("")).toContain("400");
    expect(await ask(`--tls-max 1.1 --cert ${files.certificate} --key ${files.key}`)).not.toContain("200");
    expect((await apply(site)).errors).toEqual([]);
  });

  it("keeps its configuration where a certificate has expired, is for another key or can't be read", async () => {
    const folder = "/etc/ssl/private";
    await inside(`cd ${folder} && openssl ecparam -name prime256v1 -genkey -noout -out other.key && echo nothing >broken.crt
openssl req -new -key other.key -subj /CN=www.example -out old.csr && openssl x509 -req -in old.csr -signkey other.key -days -1 -out old.crt 2>&1`);
    const before = await inside("cat /etc/nginx/conf.d/www.example.conf");
    const refused = async (certificate: string, key: string) => {
      const tls = { certificate: `${folder}/${certificate}`, key: `${folder}/${key}` };
      const ran = await apply({ ...site, port: 8443, tls });
      expect(ran.statuses.filter((status) => status.includes("template"))).toEqual([]);
      return ran.errors.join("\n");
    };
    expect(await refused("old.crt", "other.key")).toMatch(
      /the certificate \/etc\/ssl\/private\/old\.crt \(CN=www\.example, valid until 20.*\) will not do: it expired on 20/,
    );
    expect(await refused("site.crt", "other.key")).toMatch(
      /the certificate \/etc\/ssl\/private\/site\.crt \(CN=www\.example, valid until 20.*\) will not do: it is for another key/,
    );
    expect(await refused("broken.crt", "other.key")).toContain(
      "the certificate /etc/ssl/private/broken.crt: it holds no certificate that can be read",
    );
    expect(await refused("site.crt", "broken.crt")).toContain("/etc/ssl/private/broken.crt");
    expect(await inside("cat /etc/nginx/conf.d/www.example.conf")).toBe(before);
  });

  it("says who is in its way", async () => {
    await inside(
      "systemd-run -q --unit=in-the-way perl -MIO::Socket::INET -e 'my $$socket = IO::Socket::INET->new(LocalPort => 8099, Listen => 1) or die; sleep 600'; sleep 1",
    );
    const ran = await apply({ ...site, port: 8099 });
    expect(ran.errors.join("\n")).toContain("port 8099 is taken by perl, which listens on 0.0.0.0");
    await inside("systemctl stop in-the-way");
  });

  it("names a monitoring group that the inventory has not", async () => {
    const ran = await apply({ ...site, monitoring: { hosts: "mon" } });
    expect(ran.errors.join("\n")).toContain('no group or host matches "mon"');
  });
});
