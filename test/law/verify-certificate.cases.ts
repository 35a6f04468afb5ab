import { authorities, trusted } from "../../src/facts/authorities.ts";
import { certificates } from "../../src/facts/certificates.ts";
import { clockOffset } from "../../src/facts/clock.ts";
import { privateKey as privateKeyFact, privateKeyFile } from "../../src/facts/private-key.ts";
import type { Certificate } from "../../src/facts/x509.ts";
import { verifyCertificate } from "../../src/modules/index.ts";
import { cases } from "../../src/testing/index.ts";
import { keepAuthorities } from "../../src/transport/authorities.ts";
import { certificateTools, firstOf, madeHere, requestHere } from "./made-certificates.ts";

const folder = "/etc/ssl/law";
const at = (name: string) => `${folder}/${name}`;
const path = at("shop.pem");
const key = at("shop.key");
const root = at("root.pem");
const asked = { path, privateKey: key, subjectAltNames: ["shop.example.org"], authorities: root };

const alt = "subjectAltName=DNS:shop.example.org,DNS:*.shop.example.org,IP:192.0.2.1";
const files = `key shop; key root; key middle; key other
self root 3650 /CN=Root "$ca" "$sign"; signed middle root 3650 /CN=Middle "$ca" "$sign"
signed shop root 365 /CN=Shop "$end" '${alt}'`;
const made = madeHere(
  `${files}
cp shop.key below.key; signed below middle 365 /CN=Shop "$end" '${alt}'
cp shop.key none.key; cp shop.pem none-ca.pem; cp shop.key none-ca.key; signed none none-ca 365 /CN=None "$end" '${alt}'
self other 365 /CN=Root "$ca" "$sign"
cat below.pem middle.pem >chain.pem; cat none.pem none-ca.pem >bad.pem
key brief; self brief 10 /CN=Brief "$ca" "$sign"; cp shop.key of-brief.key; signed of-brief brief 365 /CN=Shop "$end" '${alt}'
cp brief.key noca.key; self noca 365 /CN=Brief "$end"; cp brief.key nosign.key; self nosign 365 /CN=Brief "$ca" keyUsage=critical,cRLSign
cp middle.key crossed.key; signed crossed brief 365 /CN=Middle "$ca" "$sign"
cp middle.key ended.key; signed ended root 10 /CN=Middle "$ca" "$sign"; cat below.pem ended.pem crossed.pem middle.pem >ways.pem
key narrow; self narrow 365 /CN=Narrow "$ca,pathlen:0" "$sign"
cp middle.key deep.key; signed deep narrow 365 /CN=Middle "$ca" "$sign"; cat below.pem deep.pem >deep-chain.pem; mv deep-chain.pem deep.pem
cp shop.key of-narrow.key; signed of-narrow narrow 365 /CN=Shop "$end" '${alt}'`,
  "shop",
  "root",
  "other",
  "chain",
  "bad",
  "brief",
  "of-brief",
  "noca",
  "nosign",
  "ways",
  "narrow",
  "deep",
  "of-narrow",
);
const { key: otherKey } = requestHere("/CN=x", []);

const holds = (of: readonly Certificate[] | string | undefined) => certificates.is(path, of);
const shopKey = (publicKey = firstOf(made.shop).publicKey) =>
  privateKeyFact.is(privateKeyFile(key), { type: "ec", curve: "prime256v1", isEncrypted: false, publicKey });
const trusts = (of: readonly Certificate[], place = root) =>
  authorities.is(place, keepAuthorities(of.map(({ pem }) => pem).join("")));
const day = 86_400_000;

const tools = `cd ${folder}; ${certificateTools}`;
const shop = `${tools}; ${files}`;

export default cases(
  verifyCertificate,
  [
    {
      name: "finds nothing wrong with a certificate, its key, its time, its names and its authority",
      params: {
        ...asked,
        subjectAltNames: ["shop.example.org", "pay.shop.example.org", "192.0.2.1"],
        validFor: "30d",
      },
      facts: [holds(made.shop), shopKey(), trusts(made.root)],
      start: shop,
      changes: [],
    },
    {
      name: "finds nothing wrong with a chain",
      params: asked,
      facts: [holds(made.chain), shopKey(), trusts(made.root)],
      start: `${shop}; signed shop middle 365 /CN=Shop "$end" '${alt}'; cat middle.pem >>shop.pem`,
      changes: [],
    },
    {
      name: "goes by the authorities that the host's programs trust",
      params: { path, privateKey: key },
      facts: [holds(made.shop), shopKey(), trusts(made.root, trusted)],
      changes: [],
    },
    {
      name: "verifies what is not on the host yet",
      params: { content: firstOf(made.shop).pem, key: otherKey, chain: false },
      facts: [],
      start: "",
      changes: [],
      fails: /the certificate \(CN=Shop, valid until .*\) will not do: it is for another key/,
    },
    {
      name: "says that it is for another key",
      params: asked,
      facts: [holds(made.shop), shopKey("another"), trusts(made.root)],
      start: `${shop}; key shop`,
      changes: [],
      fails:
        /the certificate \/etc\/ssl\/law\/shop\.pem \(CN=Shop, valid until .*\) will not do: it is for another key/,
    },
    {
      name: "says that it has expired, by the host's clock",
      params: asked,
      facts: [holds(made.shop), shopKey(), trusts(made.root), clockOffset.is("", 366 * day)],
      changes: [],
      fails: /it expired on \d{4}-\d\d-\d\dT/,
    },
    {
      name: "says that it is not valid yet",
      params: asked,
      facts: [holds(made.shop), shopKey(), trusts(made.root), clockOffset.is("", -day)],
      changes: [],
      fails: /it is not valid before \d{4}-\d\d-\d\dT/,
    },
    {
      name: "says that it is not valid for long enough",
      params: { ...asked, validFor: "400d" },
      facts: [holds(made.shop), shopKey(), trusts(made.root)],
      start: shop,
      changes: [],
      fails: "it is not valid for 400d more",
    },
    {
      name: "says which names it is not for: an asterisk stands for one label",
      params: { ...asked, subjectAltNames: ["a.b.shop.example.org", "192.0.2.2", "shop.example.org"] },
      facts: [holds(made.shop), shopKey(), trusts(made.root)],
      start: shop,
      changes: [],
      fails: /it is not for DNS:a\.b\.shop\.example\.org, but for .*; it is not for IP:192\.0\.2\.2/,
    },
    {
      name: "says that its chain does not lead to who is trusted",
      params: asked,
      facts: [holds(made.chain.slice(0, 1)), shopKey(), trusts(made.root)],
      start: `${shop}; signed shop middle 365 /CN=Shop "$end" '${alt}'`,
      changes: [],
      fails: "its chain ends with CN=Middle, who is not trusted",
    },
    {
      name: "takes no authority for another of the same name",
      params: asked,
      facts: [holds(made.shop), shopKey(), trusts(made.other)],
      start: `${shop}; key root; self root 365 /CN=Root "$ca" "$sign"`,
      changes: [],
      fails: "its chain ends with CN=Root, who is not trusted",
    },
    {
      name: "takes nobody for an authority who is none",
      params: asked,
      facts: [holds(made.bad), shopKey(), trusts(made.root)],
      changes: [],
      fails: /in its chain, CN=Shop, valid until .*, is no authority's certificate/,
    },
    {
      name: "says that an authority that is trusted has expired",
      params: asked,
      facts: [holds(made["of-brief"]), shopKey(), trusts(made.brief), clockOffset.is("", 20 * day)],
      changes: [],
      fails: /in its chain, CN=Brief, valid until .*, has expired/,
    },
    {
      name: "says that an authority that is trusted is not valid yet",
      params: { content: firstOf(made["of-brief"]).pem, authorities: root },
      facts: [trusts(made.brief), clockOffset.is("", -day)],
      changes: [],
      fails: /in its chain, CN=Brief, valid until .*, is not valid before \d{4}/,
    },
    {
      name: "says that who is trusted is no authority",
      params: asked,
      facts: [holds(made["of-brief"]), shopKey(), trusts(made.noca)],
      changes: [],
      fails: /in its chain, CN=Brief, valid until .*, is no authority's certificate/,
    },
    {
      name: "says that who is trusted may sign no certificates",
      params: asked,
      facts: [holds(made["of-brief"]), shopKey(), trusts(made.nosign)],
      changes: [],
      fails: /in its chain, CN=Brief, valid until .*, is for a key that may sign no certificates/,
    },
    {
      name: "says that an authority allows fewer below it",
      params: asked,
      facts: [holds(made.deep), shopKey(), trusts(made.narrow)],
      changes: [],
      fails: /in its chain, CN=Narrow, valid until .*, allows 0 authorities below it, and there are 1/,
    },
    {
      name: "counts the authorities below one, and not the certificate",
      params: asked,
      facts: [holds(made["of-narrow"]), shopKey(), trusts(made.narrow)],
      changes: [],
    },
    {
      name: "goes another way where the first has ended, or leads nowhere",
      params: asked,
      facts: [holds(made.ways), shopKey(), trusts(made.root), clockOffset.is("", 20 * day)],
      changes: [],
    },
    {
      name: "takes no certificate for its key",
      params: { content: firstOf(made.shop).pem, key: firstOf(made.shop).pem, chain: false },
      facts: [],
      changes: [],
      fails: "key: it is no private key as PEM that can be read",
    },
    {
      name: "takes no public key for a private one",
      params: { content: firstOf(made.shop).pem, key: firstOf(made.shop).publicKey, chain: false },
      facts: [],
      changes: [],
      fails: "key: it is no private key as PEM that can be read",
    },
    {
      name: "says that there is no such file",
      params: asked,
      facts: [holds(undefined), shopKey(), trusts(made.root)],
      start: `${shop}; rm shop.pem`,
      changes: [],
      fails: `there is no file ${path} on the host`,
    },
    {
      name: "says that it is none",
      params: asked,
      facts: [holds("it holds no certificate that can be read"), shopKey(), trusts(made.root)],
      start: `${shop}; echo no >shop.pem`,
      changes: [],
      fails: `the certificate ${path}: it holds no certificate that can be read`,
    },
    {
      name: "says that a key is none, and does not show it",
      params: { path, key: "-----BEGIN PRIVATE KEY-----\nprecious\n", chain: false },
      facts: [holds(made.shop)],
      start: shop,
      changes: [],
      fails: /^key: it is no private key as PEM that can be read \| give passphrase/,
    },
    {
      name: "verifies one thing at a time",
      params: { path, content: "x" },
      facts: [],
      changes: [],
      fails: "expected path or content, and not both",
    },
  ],
  {
    facts: [clockOffset.is("", 0)],
    setup: "command -v openssl >/dev/null || apt-get install -y openssl >/dev/null",
    reset: `rm -rf ${folder}; mkdir ${folder}`,
  },
);
