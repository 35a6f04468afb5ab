import { expect, it } from "vitest";
import { cutOffInstallation } from "../../src/facts/cut-off-installation.ts";
import { parsed } from "./parsed.ts";

const nothing = { automatic: [], named: [] };

it("is what was to come along and is not installed, of whatever architecture", () => {
  const list =
    "Install: libpsl5:amd64 (0.21.2-1, automatic), publicsuffix:amd64 (20230209-1, automatic), curl:amd64 (7.88), libc6:i386 (2.36-9, automatic), libc6-i686:i386 (2.36-9, automatic)";
  const rows = [
    "ii \tlibpsl5\tamd64",
    "rc \tpublicsuffix\tall",
    "ii \tlibc6\tamd64",
    "iU \tlibc6\ti386",
    "itR\tlibc6-i686\ti386",
  ];
  const told = ["wget:amd64", "", "== cut off", list, "amd64", ...rows];
  expect(parsed(cutOffInstallation, [""], `${told.join("\n")}\n`)).toEqual(
    new Map([["", { automatic: ["publicsuffix:amd64", "libc6:i386"], named: ["curl:amd64"] }]]),
  );
  const since = ["ii \tpublicsuffix\tall", "ii \tlibc6\ti386", "ii \tcurl\tamd64"];
  const installed = [...told, ...since].join("\n");
  expect(parsed(cutOffInstallation, [""], installed)).toEqual(new Map([["", nothing]]));
});

it("is nothing where none was cut off", () => {
  for (const said of ["", "\n", "wget:amd64\n\n"])
    expect(parsed(cutOffInstallation, [""], said)).toEqual(new Map([["", nothing]]));
});
