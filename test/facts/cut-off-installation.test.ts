import { expect, it } from "vitest";
import { cutOffInstallation } from "../../src/facts/cut-off-installation.ts";
import { parsed } from "./parsed.ts";

it("is what was to come along and is not installed, of whatever architecture", () => {
  const list =
    "Install: libpsl5:amd64 (0.21.2-1, automatic), publicsuffix:amd64 (20230209-1, automatic), curl:amd64 (7.88), libc6:i386 (2.36-9, automatic), libc6-i686:i386 (2.36-9, automatic)";
  const rows = [
    "installed libpsl5 amd64",
    "config-files publicsuffix all",
    "installed libc6 amd64",
    "unpacked libc6 i386",
    "installed libc6-i686 i386",
  ];
  expect(parsed(cutOffInstallation, [""], `${[list, "amd64", ...rows].join("\n")}\n`)).toEqual(
    new Map([["", ["publicsuffix:amd64", "libc6:i386"]]]),
  );
  const installed = [list, "amd64", ...rows, "installed publicsuffix all", "installed libc6 i386"].join("\n");
  expect(parsed(cutOffInstallation, [""], installed)).toEqual(new Map([["", []]]));
});

it("is nothing where none was cut off", () => {
  expect(parsed(cutOffInstallation, [""], "")).toEqual(new Map([["", []]]));
});
