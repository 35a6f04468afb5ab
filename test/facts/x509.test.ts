/** What hosts give for a certificate is read as far as it is one, and never further. */
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readCertificates } from "../../src/facts/certificates.ts";
import { objectId, timeOf } from "../../src/facts/der.ts";
import type { Certificate } from "../../src/facts/x509.ts";

const folder = mkdtempSync(join(tmpdir(), "x509-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, "certificate");
const words = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null"];
const names = "subjectAltName=DNS:a.example,IP:2001:db8::1,IP:192.0.2.1,email:x@a.example,dirName:other";
const usage = [
  "-addext",
  "keyUsage=cRLSign,decipherOnly,digitalSignature",
  "-addext",
  "extendedKeyUsage=1.2.840.9",
];
const config = join(folder, "config");
execFileSync("sh", [
  "-c",
  `printf '[req]\\ndistinguished_name=none\\n[none]\\n[other]\\nCN=x\\n' >${config}`,
]);
execFileSync(
  "openssl",
  [
    "req",
    "-x509",
    "-config",
    config,
    ...words,
    "-subj",
    "/O=A, B/CN=Ü",
    "-utf8",
    "-days",
    "40000",
    "-addext",
    names,
    ...usage,
    "-out",
    path,
  ],
  { stdio: "ignore" },
);
const pem = readFileSync(path, "latin1");

function read(text: string): Certificate {
  const [first] = readCertificates(text);
  if (first === undefined || typeof first === "string") throw new Error("it holds no certificate");
  return first;
}

describe("a certificate", () => {
  it("says what Node.js and OpenSSL read in it", () => {
    const node = new X509Certificate(pem);
    const found = read(pem);
    expect(found).toMatchObject({
      subject: "O=A\\, B, CN=Ü",
      issuer: "O=A\\, B, CN=Ü",
      keyUsage: ["digitalSignature", "cRLSign", "decipherOnly"],
      extendedKeyUsage: ["1.2.840.9"],
      publicKey: node.publicKey.export({ type: "spki", format: "pem" }),
      pem: node.toString(),
    });
    expect(found.subjectAltNames.slice(0, 4)).toEqual([
      "DNS:a.example",
      "IP:2001:db8::1",
      "IP:192.0.2.1",
      "email:x@a.example",
    ]);
    expect(found.subjectAltNames[4]).toMatch(/^other:[0-9a-f]+$/);
    expect(found.serial.toUpperCase()).toBe(node.serialNumber);
    expect(found.fingerprint.toUpperCase()).toBe(node.fingerprint256.replaceAll(":", ""));
    // beyond 2050 times are written in another way
    expect(Date.parse(found.notAfter)).toBe(Date.parse(node.validTo));
    expect(Date.parse(found.notBefore)).toBe(Date.parse(node.validFrom));
  });

  it("is none where it ends too early, or where a byte of it is another", () => {
    const der = new X509Certificate(pem).raw;
    const asText = (bytes: Buffer) =>
      `-----BEGIN CERTIFICATE-----\n${bytes.toString("base64")}\n-----END CERTIFICATE-----\n`;
    for (let length = 0; length < der.length; length++)
      expect(readCertificates(asText(der.subarray(0, length)))).toBe(
        "it holds no certificate that can be read",
      );
    for (let at = 0; at < der.length; at++) {
      const other = Buffer.from(der);
      other[at] = (other[at] ?? 0) ^ 0xff;
      readCertificates(asText(other)); // it throws nothing
    }
  });

  it("is that alone, whatever stands behind it in the same bytes", () => {
    const { raw } = new X509Certificate(pem);
    const behind = Buffer.concat([raw, Buffer.from("30020500", "hex")]).toString("base64");
    const trusted = `-----BEGIN TRUSTED CERTIFICATE-----\n${behind}\n-----END TRUSTED CERTIFICATE-----\n`;
    expect(read(trusted)).toEqual(read(pem));
  });

  it("says what the keys of its holder and of its issuer are called", () => {
    const ids = execFileSync("openssl", ["x509", "-in", path, "-noout", "-ext", "subjectKeyIdentifier"]);
    const [id] = /[0-9A-F:]{40,}/.exec(ids.toString()) ?? [];
    expect(read(pem).keyId).toBe(id?.replaceAll(":", "").toLowerCase());
  });

  it("is not read where there are too many, or too long a file", () => {
    expect(readCertificates(pem.repeat(2))).toHaveLength(2);
    expect(readCertificates(pem.repeat(21))).toBe("it holds more than 20 certificates");
    expect(readCertificates(`${"x".repeat(128 * 1024)}${pem}`)).toBe("it is longer than 128 KiB");
    expect(readCertificates("no")).toBe("it holds no certificate that can be read");
  });
});

describe("a certificate that a hostile host makes as long as it may", () => {
  const value = (tag: number, ...parts: Buffer[]) => {
    const content = Buffer.concat(parts);
    const length = Buffer.alloc(4, 0x83);
    length.writeUIntBE(content.length, 1, 3);
    return Buffer.concat([Buffer.from([tag]), length, content]);
  };
  const many = (piece: Buffer) => Buffer.alloc(90 * 1024 - ((90 * 1024) % piece.length), piece);
  const id = (hex: string) => value(6, Buffer.from(hex, "hex"));
  const none = value(0x30);
  const day = value(0x17, Buffer.from("300101000000Z"));
  const certificate = (subject: Buffer, extensions: Buffer) =>
    value(
      0x30,
      value(
        0x30,
        value(2),
        none,
        none,
        value(0x30, day, day),
        subject,
        none,
        value(0xa3, value(0x30, extensions)),
      ),
    );
  const extension = (hex: string, content: Buffer) => value(0x30, id(hex), value(4, value(0x30, content)));

  it.each([
    ["names", certificate(none, extension("551d11", many(value(0x82, Buffer.from("a")))))],
    ["addresses", certificate(none, extension("551d11", many(value(0x87, Buffer.alloc(16, 7)))))],
    ["usages", certificate(none, extension("551d25", many(id("2b06010505070301"))))],
    [
      "parts of its subject",
      certificate(value(0x30, many(value(0x31, value(0x30, id("550403"), value(12))))), none),
    ],
    ["extensions", certificate(none, many(extension("551d0e", Buffer.alloc(0))))],
    ["values in each other", certificate(none, many(Buffer.from([0x30, 0x80])))],
  ])("is read in a moment: %s", (_, der) => {
    const text = `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`;
    const before = process.cpuUsage();
    readCertificates(text);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(250);
  });
});

it("reads numbers of objects and times as they are written", () => {
  expect(objectId(Buffer.from("2a864886f70d010901", "hex"))).toBe("1.2.840.113549.1.9.1");
  expect(objectId(Buffer.from("551d11", "hex"))).toBe("2.5.29.17");
  // 2^60 and 2^60 + 1
  expect(objectId(Buffer.from("55908080808080808000", "hex"))).toBe("2.5.1152921504606846976");
  expect(objectId(Buffer.from("55908080808080808001", "hex"))).toBe("2.5.1152921504606846977");
  const time = (tag: number, text: string) =>
    timeOf({ tag, content: Buffer.from(text), whole: Buffer.from(text) });
  expect(time(0x17, "491231235959Z")).toBe("2049-12-31T23:59:59Z");
  expect(time(0x17, "500101000000Z")).toBe("1950-01-01T00:00:00Z");
  expect(time(0x18, "20500101000000Z")).toBe("2050-01-01T00:00:00Z");
  expect(() => time(0x17, "soon")).toThrow("no time");
});
