/** Certificates of a host, and requests for them: the host prints the files, and they are read here. */
import { defineFact } from "../kit/index.ts";
import { contentsIn, printContents } from "./contents.ts";
import { mayArriveAt } from "./files.ts";
import { type Certificate, type CertificateRequest, parseCertificate, parseRequest } from "./x509.ts";

/** Longer than any chain. Bytes. */
const longest = 128 * 1024;

/** More than any chain has. */
const most = 20;

/** Says why a file is not read. */
const problems = {
  long: `it is longer than ${longest / 1024} KiB`,
  many: `it holds more than ${most} certificates`,
  certificate: "it holds no certificate that can be read",
  request: "it holds no certificate request that can be read",
};

/**
 * The certificates in a file, links followed: the first one is its holder's, those behind it make its chain. A text that
 * says why where it holds none, undefined where there is no file.
 */
export const certificates = defineFact<string, readonly Certificate[] | string | undefined>({
  name: "certificate.chain",
  restsOn: (path) => [path],
  mayArrive: (path, value) => value === undefined && mayArriveAt(path),
  limit: (paths) => (paths.length + 1) * (longest + 1024),
  script: (paths) => printContents(paths, longest + 1),
  parse: (stdout, paths) => answers(stdout, paths, readCertificates),
});

/** The request in a file, links followed; a text that says why where it holds none, undefined where there is no file. */
export const certificateRequest = defineFact<string, CertificateRequest | string | undefined>({
  name: "certificate.request",
  restsOn: (path) => [path],
  mayArrive: (path, value) => value === undefined && mayArriveAt(path),
  limit: (paths) => (paths.length + 1) * (longest + 1024),
  script: (paths) => printContents(paths, longest + 1),
  parse: (stdout, paths) => answers(stdout, paths, readRequest),
});

function answers<V>(
  stdout: Buffer,
  paths: readonly string[],
  read: (pem: string) => V,
): Map<string, V | undefined> {
  const contents = contentsIn(stdout, paths.length);
  return new Map(
    paths.map((path, index) => {
      const content = contents[index];
      return [path, content && read(content.toString("latin1"))];
    }),
  );
}

/**
 * Reads a file of certificates.
 *
 * @param text with PEM in it; what stands between certificates is passed over
 * @returns the certificates, or what is wrong with the text
 */
export function readCertificates(text: string): readonly Certificate[] | string {
  const found = blocks(text, /-----BEGIN (?:TRUSTED )?CERTIFICATE-----([^-]*)-----END/g);
  if (typeof found === "string") return found;
  try {
    return found.length === 0 ? problems.certificate : found.map(parseCertificate);
  } catch {
    return problems.certificate;
  }
}

/**
 * Reads a request.
 *
 * @param text with PEM in it
 * @returns the request, or what is wrong with the text
 */
export function readRequest(text: string): CertificateRequest | string {
  const found = blocks(text, /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([^-]*)-----END/g);
  if (typeof found === "string") return found;
  try {
    return found[0] ? parseRequest(found[0]) : problems.request;
  } catch {
    return problems.request;
  }
}

function blocks(text: string, form: RegExp): Buffer[] | string {
  if (text.length > longest) return problems.long;
  const all = [...text.matchAll(form)];
  return all.length > most ? problems.many : all.map(([, base64 = ""]) => Buffer.from(base64, "base64"));
}
