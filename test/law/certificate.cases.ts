import { certificates } from "../../src/facts/certificates.ts";
import { clockOffset } from "../../src/facts/clock.ts";
import { file } from "../../src/facts/files.ts";
import {
  type PrivateKey,
  privateKey as privateKeyFact,
  privateKeyFile,
} from "../../src/facts/private-key.ts";
import { self } from "../../src/facts/self.ts";
import type { Certificate } from "../../src/facts/x509.ts";
import { certificate } from "../../src/modules/index.ts";
import { cases } from "../../src/testing/index.ts";
import { certificateTools, firstOf, madeHere, requestHere } from "./made-certificates.ts";

const folder = "/etc/ssl/law";
const at = (name: string) => `${folder}/${name}`;
const path = at("shop.pem");
const key = at("shop.key");
const names = ["shop.example.org", "192.0.2.1"];
const alt = "subjectAltName=critical,DNS:shop.example.org,IP:192.0.2.1";
const own = { path, privateKey: key, subjectAltNames: names };
const authority = { certificate: at("root.pem"), privateKey: at("root.key") };
const signed = { ...own, authority };

const all = `key shop; key root; key middle; key other; key soon
self root 3650 /CN=Root "$ca" "$sign"; signed middle root 3650 /CN=Middle "$ca" "$sign"
self soon 10 /CN=Soon "$ca" "$sign"
self shop 365 / "$end" '${alt}'`;
const here = madeHere(
  `${all}
cp shop.key late.key; self late 10 / "$end" '${alt}'
cp shop.key one.key; self one 365 / "$end" subjectAltName=critical,DNS:shop.example.org
cp shop.key by.key; signed by root 365 / "$end" '${alt}'
cp shop.key below.key; signed below middle 365 / "$end" '${alt}'
cat below.pem middle.pem >chain.pem; cat middle.pem root.pem >both.pem`,
  "shop",
  "root",
  "middle",
  "soon",
  "late",
  "one",
  "by",
  "chain",
  "both",
);
/** For a key of another host, which asks for more than it is to get. */
const { request, key: requestKey } = requestHere("/CN=evil.example.org", [
  "basicConstraints=critical,CA:TRUE",
  "subjectAltName=DNS:evil.example.org",
]);

const rootsOwn = { owner: "root", group: "root" } as const;
const there = file.is(path, { type: "file", mode: "0644", ...rootsOwn });
const absent = [file.is(path, { type: "absent" }), certificates.is(path, undefined)];
const keyOf = ({ publicKey }: Certificate): PrivateKey => ({
  type: "ec",
  curve: "prime256v1",
  isEncrypted: false,
  publicKey,
});
const hasKey = (name: string, of: readonly Certificate[]) =>
  privateKeyFact.is(privateKeyFile(at(`${name}.key`)), keyOf(firstOf(of)));
const shopKey = hasKey("shop", here.shop);
const holds = (of: readonly Certificate[] | string) => [there, certificates.is(path, of)];
const hasAuthority = (name: string, of: readonly Certificate[]) => [
  certificates.is(at(`${name}.pem`), of),
  hasKey(name, of),
];
const root = hasAuthority("root", here.root);

const tools = `cd ${folder}; ${certificateTools}`;
const keys = `${tools}; key shop; key root; self root 3650 /CN=Root "$ca" "$sign"`;
const remember = `chmod 644 ${path}; sha256sum ${path} >/tmp/law.sum`;
const untouched = "sha256sum -c --quiet /tmp/law.sum";
const replaced = "! sha256sum -c --quiet --status /tmp/law.sum";
const selfSigned = `${keys}; self shop 365 / "$end" '${alt}'; ${remember}`;
const byRoot = `${keys}; signed shop root 365 / "$end" '${alt}'; ${remember}`;
const isForTheKey = `[ "$(openssl x509 -in ${path} -noout -pubkey)" = "$(openssl pkey -in ${key} -pubout)" ]`;
const isSignedBy = (name: string, more = "") =>
  `openssl verify -CAfile ${at(`${name}.pem`)} ${more} -x509_strict -verify_ip 192.0.2.1 -verify_hostname shop.example.org ${path}`;
const lasts = (days: number) =>
  `openssl x509 -in ${path} -noout -checkend ${days * 86_400 - 600} && ! openssl x509 -in ${path} -noout -checkend ${days * 86_400 + 600}`;

export default cases(
  certificate,
  [
    {
      name: "has a key sign for itself",
      params: own,
      facts: [...absent, shopKey],
      start: keys,
      changes: [{ what: "created", before: "absent", after: "DNS:shop.example.org, IP:192.0.2.1, for 365d" }],
      end: [
        there,
        isForTheKey,
        `openssl verify -CAfile ${path} -verify_ip 192.0.2.1 ${path}`,
        lasts(365),
        `[ "$(openssl x509 -in ${path} -noout -serial | wc -c)" -gt 35 ]`,
      ],
    },
    {
      name: "makes an authority",
      params: {
        path: at("root.pem"),
        privateKey: at("root.key"),
        subject: { organizationName: "Büro / Söhne", commonName: "Root, + $HOME" },
        isAuthority: true,
        pathLength: 1,
        validFor: "3650d",
      },
      start: `${tools}; key root`,
      changes: ["created"],
      end: [
        `openssl verify -x509_strict -CAfile ${at("root.pem")} ${at("root.pem")}`,
        `openssl x509 -in ${at("root.pem")} -noout -text | grep -q 'CA:TRUE, pathlen:1'`,
        `openssl x509 -in ${at("root.pem")} -noout -subject -nameopt utf8,sep_multiline,lname | grep -qF 'Root, + $HOME'`,
      ],
    },
    {
      name: "has an authority sign",
      params: { ...signed, extendedKeyUsage: ["serverAuth"], validFor: "12h", renewBefore: "4h" },
      facts: [...absent, shopKey, ...root],
      start: keys,
      changes: [{ what: "created", before: "absent", after: "DNS:shop.example.org, IP:192.0.2.1, for 12h" }],
      end: [there, isForTheKey, isSignedBy("root", "-purpose sslserver"), lasts(0.5)],
    },
    {
      name: "has an authority sign a request, and grants no more than it is told",
      params: { path, request, subjectAltNames: names, authority },
      start: `${keys}; cat >shop.key <<'END'\n${requestKey}END`,
      changes: ["created"],
      end: [
        isForTheKey,
        isSignedBy("root"),
        `! openssl x509 -in ${path} -noout -text | grep -e evil -e CA:TRUE`,
      ],
    },
    {
      name: "writes the chain, but not the authority that has signed itself",
      params: {
        ...signed,
        authority: { certificate: at("both.pem"), privateKey: at("middle.key") },
        chain: true,
      },
      facts: [...absent, shopKey, certificates.is(at("both.pem"), here.both), hasKey("middle", here.middle)],
      start: `${keys}; key middle; signed middle root 3650 /CN=Middle "$ca" "$sign"; cat middle.pem root.pem >both.pem`,
      changes: ["created"],
      end: [there, `[ "$(grep -c BEGIN ${path})" = 2 ]`, isSignedBy("root", `-untrusted ${path}`)],
    },
    {
      name: "has nothing to do where the certificate is as it is to be",
      params: own,
      facts: [...holds(here.shop), shopKey],
      start: selfSigned,
      changes: [],
      end: untouched,
    },
    {
      name: "has nothing to do where the authority has signed it",
      params: signed,
      facts: [...holds(here.by), shopKey, ...root],
      start: byRoot,
      changes: [],
      end: untouched,
    },
    {
      name: "renews it before it expires",
      params: own,
      facts: [...holds(here.late), shopKey],
      start: `${keys}; self shop 10 / "$end" '${alt}'; ${remember}`,
      changes: ["renewed"],
      end: [there, lasts(365), replaced],
    },
    {
      name: "renews it no sooner than it is told",
      params: { ...own, renewBefore: "9d" },
      facts: [...holds(here.late), shopKey],
      start: `${keys}; self shop 10 / "$end" '${alt}'; ${remember}`,
      changes: [],
      end: untouched,
    },
    {
      name: "goes by the clock of the host",
      params: own,
      facts: [...holds(here.shop), shopKey, clockOffset.is("", 340 * 86_400_000)],
      changes: ["renewed"],
    },
    {
      name: "renews it when a name is added",
      params: own,
      facts: [...holds(here.one), shopKey],
      start: `${keys}; self shop 365 / "$end" subjectAltName=DNS:shop.example.org; ${remember}`,
      changes: [
        {
          what: "renewed",
          before: "subjectAltNames: expected DNS:shop.example.org, IP:192.0.2.1, got DNS:shop.example.org",
          after: "DNS:shop.example.org, IP:192.0.2.1, for 365d",
        },
      ],
      end: replaced,
    },
    {
      name: "renews it when the key is another",
      params: own,
      facts: [...holds(here.shop), hasKey("shop", here.root)],
      start: `${selfSigned}; key shop`,
      changes: [
        {
          what: "renewed",
          before: "it is for another key",
          after: "DNS:shop.example.org, IP:192.0.2.1, for 365d",
        },
      ],
      end: isForTheKey,
    },
    {
      name: "renews it when an authority is to sign",
      params: signed,
      facts: [...holds(here.shop), shopKey, ...root],
      start: selfSigned,
      changes: ["renewed"],
      end: isSignedBy("root"),
    },
    {
      name: "renews it when another authority of the same name is to sign",
      params: signed,
      facts: [...holds(here.by), shopKey, ...hasAuthority("root", renamed(here.middle))],
      start: `${byRoot}; key root; self root 3650 /CN=Root "$ca" "$sign"`,
      changes: [
        {
          what: "renewed",
          before: "it is signed by another: CN=Root",
          after: "DNS:shop.example.org, IP:192.0.2.1, for 365d",
        },
      ],
      end: isSignedBy("root"),
    },
    {
      name: "writes the chain where it is missing",
      params: {
        ...signed,
        authority: { certificate: at("both.pem"), privateKey: at("middle.key") },
        chain: true,
      },
      facts: [
        ...holds(here.chain.slice(0, 1)),
        shopKey,
        certificates.is(at("both.pem"), here.both),
        hasKey("middle", here.middle),
      ],
      changes: [
        {
          what: "renewed",
          before: "another chain follows it",
          after: "DNS:shop.example.org, IP:192.0.2.1, for 365d",
        },
      ],
    },
    {
      name: "makes it anew where the file holds none",
      params: own,
      facts: [...holds("it holds no certificate that can be read"), shopKey],
      start: `${keys}; echo no >${path}; chmod 644 ${path}`,
      changes: ["renewed"],
      end: isForTheKey,
    },
    {
      name: "keeps the owner and the group that the file has",
      params: own,
      start: `${keys}; self shop 10 / "$end" '${alt}'; chown ann:daemon ${path}; chmod 640 ${path}; ${remember}`,
      changes: ["renewed"],
      end: [`[ "$(stat -c '%U %G' ${path})" = 'ann daemon' ]`, replaced],
    },
    {
      name: "corrects the mode alone",
      params: { ...own, mode: "0640", group: "root" },
      facts: [...holds(here.shop), shopKey],
      start: selfSigned,
      changes: ["mode"],
      end: untouched,
    },
    {
      name: "puts it into a directory of another user's",
      params: { ...signed, path: "/home/ann/tls/shop.pem", owner: "ann" },
      start: `${keys}; install -d -o ann -g ann /home/ann/tls`,
      changes: ["created"],
      end: "[ \"$(stat -c '%a %U' /home/ann/tls/shop.pem)\" = '644 ann' ]",
    },
    {
      name: "uses no authority as root that another user can exchange",
      params: { ...own, authority: { ...authority, certificate: "/home/ann/tls/root.pem" } },
      start: `${keys}; install -d -o ann -g ann /home/ann/tls; cp root.pem /home/ann/tls`,
      changes: ["created"],
      plan: "changed",
      fails: /other users may write.*keep the authority in a directory of root's/,
      end: `! test -e ${path}`,
    },
    {
      name: "says that the authority's certificate ends too soon",
      params: { ...own, authority: { certificate: at("soon.pem"), privateKey: at("soon.key") } },
      facts: [...absent, shopKey, ...hasAuthority("soon", here.soon)],
      start: `${keys}; key soon; self soon 10 /CN=Soon "$ca" "$sign"`,
      changes: [],
      fails: /soon\.pem \(CN=Soon, valid until .*\) ends before .*renew the authority's certificate first/,
    },
    {
      name: "says that an authority's key is another's",
      params: { ...own, authority: { ...authority, privateKey: key } },
      facts: [...absent, shopKey, ...root],
      start: keys,
      changes: [],
      fails: /root\.pem \(CN=Root, valid until .*\) is for another key than .*shop\.key/,
    },
    {
      name: "says that an authority is none",
      params: { ...own, authority: { certificate: at("shop.pem.old"), privateKey: key } },
      facts: [...absent, shopKey, certificates.is(at("shop.pem.old"), here.shop)],
      start: `${selfSigned}; mv shop.pem shop.pem.old`,
      changes: [],
      fails: "is no authority's: it may not sign",
    },
    {
      name: "says that there is no authority",
      params: signed,
      facts: [...absent, shopKey, certificates.is(at("root.pem"), undefined), hasKey("root", here.root)],
      start: `${keys}; rm root.pem`,
      changes: [],
      fails: `there is no certificate ${at("root.pem")} of the authority on the host`,
    },
    {
      name: "says that there is no key",
      params: own,
      facts: [...absent, privateKeyFact.is(privateKeyFile(key), undefined)],
      start: "",
      changes: [],
      fails: `there is no private key ${key} on the host`,
    },
    {
      name: "is renewed later than it is made",
      params: { ...own, validFor: "720h" },
      facts: [],
      changes: [],
      fails: "renewBefore: expected less than validFor, got 30d of 720h",
    },
    {
      name: "takes no request that is none",
      params: { path, request: "no", subjectAltNames: names, authority },
      facts: [],
      changes: [],
      fails: "request: it holds no certificate request that can be read",
    },
    {
      name: "has no subject with a part that is longer than certificates hold",
      params: { ...own, subject: { commonName: "a".repeat(65) } },
      facts: [],
      changes: [],
      fails: /commonName.*64/,
    },
    {
      name: "has a subject with parts as long as certificates hold",
      params: {
        ...own,
        subject: {
          countryName: "DE",
          stateOrProvinceName: "s".repeat(128),
          localityName: "ö".repeat(128),
          organizationName: "o".repeat(64),
          organizationalUnitName: "u".repeat(64),
          commonName: "ü".repeat(64),
        },
      },
      start: keys,
      changes: ["created"],
      end: isForTheKey,
    },
    {
      name: "is for no address that means something on one host only",
      params: { ...own, subjectAltNames: ["fe80::1%eth0"] },
      facts: [],
      changes: [],
      fails: 'subjectAltNames: expected an address such as 192.0.2.1, got "fe80::1%eth0"',
    },
    {
      name: "needs an authority for a request",
      params: { path, request, subjectAltNames: names },
      facts: [],
      changes: [],
      fails: "request: it goes with `authority` only",
    },
  ],
  {
    facts: [
      file.is(folder, { type: "directory", mode: "0755", ...rootsOwn }),
      file.is("/usr/bin/openssl", { type: "file", mode: "0755", ...rootsOwn }),
      self.is("", { user: "root", group: "root" }),
      clockOffset.is("", 0),
    ],
    random: ["publicKey", "pem", "serial", "fingerprint", "keyId", "issuerKeyId", "notBefore", "notAfter"],
    setup:
      "command -v openssl >/dev/null || apt-get install -y openssl >/dev/null\nid ann >/dev/null 2>&1 || useradd -m ann",
    reset: `rm -rf ${folder} /home/ann/tls /tmp/law.sum; mkdir ${folder}`,
  },
);

/** Another authority's certificate, under the name of the first. */
function renamed(of: readonly Certificate[]): readonly Certificate[] {
  return of.map((one) => ({ ...one, subject: "CN=Root" }));
}
