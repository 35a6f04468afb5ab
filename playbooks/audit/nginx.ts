/** What is asked of Nginx. */
import { type FileState, fileState, readFact } from "showrunner";
import { type Area, type Control, doesNot, fileProblems, notApplicable, unless } from "./control.ts";
import { nginxConfiguration } from "./nginx-files.ts";
import type { Directive } from "./nginx-syntax.ts";

interface Server {
  /** What it is called, for people. */
  readonly name: string;
  /** What stands in its block and, below that, what holds for all servers. */
  readonly own: readonly Directive[];
  readonly shared: readonly Directive[];
}

interface Nginx {
  readonly main: FileState;
  readonly top: readonly Directive[];
  readonly servers: readonly Server[];
}

const mainFile = "/etc/nginx/nginx.conf";

export const nginx: Area<Nginx> = {
  name: "nginx",
  async read() {
    const [top, main] = await Promise.all([readFact(nginxConfiguration, ""), readFact(fileState, mainFile)]);
    return top ? { top, main, servers: serversIn(top) } : "there is no Nginx";
  },
  controls: [
    {
      id: "nginx-01",
      asks: "Nginx's workers do not run as root",
      find({ top }) {
        const [user = ""] = named(top, "user").at(-1)?.words ?? [];
        return unless(user === "" || user === "root" ? [`user is ${user || "not set"}`] : []);
      },
    },
    {
      id: "nginx-02",
      asks: `only root can read ${mainFile}`,
      find: ({ main }) => unless(fileProblems(mainFile, main, { groups: ["root"], mode: 0o640 })),
    },
    ofServers("nginx-05", "the version is not shown", (server) =>
      value(server, "server_tokens") === "off" ? [] : ["server_tokens is not off"],
    ),
    ofServers("nginx-06", "the size of a request is limited", (server) =>
      value(server, "client_max_body_size") === "0" ? ["client_max_body_size is 0"] : [],
    ),
    ofServers("nginx-07", "the connections of one address are limited", (server) =>
      value(server, "limit_conn") === undefined ? ["limit_conn is not set"] : [],
    ),
    sends("nginx-08", "other sites can't show the pages in a frame", "X-Frame-Options is not sent", {
      "x-frame-options": /^(DENY|SAMEORIGIN)$/i,
      "content-security-policy": /frame-ancestors '(none|self)'/i,
    }),
    header("nginx-09", "the browsers' old filter of scripts is on", "X-XSS-Protection", /^1/),
    header("nginx-10", "browsers do not guess the type of content", "X-Content-Type-Options", /^nosniff$/i),
    {
      id: "nginx-12",
      asks: "TLS is 1.2 or newer",
      find({ servers }) {
        const withTls = servers.filter(({ own }) =>
          named(own, "listen").some(({ words }) => words.includes("ssl")),
        );
        if (withTls.length === 0) return notApplicable("Nginx serves no TLS here");
        return unless(
          withTls.flatMap((server) => {
            const versions = directive(server, "ssl_protocols")?.words ?? [];
            const old = versions.filter((version) => !["TLSv1.2", "TLSv1.3"].includes(version));
            if (versions.length === 0) return [`${server.name}: ssl_protocols is not set`];
            return old.length === 0 ? [] : [`${server.name} has ${old.join(", ")}`];
          }),
        );
      },
    },
    header("nginx-13", "browsers use HTTPS only", "Strict-Transport-Security", /max-age=[1-9]/i),
    ofServers("nginx-14", "methods that are not needed are refused", (server) =>
      named(server.own, "if").some(({ words }) => words[0]?.includes("$request_method"))
        ? []
        : ["all methods reach the application"],
    ),
    header("nginx-15", "pages may load from the site itself only", "Content-Security-Policy", /./),
    {
      id: "nginx-16",
      asks: "cookies are for HTTPS and for the site's pages only",
      find: ({ servers }) =>
        unless(
          servers.every((server) => directive(server, "proxy_cookie_flags"))
            ? []
            : ["proxy_cookie_flags is not set"],
        ),
    },
    ofServers("nginx-17", "slow visitors are disconnected", (server) =>
      ["client_header_timeout", "client_body_timeout"].flatMap((name) => {
        const given = value(server, name);
        const seconds = /^(\d+)s?$/.exec(given ?? "60")?.[1];
        return seconds !== undefined && Number(seconds) <= 30 ? [] : [`${name} is ${given ?? "60s"}`];
      }),
    ),
  ],
};

/** Every server, with what it inherits. */
function serversIn(top: readonly Directive[]): Server[] {
  return named(top, "http").flatMap(({ block: shared }) =>
    named(shared, "server").map(({ block: own }) => ({ name: nameOf(own), own, shared })),
  );
}

function nameOf(own: readonly Directive[]): string {
  const [name = ""] = named(own, "server_name")[0]?.words ?? [];
  const [listen = ""] = named(own, "listen")[0]?.words ?? [];
  return name === "" || name === "_" ? `the server on ${listen}` : name;
}

function named(directives: readonly Directive[], name: string): Directive[] {
  return directives.filter((one) => one.name === name);
}

/** The one that holds for a server: its own or, without one, that of all servers. */
function directive({ own, shared }: Server, name: string): Directive | undefined {
  return named(own, name).at(-1) ?? named(shared, name).at(-1);
}

function value(server: Server, name: string): string | undefined {
  return directive(server, name)?.words[0];
}

/** @param problemsOf what speaks against one server */
function ofServers(
  id: string,
  asks: string,
  problemsOf: (server: Server) => readonly string[],
): Control<Nginx> {
  return {
    id,
    asks,
    find({ servers }) {
      if (servers.length === 0) return notApplicable("Nginx serves no site");
      const bad = servers.flatMap((server) => problemsOf(server).map((problem) => ({ server, problem })));
      const texts = [...new Set(bad.map(({ problem }) => problem))].map((problem) => {
        const names = bad.filter((one) => one.problem === problem).map(({ server }) => server.name);
        return `${problem} (${[...new Set(names)].join(", ")})`;
      });
      return texts.length === 0 ? unless([]) : doesNot(texts.join("; "));
    },
  };
}

function header(id: string, asks: string, name: string, good: RegExp): Control<Nginx> {
  return sends(id, asks, `${name} is not sent`, { [name.toLowerCase()]: good });
}

/**
 * A block that adds a header of its own has none of those above it.
 *
 * @param good headers, each of which will do, in lower case, and what they are to be
 */
function sends(
  id: string,
  asks: string,
  problem: string,
  good: Readonly<Record<string, RegExp>>,
): Control<Nginx> {
  const isGood = ({ words: [name = "", value = ""] }: Directive) => good[name.toLowerCase()]?.test(value);
  return ofServers(id, asks, ({ own, shared }) => {
    const above = named(own, "add_header").length > 0 ? own : [...own, ...named(shared, "add_header")];
    const blocks = [above, ...blocksBelow(own).filter((block) => named(block, "add_header").length > 0)];
    return blocks.every((block) => named(block, "add_header").some(isGood)) ? [] : [problem];
  });
}

function blocksBelow(directives: readonly Directive[]): (readonly Directive[])[] {
  return directives.flatMap(({ block }) => (block.length === 0 ? [] : [block, ...blocksBelow(block)]));
}
