/** The day from which a user can no longer log in. */

import { accountFilesAltered, userExpiry } from "../../facts/users.ts";
import { type Change, change, sh } from "../../kit/index.ts";
import type { UserSettings } from "./user-params.ts";

export function* setExpiry(
  { name }: UserSettings,
  expires: string,
  now: string | undefined,
): Generator<Change, void> {
  if (now === expires) return;
  yield change({
    what: "expires",
    before: now,
    after: expires,
    script: sh`usermod --expiredate ${expiryOption(expires)} -- ${name}`,
    sets: [userExpiry.is(name, expires)],
    touches: accountFilesAltered,
  });
}

/** As useradd and usermod take it. */
export function expiryOption(expires: string): string {
  return expires === "never" ? "" : expires;
}

export function isDay(text: string): boolean {
  if (text === "never") return true;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
