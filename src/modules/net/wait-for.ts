import { milliseconds } from "../../core/base/duration.ts";
import { type Static, type TObject, Type } from "../../core/base/schema.ts";
import { defineModule } from "../../core/tasks/module.ts";
import { fail, type PlanHost } from "../../core/tasks/task.ts";
import { openPort, pathExists } from "../../facts/net.ts";
import { DurationParam } from "../util/duration-param.ts";

const params = {
  port: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 65_535, description: "a TCP port; or give `path`" }),
  ),
  host: Type.Optional(
    Type.String({
      minLength: 1,
      default: "127.0.0.1",
      description: "where the port is, as the host itself sees it",
    }),
  ),
  path: Type.Optional(
    Type.String({ pattern: "^/", description: "a file, directory or socket; or give `port`" }),
  ),
  state: Type.Optional(
    Type.Union(
      [Type.Literal("started"), Type.Literal("present"), Type.Literal("stopped"), Type.Literal("absent")],
      {
        default: "started",
        description:
          "`started` or `present`: the port takes connections, the path exists; `stopped` or `absent`: no longer",
      },
    ),
  ),
  timeout: Type.Optional(DurationParam("how long to wait until it fails. 300 s if left out")),
  delay: Type.Optional(DurationParam("how long to wait before looking the first time. 0 if left out")),
  interval: Type.Optional(DurationParam("how long to wait between looks. 1 s if left out")),
  connectTimeout: Type.Optional(DurationParam("how long one attempt to connect may take. 5 s if left out")),
};

type Params = Static<TObject<typeof params>>;

/**
 * Waits until a port takes connections or a path exists, or until they no longer do. It changes nothing.
 *
 * A check looks once and does not wait: what is not there yet is unknown where an earlier change may bring it about,
 * and else a failure.
 *
 * @throws ShowrunnerError `task.failed` when the time is over, with the last reason
 *
 * @example
 * await waitFor({ port: 8000, timeout: "30s" });
 * await waitFor({ path: "/run/mysqld/mysqld.sock" });
 */
export const waitFor = defineModule({
  name: "waitFor",
  summary: "Waits for a port or a path.",
  params,
  oneOf: ["port", "path"],
  examples: [`waitFor({ port: 8000, timeout: "30s" })`, `waitFor({ path: "/run/app.pid", state: "absent" })`],
  title: (p) => `${p.path ?? `${p.host ?? "127.0.0.1"}:${p.port}`}${isGone(p) ? " gone" : ""}`,
  check(p) {
    if (p.path !== undefined && p.connectTimeout !== undefined)
      fail("`connectTimeout` goes with `port` only");
  },
  patience: (p) => ({
    delay: milliseconds(p.delay ?? 0),
    interval: milliseconds(p.interval ?? 1),
    timeout: milliseconds(p.timeout ?? 300),
  }),
  async *plan(host, p) {
    if (p.path !== undefined) await lookAtPath(host, p, p.path);
    if (p.port !== undefined) await lookAtPort(host, p, p.port);
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

async function lookAtPort(host: PlanHost, p: Params, port: number): Promise<void> {
  const where = p.host ?? "127.0.0.1";
  const timeout = milliseconds(p.connectTimeout ?? 5);
  const reached = await host.fact(openPort, { host: where, port, timeout });
  const open = "got" in reached;
  if (open && isGone(p)) fail(`port ${port} on ${where} still takes connections`);
  if (!open && !isGone(p)) fail(`port ${port} on ${where} takes no connections: ${reached.problem}`);
}
