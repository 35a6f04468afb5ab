/** A file on a web server, as the server tells of it before it is fetched. */
import { defineFact, type HttpRequest, messageOf, proxiesOf, ShowrunnerError } from "../kit/index.ts";
import { request } from "../transport/http.ts";
import type { ProxyVariables } from "../transport/http-proxy.ts";
import type { HttpResponse } from "../transport/http-request.ts";
import type { Session } from "../transport/session.ts";
import { versionLimit } from "./downloads.ts";

/** What is asked for, and how. */
interface Asked {
  readonly [name: string]: unknown;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
  /** Who may have signed the server's certificate, as the fact `tls.authorities` names them. */
  readonly authorities: string | undefined;
  /** The proxies that the task's environment names. */
  readonly proxies?: ProxyVariables | undefined;
}

/** What a server says of a file. */
export interface RemoteFile {
  /** Who answered, after redirects. */
  readonly url: string;
  readonly status: number;
  /** Where a redirect leads that was not followed. */
  readonly location: string | undefined;
  /** What the server calls this version. Empty where it does not, or at too great a length. */
  readonly etag: string;
  readonly modified: string;
  /** Bytes, where the server says how many. */
  readonly size: number | undefined;
}

type Reached = RemoteFile | { readonly problem: string; readonly hint: string | undefined };

/** What a server says of a file. Its content is not asked for. */
export const remoteFile = defineFact<Asked, Reached>({
  name: "http.file",
  about: "world",
  within: (key, executionEnvironment) => ({ ...key, proxies: proxiesOf(executionEnvironment) }),
  async read(session, keys) {
    return new Map(
      await Promise.all(keys.map(async (key): Promise<[Asked, Reached]> => [key, await ask(session, key)])),
    );
  },
});

async function ask(session: Session, asked: Asked): Promise<Reached> {
  const head = await reached(session, asked, "HEAD", {});
  const isKnown = "url" in head && (head.status < 400 || head.status === 404 || head.status === 410);
  // signed addresses are for one method alone, and some servers know no HEAD, or answer it wrongly
  return isKnown ? head : reached(session, asked, "GET", { range: "bytes=0-0" });
}

async function reached(
  session: Session,
  { url, headers, timeout, authorities, proxies }: Asked,
  method: string,
  more: Readonly<Record<string, string>>,
): Promise<Reached> {
  const wanted: HttpRequest = {
    url,
    method,
    // packed, it would have another size, and another version
    headers: { "accept-encoding": "identity", ...headers, ...more },
    body: undefined,
    timeout,
    verifyTls: true,
    authorities,
    proxies,
    followRedirects: true,
  };
  try {
    return told(await request(session, wanted));
  } catch (error) {
    if (error instanceof ShowrunnerError && error.code !== "task.failed") throw error;
    return {
      problem: messageOf(error),
      hint: error instanceof ShowrunnerError ? error.hint : undefined,
    };
  }
}

function told({ url, status, headers }: HttpResponse): RemoteFile {
  const [, part] = /\/(\d{1,15})$/.exec(headers["content-range"] ?? "") ?? [];
  const [whole] = /^\d{1,15}$/.exec(headers["content-length"] ?? "") ?? [];
  const size = status === 206 ? part : whole;
  return {
    url,
    status: status === 206 ? 200 : status,
    location: headers["location"],
    etag: versionIn(headers["etag"]),
    modified: versionIn(headers["last-modified"]),
    size: size === undefined ? undefined : Number(size),
  };
}

function versionIn(name = ""): string {
  return Buffer.byteLength(name, "latin1") > versionLimit ? "" : name;
}
