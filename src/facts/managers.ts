/** Which tools a host has for its packages and services: by these the modules `packages` and `service` choose. */
import { defineFact, type Fact, nothingElse, rawScript } from "../kit/index.ts";

/** What installs a host's packages; empty where none of these does. */
export type PackageManager = "apt" | "dnf" | "apk" | "";

/** What starts a host's services; empty where none of these does. */
type ServiceManager = "systemd" | "openrc" | "";

/** The host's package manager. Its one key is `""`. */
export const packageManager: Fact<string, PackageManager> = defineFact<string, PackageManager>({
  name: "host.packageManager",
  restsOn: () => ["/usr/bin/apt-get", "/usr/bin/dnf", "/sbin/apk"],
  script: () =>
    rawScript(`manager=
for name in apk dnf apt-get; do command -v $name >/dev/null && manager=\${name%-get}; done
printf '%s' "$manager"`),
  parse: (stdout, keys) => forAll(keys, oneOf<PackageManager>(stdout, ["apt", "dnf", "apk"])),
});

/** The host's service manager: the one that runs, since another may be installed. Its one key is `""`. */
export const serviceManager: Fact<string, ServiceManager> = defineFact<string, ServiceManager>({
  name: "host.serviceManager",
  restsOn: nothingElse, // which one runs is settled when the host boots
  // systemd's and OpenRC's own marks of a running one: sd_booted(3), and what OpenRC's init writes
  script: () =>
    rawScript(`if [ -d /run/systemd/system ]; then printf systemd
elif [ -e /run/openrc/softlevel ]; then printf openrc; fi`),
  parse: (stdout, keys) => forAll(keys, oneOf<ServiceManager>(stdout, ["systemd", "openrc"])),
});

function oneOf<W extends string>(stdout: Buffer, words: readonly W[]): W | "" {
  const printed = stdout.toString();
  return words.find((word) => word === printed) ?? "";
}

function forAll<V>(keys: readonly string[], value: V): ReadonlyMap<string, V> {
  return new Map(keys.map((key) => [key, value]));
}
