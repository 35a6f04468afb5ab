import { fileFacts } from "../../facts/file-effects.ts";
import {
  commandHaproxy,
  type HaproxySetting,
  type HaproxySettings,
  type HaproxyState,
  type HaproxyTraffic,
  haproxySettings,
  haproxyTraffic,
  savedState,
  trafficIn,
} from "../../facts/haproxy.ts";
import {
  type Change,
  type ChangeOutput,
  change,
  defineModule,
  fail,
  type Module,
  milliseconds,
  type OptionalInput,
  Param,
  type Plan,
  type PlanHost,
  type RequiredInput,
  type Static,
  type TObject,
  Type,
  withDefault,
} from "../../kit/index.ts";

/** What HAProxy takes as a name. */
const name = "^[A-Za-z0-9_.:-]+$";

const params = {
  /** The server's name, as HAProxy's configuration has it. */
  server: Type.String({ pattern: name }),
  /** The backend. Left out: every backend that has a server of that name. */
  backend: Type.Optional(Type.String({ pattern: name })),
  /**
   * `ready`: it takes requests as long as it is healthy; `drain`: it ends what it has begun, and gets nothing new, but
   * for visitors whom a cookie has bound to it; `maintenance`: it gets nothing, and is not checked (with
   * `on-marked-down shutdown-sessions` its sessions end at once). Left out: as it is.
   */
  state: Type.Optional(Param.oneOf("ready", "drain", "maintenance")),
  /** Its share beside the other servers' weights, 0 to 256. Left out: as it is. */
  weight: Type.Optional(Type.Integer({ minimum: 0, maximum: 256 })),
  /**
   * Whether to wait until the state has come about: with `drain` and `maintenance` until the server has no session left,
   * with `ready` until it takes requests. Default: false.
   */
  wait: Param.flag(),
  /** How long to wait until it fails: seconds, or a text such as "30s". Default: "2m". */
  timeout: withDefault(Param.duration(), "2m"),
  /** HAProxy's admin socket on the host; Debian's is the default. Default: "/run/haproxy/admin.sock". */
  socket: withDefault(Param.path(), "/run/haproxy/admin.sock"),
};

type Params = Static<TObject<typeof params>>;

/** What `haproxyServer` takes. */
export interface HaproxyServerParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/** A server in one backend. */
export interface HaproxyServerInBackend {
  /** The backend's name. */
  readonly backend: string;
  /** What was set. */
  readonly state: HaproxyState;
  /** Its weight, which HAProxy may raise step by step from 0 after a start (`slowstart`). */
  readonly weight: number;
  /** How many sessions it has, and how many wait for it. */
  readonly sessions: number;
  /** HAProxy's words: `UP`, `DOWN`, `UP 1/3`, `MAINT`, `DRAIN`, `no check`. */
  readonly status: string;
  /** HAProxy's word for its last health check: `L7OK`, `L4CON`; empty where there is none. */
  readonly check: string;
}

/** What `haproxyServer` gives. */
export interface HaproxyServerValue {
  /** The server in each of the backends. */
  readonly servers: readonly HaproxyServerInBackend[];
}

/**
 * Takes a server of a running HAProxy out of service, brings it back, weighs it, or reads its state: on the balancer,
 * over HAProxy's admin socket, as root. The configuration is not changed.
 *
 * HAProxy itself forgets this at its next reload. The role `haproxy` has it kept over reloads, restarts and crashes. A
 * weight holds until the configuration gives the server another one.
 *
 * @throws ShowrunnerError `task.failed` if HAProxy does not answer, or has no such server, or if the time to wait is
 *   over; `change.failed` if HAProxy refuses the weight: a backend with a static algorithm takes none
 *
 * @example
 * await haproxyServer({ server: "web1", state: "drain", wait: true, timeout: "30s" });
 * const { value } = await haproxyServer({ server: "web1" });
 */
export const haproxyServer: Module<HaproxyServerParams, HaproxyServerValue> = defineModule({
  name: "haproxyServer",
  summary: "Drains, weighs and brings back a server of a running HAProxy.",
  params,
  examples: [
    `haproxyServer({ server: "web1", state: "drain", wait: true })`,
    `haproxyServer({ server: "web1", backend: "site", state: "ready", weight: 50 })`,
    `haproxyServer({ server: "web1" })`,
  ],
  title: ({ server, backend, state }) =>
    [backend === undefined ? server : `${backend}/${server}`, ...(state ? [state] : [])].join(" "),
  check({ wait, state }) {
    if (wait && state === undefined)
      fail("`wait` waits for a state, and there is no `state`", "give `state`, or leave `wait` out");
  },
  patience: ({ wait, timeout }) =>
    wait ? { delay: 0, interval: 500, timeout: milliseconds(timeout) } : undefined,
  async *plan(host, p): Plan<HaproxyServerValue> {
    const key = { socket: p.socket, server: p.server };
    const [found, before] = await Promise.all([
      host.fact(haproxySettings, key),
      host.fact(haproxyTraffic, key),
    ]);
    const chosen = chosenOf(host, p, found);
    let all = found.running ? found.servers : [];
    let told: ChangeOutput | undefined;
    const servers: HaproxySetting[] = [];
    for (let now of chosen) {
      /** A change after which the server is set so. */
      const to = (next: HaproxySetting, what: "state" | "weight"): Change => {
        const before = now;
        all = all.map((one) => (one.backend === next.backend ? next : one));
        now = next;
        return change({
          what,
          before: `${before[what]} in ${next.backend}`,
          after: `${next[what]} in ${next.backend}`,
          script: commandHaproxy(key, commands[what](`${next.backend}/${p.server}`, next)),
          sets: [haproxySettings.is(key, { running: true, servers: all })],
          touches: [haproxyTraffic.of(key), ...fileFacts(savedState)],
        });
      };
      if (p.state !== undefined && p.state !== now.state)
        told = yield to({ ...now, state: p.state }, "state");
      if (p.weight !== undefined && p.weight !== now.weight)
        told = yield to({ ...now, weight: p.weight }, "weight");
      servers.push(now);
    }
    // what it does then, a check can't know
    const traffic = told ? trafficIn(told.stdout, key) : before;
    const value = servers.map((one) => withTraffic(one, traffic));
    if (p.wait) for (const one of value) requireSettled(host, p, one);
    return { servers: value };
  },
});

/** What HAProxy is told. */
const commands = {
  state: (server: string, { state }: HaproxySetting) =>
    `set server ${server} state ${state === "maintenance" ? "maint" : state}`,
  weight: (server: string, { weight }: HaproxySetting) => `set weight ${server} ${weight}`,
};

/** The server in the backends that are meant; none where an earlier task of a plan may yet bring HAProxy, or the server. */
function chosenOf(host: PlanHost, { socket, server, backend }: Params, found: HaproxySettings) {
  if (!found.running) {
    host.require(false, `HAProxy does not answer at ${socket}: ${found.problem}`, hintFor(found.problem));
    return [];
  }
  const chosen = found.servers.filter((one) => backend === undefined || one.backend === backend);
  const there =
    found.servers.length > 0 ? found.servers.map((one) => `${one.backend}/${server}`) : found.others;
  host.require(
    chosen.length > 0,
    `HAProxy has no server ${backend === undefined ? server : `${backend}/${server}`}`,
    there && there.length > 0 ? `it has ${there.join(", ")}` : "it has no servers at all",
  );
  return chosen;
}

function hintFor(problem: string): string {
  if (problem.startsWith("Permission denied")) return "the socket is root's: run the task with become: true";
  return 'is it started? service({ name: "haproxy", state: "started" }); its configuration names the socket: stats socket PATH level admin';
}

function withTraffic(one: HaproxySetting, traffic: readonly HaproxyTraffic[] = []): HaproxyServerInBackend {
  const {
    sessions = 0,
    status = "",
    check = "",
  } = traffic.find(({ backend }) => backend === one.backend) ?? {};
  return { ...one, sessions, status, check };
}

/** What is waited for. */
function requireSettled(
  host: PlanHost,
  { server, state }: Params,
  { backend, sessions, status, check }: HaproxyServerInBackend,
): void {
  const name = `${backend}/${server}`;
  if (state === "ready")
    host.require(
      /^(UP|no check)/.test(status),
      `${name} takes no requests yet: its status is ${status || "not known"}`,
      check === "" ? undefined : `its last health check said ${check}`,
    );
  else
    host.require(
      sessions === 0,
      `${name} still has ${sessions} ${sessions === 1 ? "session" : "sessions"}`,
      "give it more time by `timeout`",
    );
}
