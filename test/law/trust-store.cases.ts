import { certificates } from "../../src/facts/certificates.ts";
import { file, fileHash, fileText } from "../../src/facts/files.ts";
import { self } from "../../src/facts/self.ts";
import { isTrusted, tellingLine } from "../../src/facts/trust-store.ts";
import { trustStore } from "../../src/modules/index.ts";
import { cases } from "../../src/testing/index.ts";
import { firstOf, madeHere } from "./made-certificates.ts";

const path = "/usr/local/share/ca-certificates/law.crt";
const link = "/etc/ssl/certs/law.pem";
const twin = "/usr/local/share/ca-certificates/law-twin.crt";
const bundle = "/etc/ssl/certs/ca-certificates.crt";
const made = madeHere(
  `key root; key other; key leaf; self root 365 /CN=Law "$ca" "$sign"; self other 365 /CN=Law "$ca" "$sign"; self leaf 365 /CN=leaf "$end"`,
  "root",
  "other",
  "leaf",
);
const [root, other, leaf] = [firstOf(made.root), firstOf(made.other), firstOf(made.leaf)];

const rootsOwn = { owner: "root", group: "root" } as const;
const absent = [
  file.is(path, { type: "absent" }),
  file.is(link, { type: "absent" }),
  fileHash.is(path, undefined),
  certificates.is(path, undefined),
];
const there = [
  file.is(path, { type: "file", mode: "0644", ...rootsOwn }),
  file.is(link, { type: "link", target: path, ...rootsOwn }),
  certificates.is(path, [root]),
  fileHash.is(path, "of the authority"),
  fileText.is(path, root.pem),
];
const trusts = (pem: string, is = true) => isTrusted.is(tellingLine(pem), is);
const install = (pem: string) => `cat >${path} <<'END'\n${pem}END\nchmod 644 ${path}`;
const verifies = (pem: string) =>
  `cat >/tmp/law.pem <<'END'\n${pem}END\nopenssl verify -CApath /etc/ssl/certs /tmp/law.pem && openssl verify -CAfile ${bundle} /tmp/law.pem`;
const refuses = (pem: string) =>
  `cat >/tmp/law.pem <<'END'\n${pem}END\n! openssl verify -CAfile ${bundle} /tmp/law.pem && ! openssl verify -CApath /etc/ssl/certs /tmp/law.pem`;

export default cases(
  trustStore,
  [
    {
      name: "has programs trust an authority",
      params: { name: "law", content: `an authority:\n${root.pem}` },
      facts: [...absent, trusts(root.pem, false)],
      start: "",
      changes: ["created", "trusted"],
      end: [trusts(root.pem), verifies(root.pem)],
    },
    {
      name: "has nothing to do where they trust it",
      params: { name: "law", content: root.pem },
      start: `${install(root.pem)}; update-ca-certificates`,
      changes: [],
      end: verifies(root.pem),
    },
    {
      name: "goes on where it was cut off",
      params: { name: "law", content: root.pem },
      start: install(root.pem),
      changes: ["trusted"],
      end: [trusts(root.pem), verifies(root.pem)],
    },
    {
      name: "has programs trust another authority in its place",
      params: { name: "law", content: other.pem },
      start: `${install(root.pem)}; update-ca-certificates`,
      changes: ["content", "trusted"],
      end: [trusts(other.pem), verifies(other.pem), refuses(root.pem)],
    },
    {
      name: "has programs trust an authority no longer",
      params: { name: "law", state: "absent" },
      facts: [...there, trusts(root.pem)],
      start: `${install(root.pem)}; update-ca-certificates`,
      changes: ["content", "no longer trusted", "removed"],
      end: [trusts(root.pem, false), refuses(root.pem), `! test -L ${link}`],
    },
    {
      name: "goes on where the removal was cut off before the bundle was written",
      params: { name: "law", state: "absent" },
      start: `${install(root.pem)}; update-ca-certificates; : >${path}; rm ${link}`,
      changes: ["no longer trusted", "removed"],
      end: [refuses(root.pem), `! test -e ${path}`, `! test -L ${link}`],
    },
    {
      name: "goes on where the removal was cut off before the links were gone",
      params: { name: "law", state: "absent" },
      start: `${install("")}; update-ca-certificates --fresh; rm ${path}`,
      changes: ["links"],
      end: [refuses(root.pem), `! test -L ${link}`],
    },
    {
      name: "has programs trust the old one no longer where another file has the new one already",
      params: { name: "law", content: other.pem },
      facts: [...there, trusts(other.pem)],
      start: `${install(root.pem)}; cat >${twin} <<'END'\n${other.pem}END\nupdate-ca-certificates`,
      changes: ["content", "no longer trusted", "content"],
      end: [verifies(other.pem), refuses(root.pem)],
    },
    {
      name: "leaves an authority trusted that another file has, too",
      params: { name: "law", state: "absent" },
      start: `${install(root.pem)}; cp ${path} ${twin}; update-ca-certificates`,
      changes: ["content", "no longer trusted", "removed"],
      end: [trusts(root.pem), verifies(root.pem), `! test -e ${path}`],
    },
    {
      name: "says that the tool is missing where it is to remove one",
      params: { name: "law", state: "absent" },
      facts: [...there, file.is("/usr/sbin/update-ca-certificates", { type: "absent" })],
      changes: [],
      fails: /ca-certificates is not installed.*apt\(/,
    },
    {
      name: "has nothing to remove",
      params: { name: "law", state: "absent" },
      facts: absent,
      start: "",
      changes: [],
    },
    {
      name: "says that the tool is missing",
      params: { name: "law", content: root.pem },
      facts: [
        ...absent,
        trusts(root.pem, false),
        file.is("/usr/sbin/update-ca-certificates", { type: "absent" }),
      ],
      changes: [],
      fails: /ca-certificates is not installed.*apt\(/,
    },
    {
      name: "takes one certificate",
      params: { name: "law", content: `${root.pem}${other.pem}` },
      facts: [],
      changes: [],
      fails: "content: expected one certificate, got 2",
    },
    {
      name: "takes an authority's certificate",
      params: { name: "law", content: leaf.pem },
      facts: [],
      changes: [],
      fails: /content: CN=leaf, valid until .*, is no authority's certificate/,
    },
    {
      name: "takes nothing for a certificate that is none",
      params: { name: "law", content: "no" },
      facts: [],
      changes: [],
      fails: "content: it holds no certificate that can be read",
    },
  ],
  {
    facts: [
      file.is("/usr/sbin/update-ca-certificates", { type: "file", mode: "0755", ...rootsOwn }),
      file.is("/usr/local/share/ca-certificates", { type: "directory", mode: "0755", ...rootsOwn }),
      self.is("", { user: "root", group: "root" }),
    ],
    setup:
      "command -v openssl >/dev/null || apt-get install -y openssl >/dev/null\ncommand -v update-ca-certificates >/dev/null || apt-get install -y ca-certificates >/dev/null\ngrep '^mozilla' /etc/ca-certificates.conf | head -n 3 >/tmp/law.conf && cp /tmp/law.conf /etc/ca-certificates.conf && update-ca-certificates --fresh",
    // few authorities are enough, and the tool takes its time with each
    reset: `[ ! -e ${path} ] || touch /tmp/law.stale; [ ! -e ${twin} ] || touch /tmp/law.stale; rm -f ${path} ${twin} /tmp/law.pem; [ ! -L ${link} ] && [ ! -e /tmp/law.stale ] || update-ca-certificates --fresh; rm -f /tmp/law.stale`,
  },
);
