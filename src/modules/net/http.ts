import { authorities, trusted } from "../../facts/authorities.ts";
import { httpAnswer } from "../../facts/net.ts";
import {
  type Chosen,
  change,
  defineModule,
  fail,
  type HttpRequest,
  type Module,
  messageOf,
  milliseconds,
  type OptionalInput,
  Param,
  type PlanHost,
  type RequiredInput,
  reveal,
  Secret,
  SecretString,
  type Static,
  type TObject,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { keepAuthorities } from "../../transport/authorities.ts";
import { basic, basicAuthorization, withoutCredentials } from "../../transport/http-credentials.ts";
import { type HttpResponse, shownUrl } from "../../transport/http-request.ts";
import { requireStatus } from "../../transport/http-status.ts";

/** What `http` gives. */
export interface HttpValue {
  /** What answered: another one than was asked, where redirects were followed. */
  readonly url: string;
  /** The answer's status: 200. */
  readonly status: number;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The body as text.
   *
   * @throws ShowrunnerError `task.failed` where it is longer than 1 MiB: nothing is decided by a part of it
   */
  readonly body: string;
  /**
   * The body as JSON.
   *
   * @throws ShowrunnerError `task.failed` if it is none
   */
  json(): unknown;
}

const status = Type.Integer({ minimum: 100, maximum: 599 });

const params = {
  /** As the host itself sees it. A user and password in it are sent as basic authentication. */
  url: Type.String({ format: "uri", pattern: "^https?://" }),
  /** The first three read only, the others count as a change. Default: "GET". */
  method: withDefault(Param.oneOf("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"), "GET"),
  /** Headers of the request. */
  headers: Type.Optional(
    Type.Record(Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }), SecretString(), {
      additionalProperties: false,
    }),
  ),
  /** The request's body, as text. */
  body: Type.Optional(SecretString()),
  /** The request's body, as data that is sent as JSON. */
  json: Type.Optional(Type.Unknown()),
  /** The user for basic authentication. */
  user: Type.Optional(Type.String()),
  /** The password for basic authentication. */
  password: Type.Optional(SecretString()),
  /** The statuses that mean success. 200 if left out. */
  status: Type.Optional(Type.Union([status, Type.Array(status, { minItems: 1 })])),
  /** How long the whole answer may take: seconds, or a text such as "2s". Default: "30s". */
  timeout: withDefault(Param.duration(), "30s"),
  /** false: accept any certificate. Default: true. */
  verifyTls: Param.flag(true),
  /**
   * A file on the host with the certificates (PEM) of those who may have signed the server's. The host's own
   * authorities if left out.
   */
  caPath: Type.Optional(Type.String({ pattern: "^/" })),
  /** The same certificates themselves, as PEM; or give `caPath`. */
  ca: Type.Optional(Type.String({ minLength: 1 })),
  /**
   * The address to connect to, in place of the one that the URL's host has: that of one balancer among several. The
   * name that is asked for, and that the certificate must have, is still the URL's. No proxy is used then.
   */
  connectTo: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9_.:-]+$" })),
  /**
   * true: ask where a redirect leads to, ten times at most. Another server than the first gets no body and no headers
   * but harmless ones. Default: false.
   */
  followRedirects: Param.flag(),
  /**
   * true: a POST that changes nothing, such as a query. It is sent in a check, too, and counts as `ok`. Default:
   * false.
   */
  readOnly: Param.flag(),
};

type Params = Static<TObject<typeof params>>;

/** What `http` takes. */
export type HttpParams = HttpText | HttpJson;

type Common = Omit<typeof params, "body" | "json">;
interface HttpText
  extends RequiredInput<Common>,
    OptionalInput<Common>,
    Partial<Chosen<typeof params, "body", "json">> {}
interface HttpJson
  extends RequiredInput<Common>,
    OptionalInput<Common>,
    Partial<Chosen<typeof params, "json", "body">> {}

/**
 * Sends an HTTP request from the host, without any tool on it, and gives the answer.
 *
 * Redirects are answers like any other, unless `followRedirects` is set; then the methods change as in browsers (the
 * Fetch Standard, HTTP-redirect fetch): what was a POST is asked again as a GET, except by the statuses 307 and 308. To
 * wait until something answers as it should, give the task `retries` and `delay`, or `until`.
 *
 * A certificate is verified as the host's own programs would: by the authorities that the host trusts, or by those in
 * `caPath` or `ca`; where the host has none, by the control machine's. The proxies that the task's `environment` names
 * (`http_proxy`, `https_proxy`, `no_proxy`) are used. A body is unpacked and decoded as its headers say.
 *
 * @throws ShowrunnerError `task.failed` (`change.failed` for a method that changes something) if nothing answers, or
 *   with another status; it has the answer's first lines
 *
 * @example
 * const page = await http({ url: "http://127.0.0.1:8000/health" }, { retries: 10, delay: "1s" });
 * await http({ url: "http://127.0.0.1:9200/site", method: "PUT", json: { settings: {} }, status: [200, 201] });
 */
export const http: Module<HttpParams, HttpValue> = defineModule({
  name: "http",
  summary: "Sends an HTTP request from the host.",
  params,
  needs: { password: "user" },
  atMostOneOf: ["body", "json"],
  examples: [
    `http({ url: "http://127.0.0.1/health", status: 200 }, { retries: 5, delay: "2s" })`,
    `http({ url: "http://127.0.0.1:9200/site", method: "PUT", json: { settings: {} }, status: [200, 201] })`,
  ],
  titleQuotes: true,
  title: ({ method = "GET", url, connectTo }) =>
    `${method === "GET" ? "" : `${method} `}${shownUrl(withoutCredentials(url), { connectTo })}`,
  check(p) {
    if ((p.body !== undefined || p.json !== undefined) && ["GET", "HEAD"].includes(p.method))
      fail(`a ${p.method} request has no body`, 'give `method: "POST"` or another one');
    if (p.ca !== undefined && p.caPath !== undefined) fail("expected ca or caPath, and not both");
    if (p.ca !== undefined && keepAuthorities(p.ca) === undefined)
      fail("ca: expected certificates as PEM, got none");
  },
  async *plan(host, p) {
    const request = { ...requestOf(p), authorities: await authoritiesFor(host, p) };
    const statuses = p.status === undefined ? [200] : [p.status].flat();
    if (p.readOnly || ["GET", "HEAD", "OPTIONS"].includes(request.method)) {
      const answer = await host.fact(httpAnswer, { ...request });
      if ("problem" in answer) fail(answer.problem, answer.hint);
      requireStatus(request, answer.got, statuses, "task.failed");
      return asValue(answer.got);
    }
    const output = yield change({
      what: request.method,
      after: request.url,
      action: { kind: "http", request, statuses },
      touches: ["everything"],
    });
    const response: HttpResponse = JSON.parse(output.stdout.toString());
    return asValue(response);
  },
});

/** A server's certificate is verified as the host's own programs would: by its authorities, or else by ours. */
async function authoritiesFor(
  host: PlanHost,
  { url, ca, caPath, verifyTls, followRedirects }: Params,
): Promise<string | undefined> {
  const mayEncrypt = url.startsWith("https:") || followRedirects;
  if (!verifyTls || !mayEncrypt) return undefined;
  if (ca !== undefined) return keepAuthorities(ca);
  const found = await host.fact(authorities, caPath ?? trusted);
  if (found === undefined && caPath !== undefined)
    fail(`${caPath} on the host holds no certificate`, "caPath names a file of certificates, in PEM form");
  return found;
}

function requestOf(p: Params): HttpRequest {
  const given = Object.entries(p.headers ?? {}).map(([name, value]) => [name.toLowerCase(), reveal(value)]);
  const url = new URL(p.url);
  const authorization =
    p.user === undefined
      ? basicAuthorization(url)
      : basic(p.user, p.password === undefined ? "" : reveal(p.password));
  return {
    url: withoutCredentials(p.url),
    method: p.method,
    headers: {
      ...(p.json === undefined ? {} : { "content-type": "application/json" }),
      ...(authorization === undefined ? {} : { authorization }),
      ...Object.fromEntries(given),
    },
    body: p.json === undefined ? p.body && reveal(p.body) : JSON.stringify(revealed(p.json)),
    timeout: milliseconds(p.timeout),
    verifyTls: p.verifyTls,
    followRedirects: p.followRedirects,
    ...(p.connectTo === undefined ? {} : { connectTo: p.connectTo }),
  };
}

/** Data in which secrets are what they stand for: a secret itself would be sent as its mask. */
function revealed(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  if (Array.isArray(value)) return value.map(revealed);
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealed(item)]));
}

function asValue({ url, status, headers, body, isCut }: HttpResponse): HttpValue {
  const whole = () => {
    if (isCut)
      fail(
        `${url} answered with more than 1 MiB${sizeOf(headers)}`,
        "ask for less of it, or fetch it with a command on the host",
      );
    return body;
  };
  return {
    url,
    status,
    headers,
    get body() {
      return whole();
    },
    json() {
      const text = whole();
      try {
        return JSON.parse(text);
      } catch (error) {
        return fail(`${url} did not answer with JSON: ${messageOf(error)}`);
      }
    },
  };
}

/** As the server says it; of what is packed that is another size. */
function sizeOf({
  "content-length": size,
  "content-encoding": coding = "identity",
}: HttpValue["headers"]): string {
  return size === undefined || coding !== "identity" ? "" : `: ${size} bytes`;
}
