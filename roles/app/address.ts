/** Addresses of sources: reports, errors and git's arguments show them, so there may be no secret in one. */
import { fail } from "showrunner";

/** What servers call the secrets that they take as a part of an address. */
const secretName = /token|secret|passw|signature|credential|api_?key/i;

/**
 * Does not show the address: it is what should not be seen.
 *
 * @param instead what the user is to do
 * @throws ShowrunnerError `task.failed` for an address with a secret in it, or one in which a secret can't be told
 */
export function refuseSecrets(address: string, instead: string): void {
  // git takes a helper's name before it
  const plain = address.replace(/^\s*(\w+::)*/, "");
  const url = URL.canParse(plain) ? new URL(plain) : undefined;
  if (url === undefined && plain.includes("://"))
    fail("source: the address is not valid: see its host and its port", instead);
  // `user:password@host:path` is no URL
  if (url?.password || /^[^/@]*:[^/@]*@/.test(plain))
    fail("source: the address has a password in it", instead);
  // a token of GitHub's or GitLab's stands there alone
  if (url?.username && /^https?:$/.test(url.protocol))
    fail("source: the address has a user, or a token, in it", instead);
  const secret = [...(url?.searchParams.keys() ?? [])].find((name) => secretName.test(name));
  if (secret !== undefined) fail("source: the address has a secret among its parameters", instead);
}
