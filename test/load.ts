/** A bounded load on an address of the lab's own. */
import { Agent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";

/** What came of a load. */
export interface LoadReport {
  readonly sent: number;
  /** By who answered: the body's first word. */
  readonly answered: ReadonlyMap<string, number>;
  /** Each request without status 200: the status, or why there was no answer. */
  readonly failures: readonly string[];
}

/** Requests per second. */
const rate = 300;
/** No load lasts longer, whatever happens. Milliseconds. */
const longest = 60_000;

/**
 * Sends 300 requests a second, over connections that are kept, while the work goes on; each is sent at its time,
 * whatever became of those before it.
 *
 * @param url an address of the lab, not more
 * @param ca with https: the certificate of who has signed the lab's
 * @returns what came of the requests, and what the work gave
 */
export async function underLoad<T>(
  url: string,
  work: () => Promise<T>,
  ca?: string,
): Promise<{ load: LoadReport; value: T }> {
  if (!/^10\./.test(new URL(url).hostname)) throw new Error(`${url} is not the lab's`);
  const kept = { keepAlive: true, maxSockets: 100 };
  const agent = url.startsWith("https:") ? new HttpsAgent({ ...kept, ca }) : new Agent(kept);
  const answered = new Map<string, number>();
  const failures: string[] = [];
  const pending: Promise<void>[] = [];
  let working = true;
  const done = work().finally(() => {
    working = false;
  });
  const began = performance.now();
  for (let sent = 0; working && performance.now() - began < longest; ) {
    for (; sent < ((performance.now() - began) / 1000) * rate; sent++)
      pending.push(
        ask(url, agent).then(
          (who) => void answered.set(who, (answered.get(who) ?? 0) + 1),
          (error: unknown) => void failures.push(String(error)),
        ),
      );
    await sleep(5);
  }
  await Promise.all(pending);
  agent.destroy();
  return { load: { sent: pending.length, answered, failures }, value: await done };
}

function ask(url: string, agent: Agent): Promise<string> {
  const request = url.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, timeout: 10_000 }, (answer) => {
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
}
