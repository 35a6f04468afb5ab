/** Which authorities a Debian host's programs trust. */
import { defineFact, sh } from "../kit/index.ts";

/** All of them in one file, which `update-ca-certificates` makes. */
const trustBundle = "/etc/ssl/certs/ca-certificates.crt";

/** The line of a certificate in PEM by which the bundle is searched: the last whole one, which is of its signature. */
export function tellingLine(pem: string): string {
  const whole = pem.match(/^[A-Za-z0-9+/]{64}$/gm) ?? [];
  return whole.at(-1) ?? "";
}

/** Whether the bundle has a certificate, by its telling line. */
export const isTrusted = defineFact<string, boolean>({
  name: "certificate.trusted",
  restsOn: () => [trustBundle],
  script: (keys) => sh`grep -sxF -e ${keys.join("\n")} -- ${trustBundle}; :`,
  parse(stdout, keys) {
    const found = new Set(stdout.toString("latin1").split("\n"));
    return new Map(keys.map((key) => [key, found.has(key)]));
  },
});
