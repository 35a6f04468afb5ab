/** A bounded load on an address of the lab's own. */
import { Agent as HttpAgent, request as requestByHttp } from "node:http";
import { Agent as HttpsAgent, request as requestByHttps } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

/** What came of a load. */
export interface LoadReport {
  readonly sent: number;
  /** By who answered: the body's first word. */
  readonly answered: ReadonlyMap<string, number>;
  /** Each request without status 200. */
  readonly failures: readonly FailedRequest[];
  /** The longest time without one good answer, in seconds. */
  readonly longestSilence: number;
}

export interface FailedRequest {
  /** When it was sent, by `performance.now()`. */
  readonly sentAt: number;
  /** The status, or why there was no answer. */
  readonly why: string;
}

export interface LoadOptions {
  /** With https: the certificate, as PEM, of who has signed the lab's. */
  readonly ca?: string;
  /** How many connections there may be at the same time; what is more waits here. Default: 100. */
  readonly connections?: number;
  /** No load lasts longer, whatever happens. Seconds. Default: 60. */
  readonly longest?: number;
}

/** Requests per second. */
const rate = 300;
const patience = 10_000;

/**
 * Sends 300 requests a second, over connections that are kept, while the work goes on; each is sent at its time,
 * whatever became of those before it.
 *
 * @param url an address of the lab, not more
 * @returns what came of the requests, and what the work gave
 */
export async function underLoad<T>(
  url: string,
  work: () => Promise<T>,
  options: LoadOptions = {},
): Promise<{ load: LoadReport; value: T }> {
  if (!/^10\./.test(new URL(url).hostname)) throw new Error(`${url} is not the lab's`);
  const visit = visitor(url, options);
  const longest = (options.longest ?? 60) * 1000;
  const answered = new Map<string, number>();
  const failures: FailedRequest[] = [];
  const pending: Promise<void>[] = [];
  let working = true;
  const done = work().finally(() => {
    working = false;
  });
  const began = performance.now();
  let [lastAnswer, longestSilence] = [began, 0];
  const answers = () => {
    const now = performance.now();
    longestSilence = Math.max(longestSilence, now - lastAnswer);
    lastAnswer = now;
  };
  const send = async () => {
    const sentAt = performance.now();
    try {
      const who = await visit.ask();
      if (working) answers();
      answered.set(who, (answered.get(who) ?? 0) + 1);
    } catch (error) {
      failures.push({ sentAt, why: String(error) });
    }
  };
  while (working && performance.now() - began < longest) {
    // so many a turn at most: where sending takes longer than the rate allows, nothing else would ever be done
    const due = Math.min(((performance.now() - began) / 1000) * rate, pending.length + rate / 10);
    while (pending.length < due) pending.push(send());
    await sleep(5);
  }
  answers();
  await Promise.all(pending);
  visit.end();
  const load = { sent: pending.length, answered, failures, longestSilence: longestSilence / 1000 };
  return { load, value: await done };
}

/** Asks for one page again and again. */
function visitor(url: string, { ca, connections = 100 }: LoadOptions) {
  // in turn: one that is idle for long is closed by the server, perhaps just when it is used again
  const kept = { keepAlive: true, maxSockets: connections, scheduling: "fifo" } as const;
  const isSafe = url.startsWith("https:");
  const agent = isSafe
    ? new HttpsAgent({ ...kept, ...(ca === undefined ? {} : { ca }) })
    : new HttpAgent(kept);
  const request = isSafe ? requestByHttps : requestByHttp;
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      const asked = request(url, { agent, timeout: patience }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          const body = Buffer.concat(chunks).toString();
          if (answer.statusCode === 200) resolve(body.split(" ", 1)[0] ?? "");
          else reject(new Error(`status ${answer.statusCode}: ${body}`));
        });
      });
      asked.on("timeout", () => asked.destroy(new Error("no answer within 10 s")));
      asked.on("error", reject);
      asked.end();
    });
  return { ask, end: () => agent.destroy() };
}
