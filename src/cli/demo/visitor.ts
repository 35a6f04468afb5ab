/** A visitor of the site that the demo has deployed. */
import { request } from "node:https";
import { messageOf, ShowrunnerError } from "../../base/errors.ts";

/** The site as visitors see it who trust its authority. */
export interface Place {
  /** Ends with `/`. */
  readonly url: string;
  /** The authority's certificate, as PEM. */
  readonly ca: string;
}

interface Answer {
  readonly status: number;
  /** The web server that answered. */
  readonly servedBy: string;
}

const form = { "content-type": "application/x-www-form-urlencoded" };

/**
 * Asks for a page of the site, over a connection of its own.
 *
 * @param path without the first `/`
 * @param timeout in milliseconds
 * @param posted what is posted; undefined: the page is asked for
 * @throws Error where no answer comes
 */
export function visit(
  { url, ca }: Place,
  path: string,
  timeout: number,
  posted?: URLSearchParams,
): Promise<Answer> {
  const how = posted === undefined ? {} : { method: "POST", headers: form };
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeout);
    const asked = request(url + path, { ca, agent: false, signal, ...how }, (answer) => {
      answer.resume();
      answer.once("error", reject);
      answer.once("end", () =>
        resolve({ status: answer.statusCode ?? 0, servedBy: String(answer.headers["x-served-by"]) }),
      );
    });
    asked.once("error", reject);
    asked.end(posted?.toString());
  });
}

/** @throws ShowrunnerError `internal` for another status: the site that the demo has deployed does not work */
export async function expectStatus(
  place: Place,
  path: string,
  status: number,
  posted?: URLSearchParams,
): Promise<Answer> {
  const what = `${posted ? "POST" : "GET"} ${place.url}${path}`;
  const answer = await visit(place, path, 10_000, posted).catch((error: unknown) => {
    throw new ShowrunnerError("internal", `${what}: ${messageOf(error)}`);
  });
  if (answer.status !== status) throw new ShowrunnerError("internal", `${what} answered ${answer.status}`);
  return answer;
}
