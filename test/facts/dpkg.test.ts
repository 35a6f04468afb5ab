import { describe, expect, it } from "vitest";
import { aptOffer } from "../../src/facts/apt-lists.ts";
import { dpkgFiles, dpkgPackage, dpkgTraces, dpkgVersion } from "../../src/facts/dpkg.ts";
import { parsed } from "./parsed.ts";

/** What the script prints on a Debian 12 host. */
const rows = `ii \tdpkg\tamd64\t1.21.22
ii \tbash\tamd64\t5.2.15-2+b8
un \tawk\t\t
rc \tapache2\tamd64\t2.4.62-1~deb12u2
iU \tnginx\tamd64\t1.22.1-9
iF \tmysql\tamd64\t8.0
iW \tman-db\tamd64\t2.11.2-2
hi \tvim\tamd64\t2:9.0
ii \tlibc6\tamd64\t2.36-9
ii \tlibwine\ti386\t8.0
ii \ttzdata\tall\t2024a-0

ii \tawk
ii \tlibfoo-abi (= 1.2), mail-transport-agent
rc \thttpd
== automatic
bash:amd64
libc6:i386
tzdata:amd64
`;

const names = [
  ...["bash", "awk", "apache2", "nginx", "mysql", "man-db", "vim", "nosuch", "httpd", "mail-transport-agent"],
  ...[
    "libfoo-abi",
    "libc6",
    "libc6:amd64",
    "libc6:i386",
    "libwine",
    "libwine:i386",
    "libwine:any",
    "tzdata",
    "tzdata:amd64",
  ],
];

describe("dpkg's packages", () => {
  it("are installed if dpkg has configured them or something installed provides them", () => {
    const installed = parsed(dpkgPackage, names, rows);
    expect(names.filter((name) => installed.get(name) !== "no")).toEqual([
      ...["bash", "awk", "man-db", "vim", "mail-transport-agent", "libfoo-abi", "libc6", "libc6:amd64"],
      ...["libwine:i386", "libwine:any", "tzdata", "tzdata:amd64"],
    ]);
  });

  it("came along with others if apt has marked them so, for their architecture", () => {
    const installed = parsed(dpkgPackage, names, rows);
    const told = ["bash", "vim", "mail-transport-agent", "libc6", "tzdata", "awk"];
    expect(told.map((name) => installed.get(name))).toEqual([
      "automatic",
      "manual",
      "provided",
      "manual",
      "automatic",
      "provided",
    ]);
  });

  it("came along with others also where nothing is asked of what is provided", () => {
    const all = "ii \tdpkg\tamd64\t1.21.22\nii \tbash\tamd64\t5.2\n\n== automatic\nbash:amd64\n";
    expect(parsed(dpkgPackage, ["bash"], all).get("bash")).toBe("automatic");
  });

  it("have a version if they are installed themselves", () => {
    const versions = parsed(dpkgVersion, names, rows);
    expect(versions.get("vim")).toBe("2:9.0");
    expect(versions.get("awk")).toBeUndefined();
    expect(versions.get("apache2")).toBeUndefined();
  });

  it("leave traces where their configuration or a part of them remains", () => {
    const traces = parsed(dpkgTraces, names, rows);
    expect(["apache2", "nginx", "mysql", "awk", "nosuch"].map((name) => traces.get(name))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("a package's files", () => {
  it("are there where it is installed, unpacked or half configured, and not with its configuration alone", () => {
    const files = parsed(dpkgFiles, names, rows);
    expect(
      ["bash", "nginx", "mysql", "man-db", "apache2", "awk", "nosuch"].map((name) => files.get(name)),
    ).toEqual([true, true, true, true, false, false, false]);
  });
});

describe("the package lists", () => {
  const policy = `amd64
bash:
  Installed: 5.2.15-2+b8
  Candidate: 5.2.15-2+b13
  Version table:
     5.2.15-2+b13 500
        500 http://deb.debian.org/debian bookworm/main amd64 Packages
 *** 5.2.15-2+b8 100
        100 /var/lib/dpkg/status
awk:
  Installed: (none)
  Candidate: (none)
  Version table:
gone:
  Installed: (none)
  Candidate: (none)
  Version table:
     1.0-1 -1
        100 /var/lib/dpkg/status
== provided
Package: awk
Versions: 

Reverse Depends: 
  base-files,awk
Dependencies: 
Provides: 
Reverse Provides: 
mawk 1.3.4.20200120-3.1 (= )
Package: gone
Versions: 

Reverse Depends: 
Dependencies: 
Provides: 
Reverse Provides: 
== end
bash:
  Installed: 5.2.15-2+b8
  Candidate: 5.3-1~bpo12+1
  Version table:
     5.3-1~bpo12+1 990
        990 http://deb.debian.org/debian bookworm-backports/main amd64 Packages
== provided
== end
`;

  it("offer packages with their versions, and tell virtual ones from unknown ones", () => {
    const keys = ["bash", "bash:amd64", "bash:i386", "awk", "gone", "nosuch"].map((name) => ({
      name,
      release: "",
    }));
    const backport = { name: "bash", release: "bookworm-backports" };
    const offers = parsed(aptOffer, [...keys, backport], policy);
    const bash = { kind: "package", version: "5.2.15-2+b13", versions: ["5.2.15-2+b13", "5.2.15-2+b8"] };
    const unknown = { kind: "unknown" };
    expect(keys.map((key) => offers.get(key))).toEqual([
      bash,
      bash,
      unknown,
      { kind: "virtual" },
      unknown,
      unknown,
    ]);
    expect(offers.get(backport)).toMatchObject({ version: "5.3-1~bpo12+1" });
  });

  it("offer versions that Ubuntu brings to some of its hosts first", () => {
    const key = { name: "apt", release: "" };
    const phased = `amd64
apt:
  Installed: 2.4.5
  Candidate: 2.4.5
  Version table:
     2.4.7 500 (phased 20%)
        500 http://archive.ubuntu.com/ubuntu jammy-updates/main amd64 Packages
 *** 2.4.5 500
        500 http://archive.ubuntu.com/ubuntu jammy/main amd64 Packages
        100 /var/lib/dpkg/status
== provided
== end
`;
    expect(parsed(aptOffer, [key], phased).get(key)).toEqual({
      kind: "package",
      version: "2.4.5",
      versions: ["2.4.7", "2.4.5"],
    });
  });
});
