import { posix } from "node:path";
import { fileWritten } from "../../facts/file-effects.ts";
import { type FileState, file } from "../../facts/files.ts";
import {
  holdsNoKey,
  type PrivateKey,
  privateKey as privateKeyFact,
  privateKeyFile,
} from "../../facts/private-key.ts";
import {
  change,
  cleanPath,
  defineModule,
  fail,
  lines,
  type Module,
  type OptionalInput,
  Param,
  type RequiredInput,
  reveal,
  type Script,
  SecretString,
  sh,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { requireAccounts } from "../files/accounts.ts";
import {
  type ModeState,
  ownerParams,
  setAttributes,
  showState,
  withAttributes,
} from "../files/attributes.ts";
import { created, requireParent } from "../files/put-file.ts";
import { removePath } from "../files/remove.ts";
import { requireOpenssl, withPassphrase, writeMade } from "./openssl.ts";

/** OpenSSL's names for the curves, by those that everybody knows. */
const curves = { secp256r1: "prime256v1", secp384r1: "secp384r1", secp521r1: "secp521r1" } as const;

const params = {
  /** The file with the key. */
  path: Param.path(),
  /** Whether there is such a file. Default: "present". */
  state: Param.state(),
  /** What kind of key it is. Default: "rsa". */
  type: withDefault(Param.oneOf("rsa", "ecdsa", "ed25519"), "rsa"),
  /** Of an RSA key: its size, in bits. Left out: 4096. */
  size: Type.Optional(Type.Integer({ minimum: 2048, maximum: 16_384 })),
  /** Of an ECDSA key: its curve. Left out: "secp256r1". */
  curve: Type.Optional(Param.oneOf("secp256r1", "secp384r1", "secp521r1")),
  /** Without it the key can't be read. Left out: the file is protected by its mode alone, as a server needs it. */
  passphrase: Type.Optional(SecretString()),
  /**
   * Whether a key that is there is replaced. `fail`: never, and one of another kind or passphrase is an error; `never`:
   * any key will do; `mismatch`: one of another kind or passphrase is; `always`: at every run. Default: "fail".
   */
  regenerate: withDefault(Param.oneOf("fail", "never", "mismatch", "always"), "fail"),
  ...ownerParams,
  /** The file's mode. Default: "0600". */
  mode: withDefault(Param.mode(), "0600"),
};

/** What `privateKey` takes. */
export interface PrivateKeyParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/** What `privateKey` gives. */
export interface PrivateKeyValue {
  /** The file's path on the host. */
  readonly path: string;
  /**
   * The public half as PEM. In a check that would make the key, reading it ends the plan, and so it does where `never`
   * leaves a key in its place that can't be read. Empty for a key that is gone.
   */
  readonly publicKey: string;
}

/**
 * Makes a private key for TLS on the host, and never replaces one unless told to.
 *
 * `openssl` makes the key on the host. The key never leaves the host, and is shown nowhere. The file comes into its place
 * whole, with its owner and mode.
 *
 * @throws ShowrunnerError `task.failed` for a key that is there and is not as it is to be; where openssl is not installed
 *
 * @example
 * await privateKey({ path: "/etc/ssl/private/shop.key", type: "ecdsa", group: "ssl-cert", mode: "0640" });
 */
export const privateKey: Module<PrivateKeyParams, PrivateKeyValue> = defineModule({
  name: "privateKey",
  summary: "Makes a private key for TLS on the host.",
  params,
  onlyPresent: ["size", "curve", "passphrase"],
  examples: [
    `privateKey({ path: "/etc/ssl/private/shop.key", group: "ssl-cert", mode: "0640" })`,
    `privateKey({ path: "/etc/ssl/private/authority.key", type: "ed25519", passphrase: vars.passphrase })`,
    `privateKey({ path: "/etc/ssl/private/old.key", state: "absent" })`,
  ],
  check({ type, size, curve, passphrase }) {
    if (size !== undefined && type !== "rsa") fail(`size: a key of the type ${type} has no size to choose`);
    if (curve !== undefined && type !== "ecdsa") fail('curve: it goes with `type: "ecdsa"` only');
    if (passphrase !== undefined && !/^[^\0\n\r]{4,1024}$/.test(reveal(passphrase)))
      fail("passphrase: expected 4 to 1024 characters in one line");
  },
  async *plan(host, p) {
    const path = cleanPath(p.path);
    if (p.state === "absent") {
      yield* removePath(host, path);
      return { path, publicKey: "" };
    }
    const keyFile = privateKeyFile(path, p.passphrase);
    const [state, parent, now] = await Promise.all([
      host.fact(file, path),
      host.fact(file, posix.dirname(path)),
      host.fact(privateKeyFact, keyFile),
      requireOpenssl(host),
      requireAccounts(host, p),
    ]);
    if (state.type !== "absent" && state.type !== "file")
      fail(`${path} is no file, but a ${state.type}`, "name the file itself, or remove what is there first");
    const problem = state.type === "absent" ? undefined : difference(now, p);
    if (problem !== undefined && p.regenerate === "fail")
      host.require(
        false,
        `the key ${path} is not as it is to be: ${problem}`,
        'nothing was changed: correct the parameters, or let the key be replaced by regenerate: "mismatch"',
      );
    // a good key must not go because nobody could look at it
    host.require(
      p.regenerate !== "mismatch" || typeof now !== "string" || holdsNoKey(now),
      `the key ${path} can't be looked at: ${now}`,
      "nothing was changed: it may be a good one",
    );
    const replaces = p.regenerate === "always" || (problem !== undefined && p.regenerate === "mismatch");
    if (state.type === "file" && !replaces) {
      yield* setAttributes(host, path, state, p);
      return {
        path,
        get publicKey() {
          return typeof now === "object" ? now.publicKey : fail(`the key ${path}: ${difference(now, p)}`);
        },
      };
    }
    requireParent(host, path, parent);
    const before = state.type === "file" ? state : await created(host, "file", parent);
    const then = withAttributes(before, p);
    const output = yield change({
      what: state.type === "absent" ? "created" : "replaced",
      before: state.type === "absent" ? "absent" : (problem ?? showState(before)),
      after: `${showState(then)}, ${kindOf(p)}`,
      script: makeKey(path, p, state, then),
      ...fileWritten(path, { state: then, before: state }),
    });
    return {
      path,
      get publicKey() {
        return output.stdout.toString();
      },
    };
  },
});

type Kind = Pick<PrivateKeyParams, "type" | "size" | "curve" | "passphrase">;

function kindOf({ type, size = 4096, curve = "secp256r1", passphrase }: Kind): string {
  const kind = type === "rsa" ? `RSA of ${size} bits` : type === "ecdsa" ? `ECDSA on ${curve}` : "Ed25519";
  return passphrase === undefined ? kind : `${kind}, with a passphrase`;
}

/** What of the key that is there is not as it is to be. */
function difference(now: PrivateKey | string | undefined, p: Kind): string | undefined {
  if (now === undefined) return "it was removed meanwhile";
  if (typeof now === "string") return now;
  const found = showKind(now);
  const wanted = kindOf(p);
  return found === wanted ? undefined : `expected ${wanted}, got ${found}`;
}

function showKind({ type, size, curve, isEncrypted }: PrivateKey): string {
  const name = Object.entries(curves).find(([, one]) => one === curve)?.[0] ?? curve;
  const kinds: Readonly<Record<string, string>> = {
    rsa: `RSA of ${size} bits`,
    ec: `ECDSA on ${name}`,
    ed25519: "Ed25519",
  };
  return `${kinds[type] ?? type}${isEncrypted ? ", with a passphrase" : ""}`;
}

/** It is made where nobody else can read it, takes no other key's place unasked, and prints its public half. */
function makeKey(path: string, p: PrivateKeyParams, was: FileState, then: ModeState): Script {
  const { passphrase } = p;
  const cipher = passphrase === undefined ? sh`` : sh`-aes-256-cbc -pass stdin`;
  const content = lines(
    withPassphrase(passphrase, () => sh`openssl genpkey ${algorithm(p)} ${cipher} -out "$sr_new"`),
    withPassphrase(passphrase, (source) => sh`openssl pkey -in "$sr_new" -pubout -passin ${source}`),
    was.type === "absent"
      ? sh`[ ! -e "$sr_dest" ] && [ ! -L "$sr_dest" ] || sr_refuse ${`${path} was made by somebody else meanwhile: it was not replaced`} 'run again'`
      : sh``,
  );
  return writeMade(path, p, was, then, content);
}

function algorithm({ type, size = 4096, curve = "secp256r1" }: Kind): Script {
  if (type === "ed25519") return sh`-algorithm ED25519`;
  if (type === "ecdsa") return sh`-algorithm EC -pkeyopt ${`ec_paramgen_curve:${curves[curve]}`}`;
  return sh`-algorithm RSA -pkeyopt ${`rsa_keygen_bits:${size}`}`;
}
