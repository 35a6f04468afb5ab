import { certificates } from "../../facts/certificates.ts";
import { clockOffset } from "../../facts/clock.ts";
import { fileFacts } from "../../facts/file-effects.ts";
import { file as fileFact } from "../../facts/files.ts";
import type { Certificate } from "../../facts/x509.ts";
import {
  change,
  cleanPath,
  defineModule,
  fail,
  lines,
  type Module,
  type OptionalInput,
  Param,
  type PlanHost,
  quote,
  type RequiredInput,
  requireOwnFile,
  requireOwnWay,
  type Script,
  type Static,
  sh,
  type TObject,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { copy } from "../files/copy.ts";
import { file } from "../files/file.ts";
import { renewByNone, renewByTimer } from "./acme-timer.ts";
import { altName } from "./holder.ts";

const params = {
  /** A directory of its own on the host, in directories of root's: `/etc/acme/shop`. */
  path: Param.path(),
  /** Names of hosts that the certificate is for. */
  subjectAltNames: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
  /** The authority: the address of its directory; Let's Encrypt's is the default. Default: "https://acme-v02.api.letsencrypt.org/directory". */
  server: withDefault(
    Type.String({ pattern: "^https://[\\w.:/%~-]+$" }),
    "https://acme-v02.api.letsencrypt.org/directory",
  ),
  /** A file on the host with the authorities that `server` is trusted by. Left out: those that the host's programs trust. */
  authorities: Type.Optional(Param.path()),
  /** true: you agree to the authority's terms of service. */
  acceptTerms: Type.Boolean(),
  /** Where the authority may write to. Left out: nowhere. */
  email: Type.Optional(Type.String({ pattern: "^[\\w.+-]+@[\\w.-]+$" })),
  /** How the authority sees that the names are yours. Default: "http-01". */
  challenge: withDefault(Param.oneOf("http-01", "dns-01"), "http-01"),
  /** For http-01: the directory that is served as `http://NAME/.well-known/acme-challenge/`. */
  webroot: Type.Optional(Param.path()),
  /**
   * A program on the host that puts a challenge in its place: called with `deploy_challenge NAME TOKEN VALUE`, and
   * afterwards with `clean_challenge` and the same. For dns-01, VALUE is the text of the TXT record
   * `_acme-challenge.NAME`.
   */
  hook: Type.Optional(Param.path()),
  /** A command for `sh` that is run after each new certificate, also by the timer: `systemctl reload nginx`. */
  deploy: Type.Optional(Type.String({ pattern: "^[^\\0]+$" })),
  /** How many days before its end a certificate is renewed. Default: 30. */
  renewDays: withDefault(Type.Integer({ minimum: 1, maximum: 365 }), 30),
  /** Whether the host renews the certificate by itself, by a systemd timer, twice a day. Default: true. */
  timer: Param.flag(true),
};

/** What `acme` takes. */
export interface AcmeParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/** What `acme` gives. */
export interface AcmeValue {
  /** The file on the host with the certificate and its chain. */
  readonly fullchain: string;
  /** The file on the host with the certificate's key. */
  readonly privateKey: string;
}

type Given = Static<TObject<typeof params>>;

/**
 * Has an authority on the internet sign a certificate by ACME, and has the host renew the certificate by itself.
 *
 * The host does all of it, by Debian's package dehydrated: its keys never leave it, and it renews the certificate while
 * nobody runs a playbook. A certificate is asked for again before it expires, and when its names are others.
 *
 * @throws ShowrunnerError `task.failed` where dehydrated or curl is not installed; `change.failed` with what the authority says
 *
 * @example
 * await apt({ name: ["dehydrated", "curl"] });
 * const { value } = await acme({
 *   path: "/etc/acme/shop",
 *   subjectAltNames: ["shop.example.org"],
 *   webroot: "/var/www/acme",
 *   deploy: "systemctl reload nginx",
 *   acceptTerms: true,
 * });
 */
export const acme: Module<AcmeParams, AcmeValue> = defineModule({
  name: "acme",
  summary: "Has an authority sign a certificate by ACME, and the host renew it by itself.",
  params,
  examples: [
    `acme({ path: "/etc/acme/shop", subjectAltNames: ["shop.example.org"], webroot: "/var/www/acme", acceptTerms: true })`,
    `acme({ path: "/etc/acme/all", subjectAltNames: ["*.example.org"], challenge: "dns-01", hook: "/usr/local/sbin/dns", acceptTerms: true })`,
  ],
  title: ({ path }) => path,
  check(p) {
    if (!p.acceptTerms)
      fail("acceptTerms: the authority signs only for those who agree to its terms of service");
    for (const name of p.subjectAltNames)
      if (!altName(name).startsWith("DNS:"))
        fail(`subjectAltNames: expected names of hosts, got ${JSON.stringify(name)}`);
    // systemd and dehydrated each have their own way to read a path
    if (!/^[\w./-]+$/.test(p.path))
      fail(`path: expected letters, digits and ._-/ only, got ${JSON.stringify(p.path)}`);
    if ((p.webroot === undefined) === (p.hook === undefined)) fail("expected webroot or hook, and not both");
    if (p.challenge === "dns-01" && p.hook === undefined)
      fail("challenge: dns-01 needs a hook that sets the record");
  },
  async *plan(host, p) {
    const path = cleanPath(p.path);
    const fullchain = `${path}/live/fullchain.pem`;
    const [now, offset] = await Promise.all([
      host.fact(certificates, fullchain),
      host.fact(clockOffset, ""),
      requireInstalled(host),
    ]);
    const root = { owner: "root", group: "root" };
    yield* file.plan(host, { path, state: "directory", ...root, mode: "0700" });
    yield* copy.plan(host, { dest: `${path}/config`, content: configOf(path, p), ...root, mode: "0600" });
    yield* copy.plan(host, { dest: `${path}/hook`, content: hookOf(p), ...root, mode: "0700" });
    yield* copy.plan(host, {
      dest: `${path}/domains.txt`,
      content: `${namesOf(p).join(" ")} > live\n`,
      ...root,
      mode: "0600",
    });
    // dehydrated has files written for http-01, also where a hook is all that counts
    if (p.challenge === "http-01" && p.webroot === undefined)
      yield* file.plan(host, { path: unserved(path), state: "directory", ...root, mode: "0700" });
    const reason = reasonToAsk(now, p, Date.now() + offset);
    // before the commands, after which nobody knows what is there
    if (!p.timer) yield* renewByNone(host, path);
    if (reason !== undefined)
      yield change({
        what: now === undefined ? "obtained" : "renewed",
        before: reason,
        after: namesOf(p).join(", "),
        script: lines(
          sh`set -e`,
          requireOwnWay(sh`${path}/config`, "name a directory that only root may write into"),
          ...ownPlaces(p),
          sh`${command(path, "--register", "--accept-terms")}`,
          sh`${command(path, "--cron")}`,
        ),
        // a hook and a command may do anything
        touches:
          p.deploy !== undefined || p.hook !== undefined
            ? ["everything"]
            : [...fileFacts(path), ...(p.webroot === undefined ? [] : fileFacts(cleanPath(p.webroot)))],
      });
    if (p.timer) yield* renewByTimer(host, path, command(path, "--cron"));
    return { fullchain, privateKey: `${path}/live/privkey.pem` };
  },
});

/** Root writes into the one by names, and runs the other. */
function ownPlaces({ webroot, hook }: Given): Script[] {
  return [
    ...(webroot === undefined
      ? []
      : [
          requireOwnWay(
            sh`${`${cleanPath(webroot)}/x`}`,
            "webroot: name a directory that only root may write into, as may those above it",
          ),
        ]),
    ...(hook === undefined
      ? []
      : [requireOwnFile(cleanPath(hook), "hook: keep the program in a directory of root's")]),
  ];
}

async function requireInstalled(host: PlanHost): Promise<void> {
  const found = await Promise.all(
    ["/usr/bin/dehydrated", "/usr/bin/curl"].map((one) => host.fact(fileFact, one)),
  );
  host.require(
    found.every(({ type }) => type !== "absent"),
    "dehydrated or curl is not installed",
    'install them before: apt({ name: ["dehydrated", "curl"] })',
  );
}

function namesOf({ subjectAltNames }: Given): string[] {
  return [...new Set(subjectAltNames.map((name) => altName(name).slice("DNS:".length)))];
}

/** Where dehydrated writes what a hook puts in its place. */
const unserved = (path: string) => `${path}/challenges`;

function served(path: string, { challenge, webroot }: Given): string | undefined {
  if (webroot !== undefined) return cleanPath(webroot);
  return challenge === "http-01" ? unserved(path) : undefined;
}

/** It is a part of a script of bash. */
function configOf(path: string, p: Given): string {
  const settings: Readonly<Record<string, string | number | undefined>> = {
    BASEDIR: path,
    CERTDIR: path,
    DOMAINS_TXT: `${path}/domains.txt`,
    CA: p.server,
    CONTACT_EMAIL: p.email,
    CHALLENGETYPE: p.challenge,
    WELLKNOWN: served(path, p),
    HOOK: `${path}/hook`,
    RENEW_DAYS: p.renewDays,
    KEY_ALGO: "prime256v1",
    CURL_OPTS: p.authorities && `--cacert ${quote(cleanPath(p.authorities))}`,
  };
  return Object.entries(settings)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${quote(String(value))}\n`]))
    .join("");
}

/** What dehydrated calls when a challenge is to be put in its place, and when there is a new certificate. */
function hookOf({ hook, deploy }: Given): string {
  return [
    "#!/bin/sh",
    "case $1 in",
    ...(hook === undefined
      ? []
      : [`  deploy_challenge | clean_challenge) exec ${quote(cleanPath(hook))} "$@" ;;`]),
    ...(deploy === undefined ? [] : [`  deploy_cert)\n${deploy}\n  ;;`]),
    "esac",
    "",
  ].join("\n");
}

/** Dehydrated's own lock would stay behind a run that was ended: the kernel's does not. */
function command(path: string, ...words: readonly string[]): readonly string[] {
  return [
    "flock",
    "-w",
    "300",
    `${path}/lock`,
    "dehydrated",
    "--no-lock",
    "--config",
    `${path}/config`,
    ...words,
  ];
}

/** Dehydrated itself looks at the names and at the time, too. */
function reasonToAsk(
  now: readonly Certificate[] | string | undefined,
  p: Given,
  time: number,
): string | undefined {
  if (now === undefined) return "absent";
  const [first] = typeof now === "object" ? now : [];
  if (first === undefined) return typeof now === "string" ? now : "absent";
  const sorted = (names: readonly string[]) => [...names].sort().join(", ");
  const wanted = sorted(namesOf(p).map((name) => `DNS:${name}`));
  if (sorted(first.subjectAltNames) !== wanted) return `it is for ${sorted(first.subjectAltNames)}`;
  return Date.parse(first.notAfter) - p.renewDays * 86_400_000 > time
    ? undefined
    : `it is valid until ${first.notAfter}`;
}
