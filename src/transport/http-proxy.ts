/** Which proxy a request takes, by the variables that curl and others use. */
import { BlockList, isIP, isIPv6 } from "node:net";
import { basicAuthorization } from "./http-credentials.ts";

/** The variables, as a task's environment has them. */
export interface ProxyVariables {
  /** For http. */
  readonly http?: string | undefined;
  /** For https. */
  readonly https?: string | undefined;
  /** Names, domains and networks that are reached without a proxy. */
  readonly except?: string | undefined;
}

export interface ProxyServer {
  /** Without its user. */
  readonly url: URL;
  /** The user's credentials for the proxy. */
  readonly headers: Readonly<Record<string, string>>;
}

/** @param variables an environment; of two spellings of one name the lower-case one counts */
export function proxyVariables(variables: Readonly<Record<string, string>>): ProxyVariables | undefined {
  const value = (name: string) => variables[name] ?? variables[name.toUpperCase()];
  const all = value("all_proxy");
  const [http, https, except] = [value("http_proxy") ?? all, value("https_proxy") ?? all, value("no_proxy")];
  return http === undefined && https === undefined ? undefined : { http, https, except };
}

/**
 * The proxy for an address, if it has one.
 *
 * @throws Error for a proxy that does not use HTTP
 */
export function proxyFor(url: URL, variables: ProxyVariables | undefined): ProxyServer | undefined {
  const named = url.protocol === "https:" ? variables?.https : variables?.http;
  if (named === undefined || named === "" || isExcepted(url, variables?.except ?? "")) return undefined;
  const text = named.includes("://") ? named : `http://${named}`;
  if (!URL.canParse(text)) throw new Error("the environment names a proxy that is no URL");
  const proxy = new URL(text);
  if (!/^https?:$/.test(proxy.protocol))
    throw new Error(
      `the environment names a proxy of the kind ${proxy.protocol.slice(0, -1)}: only http and https are known`,
    );
  const authorization = basicAuthorization(proxy);
  proxy.username = "";
  proxy.password = "";
  return { url: proxy, headers: authorization === undefined ? {} : { "proxy-authorization": authorization } };
}

/** A name stands for itself and all below it; an address for itself, or a network. */
function isExcepted(url: URL, except: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return except
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry === "*") return true;
      if (isIP(host)) return isWithin(host, entry.replace(/^\[|\]$/g, ""));
      const [, name = entry, only] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
      const domain = name.replace(/^\*?\./, "");
      return (only === undefined || only === port) && (host === domain || host.endsWith(`.${domain}`));
    });
}

function isWithin(address: string, entry: string): boolean {
  const [net = "", bits] = entry.split("/");
  if (!isIP(net)) return false;
  const family = isIPv6(net) ? "ipv6" : "ipv4";
  const length = bits === undefined ? (family === "ipv6" ? 128 : 32) : Number(bits);
  if (!Number.isInteger(length) || length < 0 || length > (family === "ipv6" ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(net, length, family);
  return list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
