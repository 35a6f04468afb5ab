/** The error for a user that could not be become, with what to do about it. */
import { ShowrunnerError } from "../base/errors.ts";
import { type Become, type BecomeMethod, defaultBecomeMethod } from "./transport.ts";

/** @param said what the program said */
export function refused(become: Become, said: string): ShowrunnerError {
  const { user, method = defaultBecomeMethod } = become;
  return new ShowrunnerError("become.refused", `${method} did not let us become ${user}`, {
    details: said === "" ? [] : said.split(/[\r\n]+/).slice(-3),
    hint: hintFor(become, method, said),
  });
}

function hintFor({ user, password }: Become, method: BecomeMethod, said: string): string {
  // in every language, a shell prints its own name before the name that it did not find
  if (new RegExp(`: ${method}(: |$)`, "m").test(said))
    return `install ${method} on the host, or say with becomeMethod which of sudo, su and doas it has`;
  if (/unknown (user|login)|user \S+ does not exist|no passwd entry/i.test(said))
    return `create ${user} first, or correct the name: become takes true, for root, or a user of the host`;
  if (method === "su" && /not available|nologin/i.test(said))
    return `${user} has no login shell, which su insists on unless root asks: use sudo or doas, or connect as root`;
  if (/must have a tty/i.test(said))
    return `sudoers has requiretty, and tasks have no terminal: let it say Defaults:USER !requiretty for the connection's user, or become ${user} by su or doas (becomeMethod)`;
  if (password === undefined) return missing[method];
  return wrong[method];
}

const missing: Readonly<Record<BecomeMethod, string>> = {
  sudo: "allow it without a password (NOPASSWD in sudoers), or give becomePassword in the inventory, or -K",
  su: "give becomePassword in the inventory, or -K: the password of the user to become",
  doas: "allow it without a password (nopass in doas.conf), or give becomePassword in the inventory, or -K",
};

const wrong: Readonly<Record<BecomeMethod, string>> = {
  sudo: "check becomePassword, and that sudoers allows this user to run sh",
  su: "check becomePassword: su takes the password of the user to become, not that of the connection's user",
  doas: "check becomePassword, and that doas.conf permits this user to run sh",
};
