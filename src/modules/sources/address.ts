/** Addresses of files on web servers. */
import type { Mistake } from "../../kit/index.ts";

/** What is wrong with the address of a file that a host is to fetch. */
export function mistakeInAddress(value: unknown): Mistake | undefined {
  // what stands before an @ may be a password, also where the address is none
  const hides = typeof value === "string" && value.includes("@");
  const shown = hides
    ? "one that is not shown, as it may have a password in it"
    : (JSON.stringify(value) ?? "nothing");
  if (typeof value !== "string" || !URL.canParse(value) || /\s/.test(value))
    return { message: `expected an address such as "https://example.org/app.tar.gz", got ${shown}` };
  const { protocol, username, password } = new URL(value);
  if (protocol !== "http:" && protocol !== "https:")
    return {
      message: `expected an address of http:// or https://, got ${shown}`,
      hint: protocol === "file:" ? "copy takes local files to the host" : undefined,
    };
  // the address is shown in reports
  if (username !== "" || password !== "")
    return {
      message: "the address has a user and a password in it",
      hint: "give them to `download`, as a secret: headers: { authorization: secret`Basic ${…}` }",
    };
  return undefined;
}
