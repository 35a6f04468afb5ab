import { certificateRequest as requestFact } from "../../src/facts/certificates.ts";
import { file } from "../../src/facts/files.ts";
import {
  type PrivateKey,
  privateKey as privateKeyFact,
  privateKeyFile,
} from "../../src/facts/private-key.ts";
import { self } from "../../src/facts/self.ts";
import type { CertificateRequest } from "../../src/facts/x509.ts";
import { certificateRequest } from "../../src/modules/index.ts";
import { cases } from "../../src/testing/index.ts";

const folder = "/etc/ssl/law";
const path = `${folder}/shop.csr`;
const key = `${folder}/shop.key`;
const names = ["shop.example.org", "192.0.2.1"];
const shop = { path, privateKey: key, subjectAltNames: names };

const rootsOwn = { owner: "root", group: "root" } as const;
const there = file.is(path, { type: "file", mode: "0644", ...rootsOwn });
const absent = [file.is(path, { type: "absent" }), requestFact.is(path, undefined)];
const publicKey = "-----BEGIN PUBLIC KEY-----\nthis one\n";
const known: PrivateKey = { type: "ec", curve: "prime256v1", isEncrypted: false, publicKey };
const hasKey = (value: PrivateKey | string | undefined = known) =>
  privateKeyFact.is(privateKeyFile(key), value);
const request = (more: Partial<CertificateRequest> = {}): CertificateRequest => ({
  subject: "",
  subjectAltNames: ["DNS:shop.example.org", "IP:192.0.2.1"],
  keyUsage: [],
  extendedKeyUsage: [],
  isAuthority: false,
  publicKey,
  pem: "the request",
  ...more,
});
const holds = (value: CertificateRequest | string) => [there, requestFact.is(path, value)];

const makeKey = (at = key) =>
  `(umask 077; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${at})`;
const make = (asked: string, more = "") =>
  `${makeKey()}; openssl req -new -key ${key} -subj / -out ${path} -addext basicConstraints=critical,CA:FALSE -addext '${asked}' ${more}
sha256sum ${path} >/tmp/law.sum`;
const usual = make("subjectAltName=critical,DNS:shop.example.org,IP:192.0.2.1");
const untouched = "sha256sum -c --quiet /tmp/law.sum";
const says = (words: string) => `openssl req -in ${path} -noout -text -verify 2>&1 | grep -q '${words}'`;
const isForTheKey = `[ "$(openssl req -in ${path} -noout -pubkey)" = "$(openssl pkey -in ${key} -pubout)" ]`;

export default cases(
  certificateRequest,
  [
    {
      name: "asks for a certificate for names and addresses",
      params: shop,
      facts: [...absent, hasKey()],
      start: makeKey(),
      changes: [{ what: "created", before: "absent", after: "DNS:shop.example.org, IP:192.0.2.1" }],
      end: [there, isForTheKey, says("DNS:shop.example.org, IP Address:192.0.2.1"), says("CA:FALSE")],
    },
    {
      name: "asks for all that it may",
      params: {
        path,
        privateKey: key,
        subject: {
          countryName: "DE",
          organizationName: "Büro / Söhne, + $HOME",
          commonName: 'a "shop" \\ #1',
        },
        subjectAltNames: [
          "*.Bücher.example",
          "2001:db8:0:0::1",
          "email:ann@example.org",
          "URI:spiffe://site/web",
        ],
        keyUsage: ["keyEncipherment", "digitalSignature"],
        extendedKeyUsage: ["serverAuth", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.17"],
      },
      start: makeKey(),
      changes: ["created"],
      end: [
        isForTheKey,
        says(
          "DNS:\\*.xn--bcher-kva.example, IP Address:2001:DB8:0:0:0:0:0:1, email:ann@example.org, URI:spiffe://site/web",
        ),
        says("Digital Signature, Key Encipherment"),
        says("TLS Web Server Authentication, TLS Web Client Authentication"),
        `openssl req -in ${path} -noout -subject -nameopt utf8,sep_multiline,lname | grep -qF 'Büro / Söhne, + $HOME'`,
        `openssl req -in ${path} -noout -subject -nameopt utf8,sep_multiline,lname | grep -qF 'a "shop" \\ #1'`,
      ],
    },
    {
      name: "asks to be an authority",
      params: { path, privateKey: key, subject: { commonName: "Law" }, isAuthority: true, pathLength: 0 },
      facts: [...absent, hasKey()],
      start: makeKey(),
      changes: [{ what: "created", before: "absent", after: "CN=Law" }],
      end: [there, says("CA:TRUE, pathlen:0"), says("Certificate Sign, CRL Sign")],
    },
    {
      name: "asks for a key that has a passphrase",
      params: { ...shop, passphrase: "it's $1" },
      start: `echo "it's \\$1" >/tmp/law.pass; openssl genpkey -algorithm ED25519 -aes-256-cbc -pass file:/tmp/law.pass -out ${key}`,
      changes: ["created"],
      end: says("ED25519"),
    },
    {
      name: "has nothing to do where the request is as it is to be, in whatever order its names are",
      params: { ...shop, subjectAltNames: ["192.0.2.1", "DNS:Shop.example.org"] },
      facts: [...holds(request()), hasKey()],
      start: usual,
      changes: [],
      end: untouched,
    },
    {
      name: "asks again when a name is added",
      params: shop,
      facts: [...holds(request({ subjectAltNames: ["DNS:shop.example.org"] })), hasKey()],
      start: make("subjectAltName=DNS:shop.example.org"),
      changes: [
        {
          what: "renewed",
          before: "subjectAltNames: expected DNS:shop.example.org, IP:192.0.2.1, got DNS:shop.example.org",
          after: "DNS:shop.example.org, IP:192.0.2.1",
        },
      ],
      end: [there, says("IP Address:192.0.2.1")],
    },
    {
      name: "asks again when a usage is another one",
      params: { ...shop, extendedKeyUsage: ["serverAuth"] },
      facts: [...holds(request({ extendedKeyUsage: ["clientAuth"] })), hasKey()],
      start: make("subjectAltName=DNS:shop.example.org,IP:192.0.2.1", "-addext extendedKeyUsage=clientAuth"),
      changes: [
        {
          what: "renewed",
          before: "extendedKeyUsage: expected serverAuth, got clientAuth",
          after: "DNS:shop.example.org, IP:192.0.2.1",
        },
      ],
      end: says("TLS Web Server Authentication"),
    },
    {
      name: "asks again when the key is another one",
      params: shop,
      facts: [...holds(request({ publicKey: "another" })), hasKey()],
      start: `${usual}; ${makeKey()}`,
      changes: [
        { what: "renewed", before: "it is for another key", after: "DNS:shop.example.org, IP:192.0.2.1" },
      ],
      end: isForTheKey,
    },
    {
      name: "asks again where the file holds no request",
      params: shop,
      facts: [...holds("it holds no certificate request that can be read"), hasKey()],
      start: `${makeKey()}; echo no >${path}`,
      changes: ["renewed"],
      end: [there, isForTheKey],
    },
    {
      name: "corrects the mode alone",
      params: { ...shop, mode: "0600" },
      facts: [...holds(request()), hasKey()],
      start: usual,
      changes: ["mode"],
      end: [file.is(path, { type: "file", mode: "0600", ...rootsOwn }), untouched],
    },
    {
      name: "removes a request",
      params: { path, state: "absent" },
      facts: [there],
      start: `touch ${path}`,
      changes: ["removed"],
      end: file.is(path, { type: "absent" }),
    },
    {
      name: "puts a request into a directory of another user's",
      params: { ...shop, path: "/home/ann/tls/shop.csr", owner: "ann" },
      start: `${makeKey()}; install -d -o ann -g ann /home/ann/tls`,
      changes: ["created"],
      end: "[ \"$(stat -c '%a %U' /home/ann/tls/shop.csr)\" = '644 ann' ]",
    },
    {
      name: "uses no key as root that another user can exchange",
      params: { ...shop, privateKey: "/home/ann/tls/shop.key" },
      start: `install -d -o ann -g ann /home/ann/tls; ${makeKey("/home/ann/tls/shop.key")}`,
      changes: ["created"],
      plan: "changed",
      fails: /other users may write.*become the user/,
      end: `! test -e ${path}`,
    },
    {
      name: "says that there is no key",
      params: shop,
      facts: [...absent, hasKey(undefined), privateKeyFact.is(privateKeyFile(key), undefined)],
      start: "",
      changes: [],
      fails: /there is no private key .* on the host.*privateKey\(/,
    },
    {
      name: "says that the key can't be read",
      params: shop,
      facts: [...absent, hasKey("it holds no private key that can be read without a passphrase")],
      start: `echo no >${key}`,
      changes: [],
      fails: `the private key ${key}: it holds no private key that can be read without a passphrase`,
    },
    {
      name: "asks for something",
      params: { path, privateKey: key },
      facts: [],
      changes: [],
      fails: "expected subject or subjectAltNames, got neither",
    },
    {
      name: "needs a name for an authority",
      params: { ...shop, isAuthority: true },
      facts: [],
      changes: [],
      fails: "subject: an authority needs one",
    },
    {
      name: "takes nothing for a name that is none",
      params: { ...shop, subjectAltNames: ["shop.example.org\nIP.9 = 192.0.2.9"] },
      facts: [],
      changes: [],
      fails: "subjectAltNames: expected a name of hosts such as shop.example.org, or an address, got",
    },
    {
      name: "takes nothing for an address that is none",
      params: { ...shop, subjectAltNames: ["IP:192.0.2.256"] },
      facts: [],
      changes: [],
      fails: 'subjectAltNames: expected an address such as 192.0.2.1, got "IP:192.0.2.256"',
    },
  ],
  {
    facts: [
      file.is(folder, { type: "directory", mode: "0755", ...rootsOwn }),
      file.is("/usr/bin/openssl", { type: "file", mode: "0755", ...rootsOwn }),
      self.is("", { user: "root", group: "root" }),
    ],
    random: ["publicKey", "pem"],
    setup:
      "command -v openssl >/dev/null || apt-get install -y openssl >/dev/null\nid ann >/dev/null 2>&1 || useradd -m ann",
    reset: `rm -rf ${folder} /home/ann/tls /tmp/law.sum /tmp/law.pass; mkdir ${folder}`,
  },
);
