import { aptOffer } from "../../src/facts/apt-lists.ts";
import { aptSimulation, nothingToDo } from "../../src/facts/apt-simulation.ts";
import { cutOffInstallation } from "../../src/facts/cut-off-installation.ts";
import { dpkgFiles, dpkgInterrupted, dpkgPackage, dpkgTraces, dpkgVersion } from "../../src/facts/dpkg.ts";
import { apt } from "../../src/modules/packages/apt.ts";
import { cases } from "../../src/testing/index.ts";

const folder = "/srv/probe-packages";

/** Small packages of a repository on the host itself: fields beside name and version. */
const packages: readonly (readonly [name: string, version: string, ...fields: string[]])[] = [
  ["probe-tool", "1.0", "Depends: probe-lib", "Recommends: probe-doc", "Provides: probe-service"],
  ["probe-tool", "2.0", "Depends: probe-lib", "Recommends: probe-doc", "Provides: probe-service"],
  ["probe-lib", "1.0"],
  ["probe-doc", "1.0"],
  ["probe-rival", "1.0", "Conflicts: probe-tool"],
  ["probe-either-a", "1.0", "Provides: probe-either"],
  ["probe-either-b", "1.0", "Provides: probe-either"],
  ["probe-broken", "1.0", "Depends: probe-nowhere"],
  ["probe-conf", "1.0"],
  ["probe-conf", "2.0"],
  ["probe-cut", "1.0", "Recommends: probe-late"],
  // so it is unpacked only when probe-cut is configured
  ["probe-late", "1.0", "Pre-Depends: probe-cut"],
];

/** What is in some of them, beside a file of their name. */
const extras: Readonly<Record<string, (version: string) => string>> = {
  "probe-conf": (version) =>
    `echo ${version} >build/etc/probe.conf; echo /etc/probe.conf >build/DEBIAN/conffiles`,
  // kills the dpkg that configures it, once, or apt as well
  "probe-cut": () => `cat >build/DEBIAN/postinst <<'END'
#!/bin/sh
read -r victim </srv/probe-cut || exit 0
rm /srv/probe-cut
read -r _ _ _ apt _ </proc/$PPID/stat
[ $victim = dpkg ] || kill -s KILL $apt
kill -s KILL $PPID
END
chmod 755 build/DEBIAN/postinst`,
};

/** Not in the repository. */
const file = (version: string) => `/srv/probe-file_${version}.deb`;

const build = (path: string, name: string, version: string, fields: readonly string[]) => `rm -rf build
mkdir -p build/DEBIAN build/usr/share/probe build/etc
echo ${version} >build/usr/share/probe/${name}
printf '%s\\n' 'Package: ${name}' 'Version: ${version}' 'Architecture: all' 'Maintainer: none <none@example.org>' 'Description: a probe' ${fields.map((field) => `'${field}'`).join(" ")} >build/DEBIAN/control
${extras[name]?.(version) ?? ":"}
dpkg-deb -b build ${path} >/dev/null`;

const setup = `mkdir -p ${folder}
cd ${folder}
${packages.map(([name, version, ...fields]) => build(`${name}_${version}.deb`, name, version, fields)).join("\n")}
for deb in *.deb; do
  dpkg-deb -f "$deb"
  printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$deb" "$(stat -c %s "$deb")" "$(sha256sum "$deb" | cut -d ' ' -f 1)"
done >Packages
${["1.0", "2.0"].map((version) => build(file(version), "probe-file", version, ["Depends: probe-lib"])).join("\n")}
echo 'deb [trusted=yes] file:${folder} ./' >/etc/apt/sources.list.d/probe.list
apt-get -qq update`;

const names = [...new Set(packages.map(([name]) => name))];
const reset = `rm -f /srv/probe-cut /var/log/apt/history.log
apt-mark unhold ${names.join(" ")}
apt-mark manual ${names.join(" ")}
dpkg --purge --force-depends --force-hold ${names.join(" ")} probe-file
touch /var/lib/apt/lists`;

const get = (...words: string[]) => `apt-get -qq -y install ${words.join(" ")} >/dev/null`;
const has = (name: string, version: string) => `[ "$(dpkg-query -W -f '\${Version}' ${name})" = ${version} ]`;
const hasNot = (name: string) => `[ ! -e /usr/share/probe/${name} ]`;
const automatic = (name: string) => `apt-mark showauto | grep -qx ${name}`;
const manual = (name: string) => `apt-mark showmanual | grep -qx ${name}`;

const cutOff = (victim: "apt" | "dpkg") =>
  `${get("probe-lib")}; echo ${victim} >/srv/probe-cut; ! ${get("probe-cut")}; ${hasNot("probe-late")}`;
const finished = [
  dpkgInterrupted.is("", false),
  dpkgPackage.is("probe-cut", "manual"),
  dpkgPackage.is("probe-late", "automatic"),
  has("probe-late", "1.0"),
];

const simulated = (command: "install" | "remove", name: string, found: Partial<typeof nothingToDo>) =>
  aptSimulation.is({ command, options: [], names: [name] }, { ...nothingToDo, ...found });
const offered = (name: string, version: string) =>
  aptOffer.is({ name, release: "" }, { kind: "package", version, versions: [version] });

export default cases(
  apt,
  [
    {
      name: "leaves what is installed alone",
      params: { name: "probe-lib" },
      facts: [dpkgPackage.is("probe-lib", "manual")],
      start: get("probe-lib"),
      changes: [],
    },
    {
      name: "installs what is missing",
      params: { name: "probe-lib" },
      facts: [
        dpkgPackage.is("probe-lib", "no"),
        offered("probe-lib", "1.0"),
        simulated("install", "probe-lib", { comes: [{ name: "probe-lib", from: undefined, to: "1.0" }] }),
      ],
      start: "",
      changes: ["install probe-lib"],
      end: [dpkgPackage.is("probe-lib", "manual"), manual("probe-lib"), "test -e /usr/share/probe/probe-lib"],
    },
    {
      name: "installs what comes along with it, and marks that so",
      params: { name: "probe-tool" },
      start: "",
      changes: ["install probe-tool"],
      end: [has("probe-tool", "2.0"), automatic("probe-lib"), automatic("probe-doc")],
    },
    {
      name: "leaves out what is recommended",
      params: { name: "probe-tool", installRecommends: false },
      start: "",
      changes: ["install probe-tool"],
      end: [has("probe-tool", "2.0"), hasNot("probe-doc")],
    },
    {
      name: "marks what came along and is named as wanted",
      params: { name: "probe-lib" },
      facts: [dpkgPackage.is("probe-lib", "automatic")],
      start: get("probe-tool"),
      changes: ["mark probe-lib as wanted"],
      end: [dpkgPackage.is("probe-lib", "manual"), manual("probe-lib")],
    },
    {
      name: "installs a version",
      params: { name: "probe-tool=1.*" },
      start: "",
      changes: ["install probe-tool=1.0"],
      end: has("probe-tool", "1.0"),
    },
    {
      name: "leaves a version alone",
      params: { name: "probe-tool=1.0" },
      facts: [dpkgVersion.is("probe-tool", "1.0"), dpkgPackage.is("probe-tool", "manual")],
      start: get("probe-tool=1.0"),
      changes: [],
    },
    {
      name: "brings nothing to an older version",
      params: { name: "probe-tool=1.0" },
      start: get("probe-tool=2.0"),
      changes: [],
      fails: "apt would bring probe-tool to an older version",
    },
    {
      name: "brings to an older version where it is told to",
      params: { name: "probe-tool=1.0", allowDowngrade: true },
      start: get("probe-tool=2.0"),
      changes: ["install probe-tool=1.0"],
      end: has("probe-tool", "1.0"),
    },
    {
      name: "names the versions that there are",
      params: { name: "probe-tool=3.0", updateCache: false },
      start: "",
      changes: [],
      fails: "there is no version 3.0 of the package probe-tool: the package lists offer 2.0, 1.0",
    },
    {
      name: "leaves another version alone where any will do",
      params: { name: "probe-tool" },
      start: get("probe-tool=1.0"),
      changes: [],
    },
    {
      name: "brings to the latest version",
      params: { name: "probe-tool", state: "latest" },
      start: get("probe-tool=1.0"),
      changes: ["install probe-tool"],
      end: has("probe-tool", "2.0"),
    },
    {
      name: "leaves the latest version alone",
      params: { name: "probe-tool", state: "latest" },
      facts: [
        dpkgPackage.is("probe-tool", "manual"),
        dpkgVersion.is("probe-tool", "2.0"),
        offered("probe-tool", "2.0"),
      ],
      start: get("probe-tool"),
      changes: [],
    },
    {
      name: "upgrades only what is there",
      params: { name: ["probe-tool", "probe-doc"], state: "latest", onlyUpgrade: true },
      start: get("--no-install-recommends", "probe-tool=1.0"),
      changes: ["install probe-tool"],
      end: [has("probe-tool", "2.0"), hasNot("probe-doc")],
    },
    {
      name: "marks what it is to bring to the latest version as wanted",
      params: { name: "probe-tool", state: "latest" },
      start: `${get("probe-tool=1.0")}; apt-mark auto probe-tool`,
      changes: ["install probe-tool", "mark probe-tool as wanted"],
      end: [has("probe-tool", "2.0"), manual("probe-tool")],
    },
    {
      name: "leaves it to apt to mark what it only upgrades",
      params: { name: "probe-tool", state: "latest", onlyUpgrade: true },
      start: `${get("probe-tool=1.0")}; apt-mark auto probe-tool`,
      changes: ["install probe-tool"],
      end: [has("probe-tool", "2.0"), manual("probe-tool")],
    },
    {
      name: "changes nothing that is on hold",
      params: { name: "probe-tool", state: "latest" },
      start: `${get("probe-tool=1.0")}; apt-mark hold probe-tool`,
      changes: [],
      fails: "apt would change what is on hold: probe-tool",
    },
    {
      name: "changes what is on hold where it is told to",
      params: { name: "probe-tool", state: "latest", allowChangeHeldPackages: true },
      start: `${get("probe-tool=1.0")}; apt-mark hold probe-tool`,
      changes: ["install probe-tool"],
      end: has("probe-tool", "2.0"),
    },
    {
      name: "installs what provides a virtual package",
      params: { name: "probe-service" },
      start: "",
      changes: ["install probe-service"],
      end: [dpkgPackage.is("probe-service", "provided"), has("probe-tool", "2.0")],
    },
    {
      name: "takes a virtual package for installed where something provides it",
      params: { name: "probe-service" },
      facts: [dpkgPackage.is("probe-service", "provided")],
      start: get("probe-tool"),
      changes: [],
    },
    {
      name: "chooses none of several that provide a virtual package",
      params: { name: "probe-either" },
      start: "",
      changes: [],
      fails: /probe-either is provided by several packages: .*probe-either-[ab]/,
    },
    {
      name: "names what is in no package list",
      params: { name: "probe-nothing", updateCache: false },
      facts: [
        dpkgPackage.is("probe-nothing", "no"),
        aptOffer.is({ name: "probe-nothing", release: "" }, { kind: "unknown" }),
      ],
      start: "",
      changes: [],
      fails: "unable to locate package probe-nothing",
    },
    {
      name: "says why apt refuses",
      params: { name: "probe-broken" },
      start: "",
      changes: [],
      fails: "apt can't install probe-broken",
    },
    {
      name: "removes nothing for an installation that nobody named",
      params: { name: "probe-rival" },
      start: get("probe-tool"),
      changes: [],
      fails: "to install probe-rival, apt would also remove probe-tool 2.0",
    },
    {
      name: "removes what conflicts where it is told to",
      params: { name: "probe-rival", allowRemovals: true },
      start: get("probe-tool"),
      changes: ["install probe-rival, remove probe-tool"],
      end: [has("probe-rival", "1.0"), hasNot("probe-tool")],
    },
    {
      name: "removes",
      params: { name: "probe-conf", state: "absent" },
      facts: [
        dpkgFiles.is("probe-conf", true),
        simulated("remove", "probe-conf", { goes: [{ name: "probe-conf", version: "2.0", named: true }] }),
      ],
      start: get("probe-conf"),
      changes: ["remove probe-conf"],
      end: [dpkgFiles.is("probe-conf", false), hasNot("probe-conf"), "test -e /etc/probe.conf"],
    },
    {
      name: "removes with its configuration",
      params: { name: "probe-conf", state: "absent", purge: true },
      start: get("probe-conf"),
      changes: ["purge probe-conf"],
      end: [dpkgTraces.is("probe-conf", false), "test ! -e /etc/probe.conf"],
    },
    {
      name: "removes the configuration that is left",
      params: { name: "probe-conf", state: "absent", purge: true },
      start: `${get("probe-conf")}; apt-get -qq -y remove probe-conf`,
      changes: ["purge probe-conf"],
      end: [dpkgTraces.is("probe-conf", false), "test ! -e /etc/probe.conf"],
    },
    {
      name: "replaces configuration that a removed version left, and nobody edited",
      params: { name: "probe-conf" },
      start: `${get("probe-conf=1.0")}; apt-get -qq -y remove probe-conf`,
      changes: ["install probe-conf"],
      end: [has("probe-conf", "2.0"), "grep -qx 2.0 /etc/probe.conf"],
    },
    {
      name: "keeps configuration that somebody edited",
      params: { name: "probe-conf", state: "latest" },
      start: `${get("probe-conf=1.0")}; echo edited >/etc/probe.conf`,
      changes: ["install probe-conf"],
      end: [has("probe-conf", "2.0"), "grep -qx edited /etc/probe.conf"],
    },
    {
      name: "has nothing to remove",
      params: { name: "probe-conf", state: "absent" },
      facts: [dpkgFiles.is("probe-conf", false)],
      start: `${get("probe-conf")}; apt-get -qq -y remove probe-conf`,
      changes: [],
    },
    {
      name: "removes nothing that depends on it and nobody named",
      params: { name: "probe-lib", state: "absent" },
      start: get("probe-tool"),
      changes: [],
      fails: "to remove probe-lib, apt would also remove probe-tool 2.0",
    },
    {
      name: "removes what depends on it where it is told to",
      params: { name: "probe-lib", state: "absent", allowRemovals: true },
      start: get("probe-tool"),
      changes: ["remove probe-lib with probe-tool"],
      end: [hasNot("probe-lib"), hasNot("probe-tool")],
    },
    {
      name: "removes no essential package",
      params: { name: "base-files", state: "absent", allowRemovals: true },
      start: "",
      changes: [],
      fails: "apt would remove base-files, without which Debian does not work",
    },
    {
      name: "removes what is needed no more",
      params: { name: "probe-tool", state: "absent", autoremove: true },
      start: get("probe-tool"),
      changes: ["remove probe-tool", "remove probe-doc, probe-lib, needed no more"],
      end: [hasNot("probe-tool"), hasNot("probe-lib"), hasNot("probe-doc")],
    },
    {
      name: "installs a package file with what it depends on",
      params: { deb: file("1.0") },
      start: "",
      changes: ["install probe-file=1.0"],
      end: [has("probe-file", "1.0"), automatic("probe-lib")],
    },
    {
      name: "brings to the version of a package file",
      params: { deb: file("2.0") },
      start: get(file("1.0")),
      changes: ["install probe-file=2.0"],
      end: has("probe-file", "2.0"),
    },
    {
      name: "leaves a later version than a package file's alone",
      params: { deb: file("1.0") },
      start: get(file("2.0")),
      changes: [],
      end: has("probe-file", "2.0"),
    },
    {
      name: "needs the package file",
      params: { deb: "/srv/probe-nowhere.deb" },
      start: "",
      changes: [],
      fails: "/srv/probe-nowhere.deb is no package file on the host",
    },
    {
      name: "installs what was unpacked only",
      params: { name: "probe-lib" },
      start: `dpkg --unpack ${folder}/probe-lib_1.0.deb >/dev/null`,
      changes: ["install probe-lib"],
      end: [dpkgPackage.is("probe-lib", "manual")],
    },
    {
      name: "finishes an installation that was cut off, with all that it was to bring",
      params: { name: "probe-lib" },
      start: cutOff("apt"),
      changes: ["interrupted installation", "rest of an interrupted installation"],
      plan: "likely",
      end: finished,
    },
    {
      name: "finishes an installation whose dpkg was killed, with all that it was to bring",
      params: { name: "probe-lib" },
      start: cutOff("dpkg"),
      changes: ["interrupted installation", "rest of an interrupted installation"],
      plan: "likely",
      end: finished,
    },
  ],
  {
    facts: [dpkgInterrupted.is("", false), cutOffInstallation.is("", { automatic: [], named: [] })],
    setup,
    reset,
  },
);
