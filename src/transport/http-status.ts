/** Whether an answer's status is one that was expected. */
import { type ErrorCode, ShowrunnerError } from "../base/errors.ts";
import { type HttpRequest, type HttpResponse, shownUrl } from "./http-request.ts";

/** @throws ShowrunnerError with the given code for another status; it has the answer's first lines */
export function requireStatus(
  request: HttpRequest,
  response: HttpResponse,
  expected: readonly number[],
  code: ErrorCode,
): void {
  const { url, status, body } = response;
  if (expected.includes(status)) return;
  throw new ShowrunnerError(
    code,
    `${request.method} ${shownUrl(url, request)} answered ${status}, expected ${expected.join(" or ")}`,
    { details: body.split("\n").slice(0, 5), hint: redirectHint(request, response) },
  );
}

function redirectHint(
  { followRedirects }: HttpRequest,
  { status, headers }: HttpResponse,
): string | undefined {
  const { location } = headers;
  if (location === undefined || status < 300 || status > 399) return undefined;
  const leads = `it leads to ${location.slice(0, 200)}`;
  return followRedirects
    ? `${leads}, where followRedirects does not go: it leaves no encrypted server for one that is not, and sends no body to another server`
    : `${leads}: give \`followRedirects: true\` to follow the redirect, or name ${status} in \`status\` if it is what you expect`;
}
