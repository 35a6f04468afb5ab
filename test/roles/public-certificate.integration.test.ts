/** A public certificate that could not be renewed, as a check on this machine tells it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { leaveOutExpired, renewNoMore } from "../../playbooks/parts/public-certificate.ts";
import { runHere } from "../modules/local.ts";

const folder = mkdtempSync(join(tmpdir(), "public-certificate-"));
const openssl = (...words: readonly string[]) =>
  execFileSync("openssl", words, { cwd: folder, stdio: "pipe" });
beforeAll(() => {
  openssl(
    "req",
    "-new",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    "site.key",
    "-subj",
    "/CN=a",
    "-out",
    "csr",
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const validFor = (days: number) =>
  openssl("x509", "-req", "-in", "csr", "-signkey", "site.key", "-days", `${days}`, "-out", "site.crt");
const told = async () =>
  (await runHere(() => leaveOutExpired(folder), { check: true })).told.filter((line) =>
    line.startsWith("file"),
  );

it("is left out once it has expired", async () => {
  validFor(-1);
  expect(await told()).toEqual(["file changed removed", "file changed removed"]);
});

it("stays as long as it is valid, and where it can't be read", async () => {
  validFor(1);
  expect(await told()).toEqual([]);
  writeFileSync(join(folder, "site.crt"), "no certificate");
  expect(await told()).toEqual([]);
});

it("is renewed no more where another one takes its place", async () => {
  const { events } = await runHere(renewNoMore, { check: true });
  const units = events.flatMap((event) =>
    event.type === "task:end" ? [`${event.task.module} ${event.task.title} ${event.status}`] : [],
  );
  expect(units).toEqual([
    "systemdUnit acme-etc-acme-site.timer ok",
    "systemdUnit acme-etc-acme-site.service ok",
  ]);
});
