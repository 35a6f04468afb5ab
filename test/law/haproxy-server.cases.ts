import { haproxySettings, haproxyTraffic } from "../../src/facts/haproxy.ts";
import { haproxyServer } from "../../src/modules/index.ts";
import { cases } from "../../src/testing/index.ts";

const socket = "/run/haproxy-law.sock";
const key = { socket, server: "web1" };
const web = { backend: "web", state: "ready", weight: 10 } as const;
const api = { backend: "api", state: "ready", weight: 1 } as const;
const both = haproxySettings.is(key, { running: true, servers: [web, api] });
const quiet = haproxyTraffic.is(key, [
  { backend: "web", sessions: 0, status: "UP", check: "L4OK" },
  { backend: "api", sessions: 0, status: "no check", check: "" },
]);

const tell = (command: string) =>
  `perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, pack_sockaddr_un($ARGV[0])) or die; syswrite S, "$ARGV[1]\\n"; print while <S>' ${socket} '${command}'`;

/** A client whose request is not answered for a minute. */
const hold = `exec 9<>/dev/tcp/127.0.0.1/8091; printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n' >&9`;

export default cases(
  haproxyServer,
  [
    {
      name: "drains a server in every backend that has it",
      params: { socket, server: "web1", state: "drain" },
      facts: [both, quiet],
      start: "",
      changes: ["state", "state"],
      end: haproxySettings.is(key, {
        running: true,
        servers: [
          { ...web, state: "drain" },
          { ...api, state: "drain" },
        ],
      }),
    },
    {
      name: "puts a server into maintenance in one backend, and waits until it has no session",
      params: { socket, server: "web1", backend: "web", state: "maintenance", wait: true },
      facts: [both, quiet],
      start: "",
      changes: ["state"],
      end: [
        haproxySettings.is(key, { running: true, servers: [{ ...web, state: "maintenance" }, api] }),
        `${tell("show stat web 4 -1")} | grep -q '^web,web1,.*,MAINT,'`,
      ],
    },
    {
      name: "brings a server back and weighs it, and waits until it takes requests",
      params: {
        socket,
        server: "web1",
        backend: "web",
        state: "ready",
        weight: 5,
        wait: true,
        timeout: "10s",
      },
      facts: [
        haproxySettings.is(key, { running: true, servers: [{ ...web, state: "maintenance" }, api] }),
        quiet,
      ],
      outputs: [{}, { stdout: Buffer.from("0\tdoes\tweb1\tweb\t0\t0\tUP\tL4OK\n") }],
      start: tell("set server web/web1 state maint"),
      changes: ["state", "weight"],
      end: haproxySettings.is(key, { running: true, servers: [{ ...web, weight: 5 }, api] }),
      waits: true,
    },
    {
      name: "leaves a server alone that is as it should be",
      params: { socket, server: "web1", backend: "web", state: "drain", weight: 3 },
      facts: [
        haproxySettings.is(key, { running: true, servers: [{ ...web, state: "drain", weight: 3 }] }),
        quiet,
      ],
      start: `${tell("set server web/web1 state drain")}; ${tell("set weight web/web1 3")}`,
      changes: [],
    },
    {
      name: "reads a server's state, and changes nothing",
      params: { socket, server: "web1" },
      facts: [both, quiet],
      start: "",
      changes: [],
      end: both,
    },
    {
      name: "says which servers there are where it finds none of that name",
      params: { socket, server: "web9", state: "drain" },
      facts: [
        haproxySettings.is({ socket, server: "web9" }, { running: true, servers: [], others: ["web/web1"] }),
        haproxyTraffic.is({ socket, server: "web9" }, []),
      ],
      start: "",
      changes: [],
      fails: "HAProxy has no server web9",
    },
    {
      name: "does not look for a server in another backend than it was told",
      params: { socket, server: "web1", backend: "shop", state: "drain" },
      facts: [both, quiet],
      start: "",
      changes: [],
      fails: "HAProxy has no server shop/web1",
    },
    {
      name: "says that HAProxy does not answer",
      params: { socket: "/run/no-such.sock", server: "web1", state: "drain" },
      facts: [
        haproxySettings.is(
          { socket: "/run/no-such.sock", server: "web1" },
          { running: false, problem: "No such file or directory" },
        ),
        haproxyTraffic.is({ socket: "/run/no-such.sock", server: "web1" }, []),
      ],
      start: "",
      changes: [],
      fails: "HAProxy does not answer at /run/no-such.sock: No such file or directory",
    },
    {
      name: "fails at its deadline where a session does not end",
      params: { socket, server: "web1", backend: "web", state: "drain", wait: true, timeout: "1s" },
      facts: [
        haproxySettings.is(key, { running: true, servers: [{ ...web, state: "drain" }] }),
        haproxyTraffic.is(key, [{ backend: "web", sessions: 1, status: "DRAIN", check: "L7OK" }]),
      ],
      start: `bash -c "${hold.replaceAll('"', '\\"')}; sleep 60" >/dev/null 2>&1 & sleep 0.3; ${tell("set server web/web1 state drain")}`,
      changes: [],
      fails: "web/web1 still has 1 session",
    },
    {
      name: "tells why HAProxy refuses a weight",
      params: { socket, server: "old", weight: 7 },
      start: "",
      changes: ["weight"],
      fails: "static LB algorithm",
      plan: "changed",
    },
  ],
  {
    setup: `command -v haproxy >/dev/null || { apt-get update -q; DEBIAN_FRONTEND=noninteractive apt-get install -y -q haproxy; }
mkdir -p /srv/haproxy-law
cat >/srv/haproxy-law/haproxy.cfg <<'END'
global
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout connect 1s
  timeout client 1m
  timeout server 1m
frontend site
  bind 127.0.0.1:8091
  default_backend web
frontend answer
  bind 127.0.0.1:8092
  timeout tarpit 1m
  http-request return status 200 if { path /healthz }
  http-request tarpit
backend web
  option httpchk GET /healthz
  server web1 127.0.0.1:8092 check inter 200ms weight 10
backend api
  server web1 127.0.0.1:8092
backend static
  balance static-rr
  server old 127.0.0.1:8092
END
systemctl disable --now haproxy`,
    reset: `pkill -f '[h]aproxy-law/haproxy.cfg'; sleep 0.1; rm -f ${socket}; haproxy -D -f /srv/haproxy-law/haproxy.cfg; sleep 0.5`,
  },
);
