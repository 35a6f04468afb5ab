/** What answers on the network, as seen from the host: nothing is needed on it. */

import {
  defineFact,
  type HttpRequest,
  lines,
  messageOf,
  proxiesOf,
  quote,
  rawScript,
  ShowrunnerError,
  sh,
} from "../kit/index.ts";
import { request } from "../transport/http.ts";
import type { HttpResponse } from "../transport/http-request.ts";
import type { Session } from "../transport/session.ts";

/** A request as a fact's key. */
interface AskedHttp extends HttpRequest {
  readonly [name: string]: unknown;
}

/** What came of a request, or of an attempt to connect. */
type Reached<T> = { readonly got: T } | { readonly problem: string; readonly hint?: string | undefined };

/** The answer to a request that changes nothing. */
export const httpAnswer = defineFact<AskedHttp, Reached<HttpResponse>>({
  name: "http.answer",
  about: "world",
  // the time of the answer is another one each time
  lasting: (answer) =>
    "got" in answer ? { ...answer.got, headers: { ...answer.got.headers, date: "" } } : answer,
  read: (session, keys) => sideBySide(keys, (key) => request(session, key)),
  within: (key, executionEnvironment) => ({ ...key, proxies: proxiesOf(executionEnvironment) }),
});

/** A port, with how long to try. */
interface Port {
  readonly [name: string]: unknown;
  readonly host: string;
  readonly port: number;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Whether a TCP port takes connections. */
export const openPort = defineFact<Port, Reached<"open">>({
  name: "net.port",
  about: "world",
  read: (session, keys) => sideBySide(keys, (key) => connectOnce(session, key)),
});

/**
 * Whether anything stands at a path, for what running software brings: a socket, a file with its process id. Unlike
 * the fact `file` it may be altered by whatever happens anywhere.
 */
export const pathExists = defineFact<string, boolean>({
  name: "path.exists",
  about: "world",
  script: (paths) =>
    sh`for path in ${paths}; do if [ -e "$path" ] || [ -L "$path" ]; then echo 1; else echo 0; fi; done`,
  parse(stdout, paths) {
    const answers = stdout.toString().split("\n");
    return new Map(paths.map((path, index) => [path, answers[index] === "1"]));
  },
});

/** What is looked for in a file: an extended regular expression, as grep knows it. */
interface Searched {
  readonly [name: string]: unknown;
  readonly path: string;
  readonly search: string;
}

/** Whether a line of a file matches; not in a file that is not there. About what running software writes: a log. */
export const fileMatches = defineFact<Searched, boolean>({
  name: "file.matches",
  about: "world",
  script: (keys) =>
    lines(
      ...keys.map(({ path, search }) =>
        rawScript(`status=1 problem=
if [ -f ${quote(path)} ]; then problem=$(grep -E -q -e ${quote(search)} -- ${quote(path)} 2>&1); status=$?; fi
[ -z "$problem" ] || problem=$(printf %s "$problem" | tr '\\n' ' ')
printf '%s %s\\n' "$status" "$problem"`),
      ),
    ),
  parse(stdout, keys) {
    const answers = stdout.toString().split("\n");
    return new Map(
      keys.map((key, index): [Searched, boolean | ShowrunnerError] => {
        const [, status = "2", problem = ""] = /^(\d+) ?(.*)$/.exec(answers[index] ?? "") ?? [];
        if (Number(status) <= 1) return [key, status === "0"];
        return [key, new ShowrunnerError("fact.failed", `${key.path} can't be searched: ${problem}`)];
      }),
    );
  },
});

/**
 * How many connections there are to a TCP port of the host. One that is over and only waits for stray packets
 * (TIME_WAIT) is none.
 */
export const openConnections = defineFact<{ readonly port: number }, number>({
  name: "net.connections",
  about: "world",
  script: (keys) =>
    lines(
      rawScript(
        '[ -r /proc/net/tcp ] || { echo "the connections are not to be seen: there is no /proc/net/tcp" >&2; exit 1; }',
      ),
      // the columns are: number, local address, remote address, state (proc_pid_net(5))
      ...keys.map(({ port }) => {
        const ends = `:${port.toString(16).toUpperCase().padStart(4, "0")} [0-9A-F]*:[0-9A-F]* 0[123458] `;
        return sh`grep -c -- ${ends} /proc/net/tcp /proc/net/tcp6 2>/dev/null; echo`;
      }),
      rawScript(":"),
    ),
  parse(stdout, keys) {
    // of each port one line a file: `/proc/net/tcp:3`
    const answers = stdout.toString().split("\n\n");
    const count = (answer = "") =>
      [...answer.matchAll(/:(\d+)$/gm)].reduce((sum, [, some]) => sum + Number(some), 0);
    return new Map(keys.map((key, index) => [key, count(answers[index])]));
  },
});

/** One key's failure is that key's value; only a lost host fails them all. */
async function sideBySide<K, T>(
  keys: readonly K[],
  ask: (key: K) => Promise<T>,
): Promise<ReadonlyMap<K, Reached<T>>> {
  const answers = keys.map(async (key): Promise<readonly [K, Reached<T>]> => {
    try {
      return [key, { got: await ask(key) }];
    } catch (error) {
      // a host that is lost, or from which nothing can be asked: whatever is asked, no key has an answer
      if (error instanceof ShowrunnerError && error.code !== "task.failed") throw error;
      return [
        key,
        { problem: messageOf(error), hint: error instanceof ShowrunnerError ? error.hint : undefined },
      ];
    }
  });
  return new Map(await Promise.all(answers));
}

async function connectOnce(session: Session, { host, port, timeout }: Port): Promise<"open"> {
  const stream = await session.dial(host, port, timeout);
  stream.on("error", () => undefined); // it was open, whatever becomes of it
  stream.destroy();
  return "open";
}
