import { fileMatches, openConnections, openPort, pathExists } from "../../facts/net.ts";
import {
  type Chosen,
  defineModule,
  fail,
  type Module,
  milliseconds,
  type OptionalInput,
  Param,
  type PlanHost,
  type RequiredInput,
  type Static,
  type TObject,
  Type,
  withDefault,
} from "../../kit/index.ts";

const params = {
  /** A TCP port; or give `path`. */
  port: Type.Optional(Param.port()),
  /** Where the port is, as the host itself sees it. Default: "127.0.0.1". */
  host: withDefault(Type.String({ minLength: 1 }), "127.0.0.1"),
  /** A file, directory or socket; or give `port`. */
  path: Type.Optional(Type.String({ pattern: "^/" })),
  /** With `path`: a line of the file must match this extended regular expression (grep -E). */
  search: Type.Optional(Type.String({ minLength: 1 })),
  /**
   * `started` or `present`: the port takes connections, the path exists; `stopped` or `absent`: no longer; `drained`:
   * nobody is connected to this port of the host's own. Default: "started".
   */
  state: withDefault(Param.oneOf("started", "present", "stopped", "absent", "drained"), "started"),
  /** How long to wait until it fails: seconds, or a text such as "2s". Default: "300s". */
  timeout: withDefault(Param.duration(), "300s"),
  /** How long to wait before looking the first time: seconds, or a text such as "2s". Default: 0. */
  delay: withDefault(Param.duration(), 0),
  /** How long to wait between looks: seconds, or a text such as "2s". Default: "1s". */
  interval: withDefault(Param.duration(), "1s"),
  /** How long one attempt to connect may take: seconds, or a text such as "2s". Left out: 5 s. */
  connectTimeout: Type.Optional(Param.duration()),
};

type Params = Static<TObject<typeof params>>;

/** What `waitFor` takes. */
export type WaitForParams = WaitForPort | WaitForPath;

type Common = Omit<typeof params, "port" | "path">;
interface WaitForPort
  extends RequiredInput<Common>,
    OptionalInput<Common>,
    Chosen<typeof params, "port", "path"> {}
interface WaitForPath
  extends RequiredInput<Common>,
    OptionalInput<Common>,
    Chosen<typeof params, "path", "port"> {}

/**
 * Waits until a port takes connections, a path exists or a line stands in a file, or until they no longer do; or until
 * all connections to a port have ended. It changes nothing.
 *
 * A check looks once and does not wait: what is not there yet is unknown where an earlier change may bring it about,
 * and else a failure.
 *
 * @throws ShowrunnerError `task.failed` when the time is over, with the last reason
 *
 * @example
 * await waitFor({ port: 8000, timeout: "30s" });
 * await waitFor({ path: "/run/mysqld/mysqld.sock" });
 * await waitFor({ path: "/var/log/app.log", search: "ready in [0-9]+ ms" });
 * await waitFor({ port: 8000, state: "drained", timeout: "2m" });
 */
export const waitFor: Module<WaitForParams, object> = defineModule({
  name: "waitFor",
  summary: "Waits for a port or a path.",
  params,
  needs: { search: "path" },
  oneOf: ["port", "path"],
  examples: [
    `waitFor({ port: 8000, timeout: "30s" })`,
    `waitFor({ path: "/run/app.pid", state: "absent" })`,
    `waitFor({ path: "/var/log/app.log", search: "ready in [0-9]+ ms" })`,
    `waitFor({ port: 8000, state: "drained" })`,
  ],
  title: (p) =>
    `${p.path ?? `${p.host}:${p.port}`}${p.state === "drained" ? " drained" : isGone(p) ? " gone" : ""}`,
  check(p) {
    if (p.state === "drained" && p.port === undefined) fail('`state: "drained"` needs `port`');
    if (p.state === "drained" && p.host !== "127.0.0.1")
      fail('`state: "drained"` is about a port of the host itself, so give no `host`');
    if (p.path !== undefined && p.connectTimeout !== undefined)
      fail("`connectTimeout` goes with `port` only");
  },
  patience: (p) => ({
    delay: milliseconds(p.delay),
    interval: milliseconds(p.interval),
    timeout: milliseconds(p.timeout),
  }),
  async *plan(host, p) {
    if (p.path !== undefined && p.search !== undefined) await lookInto(host, p, p.path, p.search);
    else if (p.path !== undefined) await lookAtPath(host, p, p.path);
    else if (p.port !== undefined && p.state === "drained") await lookForClients(host, p.port);
    else if (p.port !== undefined) await lookAtPort(host, p, p.port);
    return {};
  },
});

function isGone({ state }: Params): boolean {
  return state === "stopped" || state === "absent";
}

async function lookAtPath(host: PlanHost, p: Params, path: string): Promise<void> {
  const exists = await host.fact(pathExists, path);
  if (exists === isGone(p)) fail(exists ? `${path} is still there` : `${path} is not there`);
}

async function lookInto(host: PlanHost, p: Params, path: string, search: string): Promise<void> {
  const matches = await host.fact(fileMatches, { path, search });
  if (matches === isGone(p)) fail(`${path} ${matches ? "still has a line" : "has no line"} like ${search}`);
}

async function lookForClients(host: PlanHost, port: number): Promise<void> {
  const count = await host.fact(openConnections, { port });
  if (count > 0) fail(`port ${port} still has ${count} ${count === 1 ? "connection" : "connections"}`);
}

async function lookAtPort(host: PlanHost, p: Params, port: number): Promise<void> {
  const where = p.host;
  const timeout = milliseconds(p.connectTimeout ?? "5s");
  const reached = await host.fact(openPort, { host: where, port, timeout });
  const open = "got" in reached;
  if (open && isGone(p)) fail(`port ${port} on ${where} still takes connections`);
  if (!open && !isGone(p)) fail(`port ${port} on ${where} takes no connections: ${reached.problem}`);
}
