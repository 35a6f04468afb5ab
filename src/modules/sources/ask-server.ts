/** What a web server is asked before anything is fetched. */
import { authorities, trusted } from "../../facts/authorities.ts";
import { httpAnswer } from "../../facts/net.ts";
import { type RemoteFile, remoteFile } from "../../facts/remote-file.ts";
import { fail, type PlanHost } from "../../kit/index.ts";

/** What is asked for, and how. */
export interface Asked {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
}

/**
 * What the server says of a file.
 *
 * @throws ShowrunnerError `task.failed` where it has no such file, or leads to what is not encrypted from what is
 */
export async function askFor(host: PlanHost, asked: Asked): Promise<RemoteFile> {
  const signers = await host.fact(authorities, trusted);
  const answer = await host.fact(remoteFile, { ...asked, authorities: signers });
  if ("problem" in answer) return fail(answer.problem, answer.hint);
  if (answer.status >= 300 && answer.status < 400)
    fail(
      `${asked.url} leads to ${answer.location ?? "nowhere"}, which is not followed`,
      "a redirect may lead only to http:// and https://, and from https:// only to https://",
    );
  if (answer.status !== 200) fail(`${answer.url} answered with status ${answer.status}`, "check the address");
  return answer;
}

/** A text on a server, of 1 MiB at most. */
export async function textAt(host: PlanHost, { url, headers, timeout }: Asked): Promise<string> {
  const signers = await host.fact(authorities, trusted);
  const answer = await host.fact(httpAnswer, {
    url,
    method: "GET",
    headers,
    body: undefined,
    timeout,
    verifyTls: true,
    authorities: signers,
    followRedirects: true,
  });
  if ("problem" in answer) return fail(answer.problem, answer.hint);
  const { status, body, isCut } = answer.got;
  if (status !== 200) fail(`${answer.got.url} answered with status ${status}`, "check the address");
  if (isCut) fail(`${url} is longer than 1 MiB`, "give the digest itself: sha256:…");
  return body;
}

/** The headers for an address: those that were given go to no other server than the first. */
export function headersFor(url: string, asked: Asked): Readonly<Record<string, string>> {
  return new URL(url).origin === new URL(asked.url).origin ? asked.headers : {};
}
