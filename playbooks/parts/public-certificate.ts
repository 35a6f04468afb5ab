/**
 * A certificate of a public authority, by ACME. Each balancer obtains one of its own and renews it by a timer, wherever the
 * address is: a balancer that is asked for an answer which another one knows asks that one. So no key leaves its host.
 */
import { X509Certificate } from "node:crypto";
import {
  acme,
  apt,
  batch,
  clockOffset,
  file,
  fileContent,
  readFact,
  type Static,
  service,
  systemdUnit,
  Type,
} from "showrunner";

/** A certificate of a public authority, which each balancer obtains by itself. */
export const Public = Type.Object(
  {
    acme: Type.Object(
      {
        /** true: you agree to the authority's terms of service. */
        acceptTerms: Type.Boolean(),
        /** Where the authority may write to. */
        email: Type.Optional(Type.String({ minLength: 1 })),
        /** The address of the authority's directory. Default: Let's Encrypt's. */
        server: Type.Optional(Type.String({ minLength: 1 })),
      },
      { additionalProperties: false },
    ),
    /** The authority above it, where hosts do not know it: as of `Brought`. */
    authority: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);
export type Public = Static<typeof Public>;

/** Where a balancer keeps what it has obtained. */
const kept = "/etc/acme/site";
const reload = service({ name: "haproxy", state: "reloaded" });
const links = (directory: string) => ({
  [`${directory}/site.crt`]: `${kept}/live/fullchain.pem`,
  [`${directory}/site.key`]: `${kept}/live/privkey.pem`,
});

/** Obtains the certificate for a name, and has HAProxy find it in a directory. HAProxy answers challenges by now. */
export async function obtain(
  { acme: { acceptTerms, email, server } }: Public,
  name: string,
  directory: string,
) {
  await apt({ name: ["dehydrated", "curl"] });
  await acme({
    path: kept,
    subjectAltNames: [name],
    hook: "/usr/local/lib/haproxy/challenge",
    deploy: "systemctl reload haproxy",
    acceptTerms,
    ...(email !== undefined && { email }),
    ...(server !== undefined && { server }),
  });
  await batch(
    Object.entries(links(directory)).map(([path, src]) =>
      file({ path, state: "link", src }, { notify: reload }),
    ),
  );
}

/** The timer of `acme` would go on to renew a certificate that nobody shows any more. */
export async function renewNoMore(): Promise<void> {
  for (const kind of ["timer", "service"])
    await systemdUnit({ name: `acme${kept.replaceAll("/", "-")}.${kind}`, state: "absent" });
}

/** One that could not be renewed would keep HAProxy's configuration from being written, and so from being renewed. */
export async function leaveOutExpired(directory: string): Promise<void> {
  const [certificate = "", ...others] = Object.keys(links(directory));
  const [content, offset] = await Promise.all([
    readFact(fileContent, certificate),
    readFact(clockOffset, ""),
  ]);
  if (content === undefined || !hasExpired(content, Date.now() + offset)) return;
  await batch([certificate, ...others].map((path) => file({ path, state: "absent" }, { notify: reload })));
}

/** @param time in milliseconds since 1970 */
function hasExpired(certificate: Buffer, time: number): boolean {
  try {
    return Date.parse(new X509Certificate(certificate).validTo) <= time;
  } catch {
    return false; // it can't be read: HAProxy itself says so
  }
}
