/** Says why no connection was made, in the user's terms. */
import { messageOf, ShowrunnerError } from "../core/base/errors.ts";
import { pasted } from "../core/base/script.ts";
import type { ResolvedSettings } from "./settings.ts";

/** @param error what ssh2, or the system's ssh, said */
export function explainFailure(
  error: unknown,
  { address, port, user }: Pick<ResolvedSettings, "address" | "port" | "user">,
): ShowrunnerError {
  if (error instanceof ShowrunnerError) return error;
  const message = messageOf(error);
  const where = `${address}:${port}`;
  const fail = (text: string, hint: string) =>
    new ShowrunnerError("host.unreachable", text, { hint, cause: error });
  if (/authentication methods failed|Permission denied|Too many authentication failures/i.test(message))
    return new ShowrunnerError("host.auth", `${where} accepted no key or password for the user ${user}`, {
      hint: "name the right user and identityFile in the inventory, or add your key to the agent or to the host",
      cause: error,
    });
  if (/ECONNREFUSED|Connection refused/i.test(message))
    return fail(`nothing listens on ${where}`, "is sshd running there, and is that its port?");
  if (/ENOTFOUND|EAI_AGAIN|Could not resolve|Name or service not known/i.test(message))
    return fail(`the name ${address} is unknown`, "give the host an address in the inventory");
  if (/Timed out|ETIMEDOUT|no answer within/i.test(message))
    return fail(`${where} did not answer in time`, "is the host up, and does a firewall let you through?");
  if (/EHOSTUNREACH|ENETUNREACH|No route to host|Network is unreachable/i.test(message))
    return fail(`there is no way to ${where}`, "is the host up, and on a network that you reach?");
  return fail(
    `no connection to ${where}: ${message}`,
    `try it by hand: ssh -p ${port} -- ${pasted(`${user}@${address}`)}`,
  );
}
