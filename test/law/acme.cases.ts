import { certificates } from "../../src/facts/certificates.ts";
import { clockOffset } from "../../src/facts/clock.ts";
import { file, fileHash } from "../../src/facts/files.ts";
import { self } from "../../src/facts/self.ts";
import type { Certificate } from "../../src/facts/x509.ts";
import { type AcmeParams, acme } from "../../src/modules/index.ts";
import { cases } from "../../src/testing/index.ts";
import { madeHere } from "./made-certificates.ts";

const path = "/etc/acme/shop";
const fullchain = `${path}/live/fullchain.pem`;
const made = madeHere(
  `key shop; self shop 90 /CN=shop.example.org "$end" subjectAltName=DNS:shop.example.org,DNS:www.shop.example.org`,
  "shop",
);
const shop: AcmeParams = {
  path,
  subjectAltNames: ["www.shop.example.org", "shop.example.org"],
  server: "https://127.0.0.1:14000/dir",
  authorities: "/etc/pebble.pem",
  webroot: "/srv/www/.well-known/acme-challenge",
  acceptTerms: true,
  timer: false,
};

const rootsOwn = { owner: "root", group: "root" } as const;
const none = { type: "absent" } as const;
const absent = [
  ...["/etc", "/etc/acme"].map((one) => file.is(one, { type: "directory", mode: "0755", ...rootsOwn })),
  file.is(path, none),
  ...["config", "hook", "domains.txt"].flatMap((name) => [
    file.is(`${path}/${name}`, none),
    fileHash.is(`${path}/${name}`, undefined),
  ]),
];
const holds = (of: readonly Certificate[] | string | undefined) => certificates.is(fullchain, of);
const written = ["created", "created", "created", "created"];
const isFor = (...names: readonly string[]) =>
  `[ "$(openssl x509 -in ${fullchain} -noout -ext subjectAltName | grep -o 'DNS:[^,]*' | sort | xargs)" = '${names.map((name) => `DNS:${name}`).join(" ")}' ]`;
const isForTheKey = `[ "$(openssl x509 -in ${fullchain} -noout -pubkey)" = "$(openssl pkey -in ${path}/live/privkey.pem -pubout)" ]`;

/** An authority of ACME that sees all names at this host, and what serves the challenges. */
const setup = `apt-get install -y dehydrated curl pebble busybox openssl >/dev/null
mkdir -p ${shop.webroot}
cd /etc && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout pebble.key -subj /CN=pebble -addext subjectAltName=IP:127.0.0.1 -days 30 -out pebble.pem 2>/dev/null
cat >/etc/pebble.json <<'END'
{"pebble":{"listenAddress":"127.0.0.1:14000","managementListenAddress":"127.0.0.1:15000","certificate":"/etc/pebble.pem","privateKey":"/etc/pebble.key","httpPort":5002,"tlsPort":5001,"ocspResponderURL":"","externalAccountBindingRequired":false}}
END
cat >/usr/local/sbin/dns <<'END'
#!/bin/sh
case $1 in
  deploy_challenge) curl -sS -d "{\\"host\\":\\"_acme-challenge.$2.\\",\\"value\\":\\"$4\\"}" http://127.0.0.1:8055/set-txt ;;
  clean_challenge) curl -sS -d "{\\"host\\":\\"_acme-challenge.$2.\\"}" http://127.0.0.1:8055/clear-txt ;;
esac
END
cat >/usr/local/sbin/answer <<'END'
#!/bin/sh
case $1 in
  deploy_challenge) printf %s "$4" >"${shop.webroot}/$3" ;;
  clean_challenge) rm -f "${shop.webroot}/$3" ;;
esac
END
chmod 755 /usr/local/sbin/dns /usr/local/sbin/answer
unit() { name=$1; shift; systemctl stop "$name" 2>/dev/null || :; systemd-run -q --unit="$name" -E PEBBLE_VA_NOSLEEP=1 -E PEBBLE_WFE_NONCEREJECT=0 "$@"; }
unit law-names pebble-challtestsrv -defaultIPv4 127.0.0.1 -defaultIPv6 '' -dns01 :8053 -http01 '' -https01 '' -tlsalpn01 '' -management 127.0.0.1:8055
unit law-acme pebble -config /etc/pebble.json -dnsserver 127.0.0.1:8053
unit law-web busybox httpd -f -p 5002 -h /srv/www
for wait in 1 2 3 4 5 6 7 8 9; do curl -s --cacert /etc/pebble.pem https://127.0.0.1:14000/dir >/dev/null && break; sleep 1; done`;

export default cases(
  acme,
  [
    {
      name: "obtains a certificate by files that are served",
      params: { ...shop, deploy: "touch /srv/deployed" },
      facts: [...absent, holds(undefined)],
      start: "",
      changes: [
        ...written,
        { what: "obtained", before: "absent", after: "www.shop.example.org, shop.example.org" },
      ],
      end: [
        isFor("shop.example.org", "www.shop.example.org"),
        isForTheKey,
        "test -e /srv/deployed",
        `[ "$(stat -c %a ${path})" = 700 ]`,
        `[ -z "$(ls ${shop.webroot})" ]`,
      ],
    },
    {
      name: "obtains a certificate by records that a program sets",
      params: {
        path,
        subjectAltNames: ["*.example.org"],
        server: "https://127.0.0.1:14000/dir",
        authorities: "/etc/pebble.pem",
        challenge: "dns-01",
        hook: "/usr/local/sbin/dns",
        acceptTerms: true,
        timer: false,
      },
      start: "",
      changes: [...written, "obtained"],
      end: [isFor("*.example.org"), isForTheKey],
    },
    {
      name: "obtains a certificate by a program that has somebody answer",
      params: {
        path,
        subjectAltNames: ["shop.example.org"],
        server: "https://127.0.0.1:14000/dir",
        authorities: "/etc/pebble.pem",
        hook: "/usr/local/sbin/answer",
        acceptTerms: true,
        timer: false,
      },
      start: "",
      changes: [...written, "created", "obtained"],
      end: [isFor("shop.example.org"), isForTheKey, `[ -z "$(ls ${shop.webroot})" ]`],
    },
    {
      name: "has nothing to do where the certificate is as it is to be",
      params: shop,
      start: [acme(shop)],
      changes: [],
    },
    {
      name: "asks again when a name is added",
      params: { ...shop, subjectAltNames: ["shop.example.org", "pay.example.org"] },
      start: [acme({ ...shop, subjectAltNames: ["shop.example.org"] })],
      changes: [
        "content",
        {
          what: "renewed",
          before: "it is for DNS:shop.example.org",
          after: "shop.example.org, pay.example.org",
        },
      ],
      end: [isFor("pay.example.org", "shop.example.org"), isForTheKey],
    },
    {
      name: "has the host renew the certificate by itself",
      params: { ...shop, timer: true },
      start: [acme(shop)],
      changes: ["content", "content", "enabled", "started"],
      end: [
        "systemctl is-active acme-etc-acme-shop.timer",
        "systemctl is-enabled acme-etc-acme-shop.timer",
        "systemctl start acme-etc-acme-shop.service",
      ],
    },
    {
      name: "takes away the timer of an earlier run",
      params: shop,
      start: [acme({ ...shop, timer: true })],
      changes: ["stopped", "removed", "removed"],
      end: [
        "[ ! -e /etc/systemd/system/acme-etc-acme-shop.timer ]",
        "! systemctl is-active acme-etc-acme-shop.timer",
      ],
    },
    {
      name: "writes into no directory that somebody else may turn",
      params: { ...shop, webroot: "/srv/theirs/challenge" },
      start: "install -d -o nobody /srv/theirs; mkdir /srv/theirs/challenge",
      changes: [...written, "obtained"],
      plan: "changed",
      fails: "lies in a directory that other users may write",
      end: `[ ! -e ${fullchain} ]`,
    },
    {
      name: "asks again before the certificate expires, by the host's clock",
      params: shop,
      facts: [...absent, holds(made.shop), clockOffset.is("", 61 * 86_400_000)],
      changes: [...written, "renewed"],
    },
    {
      name: "asks for nothing sooner than it is told",
      params: { ...shop, renewDays: 20 },
      facts: [...absent, holds(made.shop), clockOffset.is("", 61 * 86_400_000)],
      changes: written,
    },
    {
      name: "says that no authority answers",
      params: { ...shop, server: "https://127.0.0.1:9/dir" },
      start: "",
      changes: [...written, "obtained"],
      plan: "changed",
      fails: "Problem connecting to server",
    },
    {
      name: "says that dehydrated is not installed",
      params: shop,
      facts: [holds(undefined), file.is("/usr/bin/dehydrated", none)],
      changes: [],
      fails: /dehydrated or curl is not installed.*apt\(/,
    },
    {
      name: "needs the user to agree",
      params: { ...shop, acceptTerms: false },
      facts: [],
      changes: [],
      fails: "acceptTerms: the authority signs only for those who agree",
    },
    {
      name: "needs a program for records",
      params: { ...shop, challenge: "dns-01" },
      facts: [],
      changes: [],
      fails: "challenge: dns-01 needs a hook that sets the record",
    },
    {
      name: "asks for names of hosts only",
      params: { ...shop, subjectAltNames: ["192.0.2.1"] },
      facts: [],
      changes: [],
      fails: 'subjectAltNames: expected names of hosts, got "192.0.2.1"',
    },
  ],
  {
    facts: [
      ...["/usr/bin/dehydrated", "/usr/bin/curl"].map((one) =>
        file.is(one, { type: "file", mode: "0755", ...rootsOwn }),
      ),
      ...["timer", "service"].map((kind) => file.is(`/etc/systemd/system/acme-etc-acme-shop.${kind}`, none)),
      self.is("", { user: "root", group: "root" }),
      clockOffset.is("", 0),
    ],
    setup,
    random: [
      "publicKey",
      "pem",
      "serial",
      "fingerprint",
      "keyId",
      "issuerKeyId",
      "notBefore",
      "notAfter",
      "issuer",
      "target",
    ],
    reset: `systemctl disable --now acme-etc-acme-shop.timer; rm -rf /etc/acme /srv/deployed /srv/theirs /etc/systemd/system/acme-*; systemctl daemon-reload; mkdir /etc/acme`,
  },
);
