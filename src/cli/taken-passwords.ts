/** The passwords that the command's environment holds, for hosts whose inventory has none. */
import { Secret } from "../base/secret.ts";

export const passwordVariables = {
  password: "SHOWRUNNER_PASSWORD",
  becomePassword: "SHOWRUNNER_BECOME_PASSWORD",
} as const;

export type PasswordSetting = keyof typeof passwordVariables;

let taken: Readonly<Record<PasswordSetting, Secret | undefined>> | undefined;

/**
 * Takes the passwords out of the environment: what this process starts is not to get them. Called first of all, before
 * anything of the project's is loaded, and whether the command has any use for them or not.
 */
export function takePasswords(): Readonly<Record<PasswordSetting, Secret | undefined>> {
  taken ??= { password: take("password"), becomePassword: take("becomePassword") };
  return taken;
}

function take(setting: PasswordSetting): Secret | undefined {
  const variable = passwordVariables[setting];
  const value = process.env[variable];
  delete process.env[variable];
  return value ? new Secret(value) : undefined;
}
