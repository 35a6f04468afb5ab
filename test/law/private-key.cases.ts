import { file } from "../../src/facts/files.ts";
import {
  type PrivateKey,
  privateKey as privateKeyFact,
  privateKeyFile,
} from "../../src/facts/private-key.ts";
import { self } from "../../src/facts/self.ts";
import { groupExists, userExists } from "../../src/facts/users.ts";
import { privateKey } from "../../src/modules/index.ts";
import { cases } from "../../src/testing/index.ts";

const path = "/etc/ssl/private/law.key";
const folder = file.is("/etc/ssl/private", {
  type: "directory",
  mode: "0700",
  owner: "root",
  group: "root",
});
const passphrase = 'it\'s a "pass" $HOME \\ phrase';
const ecdsa = { path, type: "ecdsa" } as const;

const rootsOwn = { type: "file", mode: "0600", owner: "root", group: "root" } as const;
const absent = file.is(path, { type: "absent" });
const there = (more: { mode?: string; group?: string } = {}) => file.is(path, { ...rootsOwn, ...more });
const key = (more: Partial<PrivateKey>): PrivateKey => ({
  type: "ec",
  curve: "prime256v1",
  isEncrypted: false,
  publicKey: "-----BEGIN PUBLIC KEY-----\n",
  ...more,
});
const holds = (value: PrivateKey | string | undefined, given?: string) =>
  privateKeyFact.is(privateKeyFile(path, given), value);

const make = (kind: string) => `(umask 077; openssl genpkey ${kind} -out ${path} 2>/dev/null)`;
const p256 = make("-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
const remember = `sha256sum ${path} >/tmp/law.sum`;
const untouched = "sha256sum -c --quiet /tmp/law.sum";
const replaced = "! sha256sum -c --quiet --status /tmp/law.sum";
const isOf = (words: string, input = "-passin pass:") =>
  `openssl pkey -in ${path} -noout -text ${input} | grep -q '${words}'`;
const modeIs = (text: string) => `[ "$(stat -c '%a %U %G' ${path})" = '${text}' ]`;

export default cases(
  privateKey,
  [
    {
      name: "makes an ECDSA key that only root can read",
      params: ecdsa,
      facts: [absent, holds(undefined)],
      start: "",
      changes: [{ what: "created", before: "absent", after: "0600 root:root, ECDSA on secp256r1" }],
      end: [there(), modeIs("600 root root"), isOf("NIST CURVE: P-256")],
    },
    {
      name: "makes an RSA key of a size, for a group to read",
      params: { path, type: "rsa", size: 2048, group: "daemon", mode: "0640" },
      facts: [absent, holds(undefined)],
      start: "",
      changes: [{ what: "created", before: "absent", after: "0640 root:daemon, RSA of 2048 bits" }],
      end: [there({ mode: "0640", group: "daemon" }), modeIs("640 root daemon"), isOf("2048 bit")],
    },
    {
      name: "makes an RSA key of 4096 bits where nothing is said of its kind",
      params: { path },
      facts: [absent, holds(undefined)],
      changes: [{ what: "created", before: "absent", after: "0600 root:root, RSA of 4096 bits" }],
      end: there(),
    },
    {
      name: "makes an Ed25519 key with a passphrase",
      params: { path, type: "ed25519", passphrase },
      facts: [absent, holds(undefined, passphrase)],
      start: "",
      changes: ["created"],
      end: [
        there(),
        `grep -q ENCRYPTED ${path}`,
        `cat >/tmp/law.pass <<'END'\n${passphrase}\nEND\n${isOf("ED25519", "-passin file:/tmp/law.pass")}`,
      ],
    },
    {
      name: "leaves a key alone that is as it is to be",
      params: { ...ecdsa, curve: "secp384r1" },
      facts: [there(), holds(key({ curve: "secp384r1" }))],
      start: `${make("-algorithm EC -pkeyopt ec_paramgen_curve:P-384")}; ${remember}`,
      changes: [],
      end: untouched,
    },
    {
      name: "leaves a key alone that its passphrase opens",
      params: { ...ecdsa, passphrase },
      facts: [there(), holds(key({ isEncrypted: true }), passphrase)],
      start: `cat >/tmp/law.pass <<'END'\n${passphrase}\nEND\n${make("-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-256-cbc -pass file:/tmp/law.pass")}; ${remember}`,
      changes: [],
      end: untouched,
    },
    {
      name: "corrects the mode and the group of a key, and leaves the key alone",
      params: { ...ecdsa, group: "daemon", mode: "0640" },
      facts: [there({ mode: "0644" }), holds(key({}))],
      start: `${p256}; chmod 644 ${path}; ${remember}`,
      changes: ["group", "mode"],
      end: [there({ mode: "0640", group: "daemon" }), modeIs("640 root daemon"), untouched],
    },
    {
      name: "replaces no key of another kind, and says what it is",
      params: { path, type: "rsa", size: 2048 },
      facts: [there(), holds(key({}))],
      start: `${p256}; ${remember}`,
      changes: [],
      fails: /expected RSA of 2048 bits, got ECDSA on secp256r1.*regenerate: "mismatch"/,
      end: untouched,
    },
    {
      name: "replaces no key that has a passphrase and is to have none",
      params: ecdsa,
      facts: [there(), holds("it holds no private key that can be read without a passphrase")],
      start: `echo other >/tmp/law.pass; ${make("-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-256-cbc -pass file:/tmp/law.pass")}; ${remember}`,
      changes: [],
      fails: "can be read without a passphrase",
      end: untouched,
    },
    {
      name: "replaces no key that has no passphrase and is to have one",
      params: { ...ecdsa, passphrase },
      facts: [there(), holds(key({}), passphrase)],
      start: `${p256}; ${remember}`,
      changes: [],
      fails: "expected ECDSA on secp256r1, with a passphrase, got ECDSA on secp256r1",
      end: untouched,
    },
    {
      name: "replaces nothing that is no key",
      params: ecdsa,
      facts: [there(), holds("it holds no private key that can be read without a passphrase")],
      start: `echo precious >${path}; chmod 600 ${path}; ${remember}`,
      changes: [],
      fails: "is not as it is to be: it holds no private key",
      end: untouched,
    },
    {
      name: "replaces a key of another kind where it may",
      params: { ...ecdsa, regenerate: "mismatch" },
      facts: [there({ mode: "0640" }), holds(key({ type: "ed25519" }))],
      start: `${make("-algorithm ED25519")}; chmod 640 ${path}; ${remember}`,
      changes: [
        {
          what: "replaced",
          before: "expected ECDSA on secp256r1, got Ed25519",
          after: "0600 root:root, ECDSA on secp256r1",
        },
      ],
      end: [there(), replaced, modeIs("600 root root")],
    },
    {
      name: "keeps the owner and the group that the file has",
      params: { ...ecdsa, regenerate: "mismatch" },
      start: `${make("-algorithm ED25519")}; chown ann:daemon ${path}; chmod 640 ${path}; ${remember}`,
      changes: ["replaced"],
      end: [`[ "$(stat -c '%U %G' ${path})" = 'ann daemon' ]`, replaced],
    },
    {
      name: "replaces what is no key where it may",
      params: { ...ecdsa, regenerate: "mismatch" },
      facts: [there(), holds("it holds no private key that can be read without a passphrase")],
      start: `echo nothing >${path}; chmod 600 ${path}; ${remember}`,
      changes: ["replaced"],
      end: replaced,
    },
    {
      name: "replaces no key that nobody could look at",
      params: { ...ecdsa, regenerate: "mismatch" },
      facts: [there(), holds("openssl could not look at it: Killed")],
      start: `${p256}; cat ${path} >/tmp/law.pem; { head -c 100000 /dev/zero | tr '\\0' '\\n'; cat /tmp/law.pem; } >${path}; rm /tmp/law.pem; ${remember}`,
      changes: [],
      fails: /can't be looked at: .*it may be a good one/,
      end: untouched,
    },
    {
      name: "replaces no key before openssl is there to look at it",
      params: { ...ecdsa, regenerate: "mismatch" },
      facts: [there(), holds("openssl is not installed on the host")],
      changes: [],
      fails: "can't be looked at: openssl is not installed on the host",
    },
    {
      name: "leaves any key alone where it is told so",
      params: { ...ecdsa, regenerate: "never" },
      facts: [there(), holds(key({ type: "ed25519" }))],
      start: `${make("-algorithm ED25519")}; ${remember}`,
      changes: [],
      end: untouched,
    },
    {
      name: "makes a new key at every run where it is told so",
      params: { ...ecdsa, regenerate: "always" },
      facts: [there(), holds(key({}))],
      start: `${p256}; ${remember}`,
      changes: ["replaced"],
      again: ["replaced"],
      end: replaced,
    },
    {
      name: "removes a key",
      params: { path, state: "absent" },
      facts: [there()],
      start: p256,
      changes: ["removed"],
      end: [absent, `! test -e ${path}`],
    },
    {
      name: "has nothing to remove",
      params: { path, state: "absent" },
      facts: [absent],
      start: "",
      changes: [],
    },
    {
      name: "makes a key in a directory of another user's",
      params: { path: "/home/ann/tls/law.key", type: "ecdsa", owner: "ann", group: "ann" },
      start: "install -d -o ann -g ann /home/ann/tls",
      changes: ["created"],
      end: `[ "$(stat -c '%a %U %G' /home/ann/tls/law.key)" = '600 ann ann' ]`,
    },
    {
      name: "takes no link's place",
      params: ecdsa,
      facts: [
        file.is(path, { type: "link", target: "/etc/passwd", owner: "root", group: "root" }),
        holds("it holds no private key"),
      ],
      start: `ln -s /etc/passwd ${path}`,
      changes: [],
      fails: `${path} is no file, but a link`,
    },
    {
      name: "says that there is no such directory",
      params: { path: "/etc/ssl/none/law.key", type: "ecdsa" },
      facts: [
        file.is("/etc/ssl/none/law.key", { type: "absent" }),
        file.is("/etc/ssl/none", { type: "absent" }),
        privateKeyFact.is({ path: "/etc/ssl/none/law.key" }, undefined),
      ],
      start: "",
      changes: [],
      fails: "the directory /etc/ssl/none does not exist",
    },
    {
      name: "says that openssl is not installed",
      params: ecdsa,
      facts: [absent, holds(undefined), file.is("/usr/bin/openssl", { type: "absent" })],
      changes: [],
      fails: /openssl is not installed.*apt\(/,
    },
    {
      name: "has a size for RSA only",
      params: { path, type: "ed25519", size: 4096 },
      facts: [],
      changes: [],
      fails: "size: a key of the type ed25519 has no size to choose",
    },
    {
      name: "has a curve for ECDSA only",
      params: { path, curve: "secp384r1" },
      facts: [],
      changes: [],
      fails: 'curve: it goes with `type: "ecdsa"` only',
    },
    {
      name: "takes no passphrase that openssl would not take",
      params: { path, passphrase: "abc" },
      facts: [],
      changes: [],
      fails: "passphrase: expected 4 to 1024 characters in one line",
    },
  ],
  {
    facts: [
      folder,
      file.is("/usr/bin/openssl", { type: "file", mode: "0755", owner: "root", group: "root" }),
      self.is("", { user: "root", group: "root" }),
      groupExists.is("daemon", true),
      userExists.is("ann", true),
    ],
    random: ["publicKey"],
    setup:
      "command -v openssl >/dev/null || apt-get install -y openssl >/dev/null\nid ann >/dev/null 2>&1 || useradd -m ann",
    reset: `rm -rf ${path} /home/ann/tls /tmp/law.sum /tmp/law.pass`,
  },
);
