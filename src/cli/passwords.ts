/** Passwords for hosts whose inventory has none: asked for, or from the environment. */
import type { Command } from "commander";
import type { HostSettings } from "../inventory/index.ts";
import { Secret } from "../secrets/secret.ts";
import { secretFrom } from "../secrets/sources.ts";

export interface PasswordFlags {
  readonly askPass?: boolean;
  readonly askBecomePass?: boolean;
}

const variables = { password: "SHOWRUNNER_PASSWORD", becomePassword: "SHOWRUNNER_BECOME_PASSWORD" } as const;

type Setting = keyof typeof variables;

let taken: Readonly<Record<Setting, Secret | undefined>> | undefined;

/** `-k` and `-K`, on every command that reaches hosts. */
export function passwordOptions(command: Command): Command {
  return command
    .option(
      "-k, --ask-pass",
      `asks for the SSH password, where the inventory has none (else $${variables.password})`,
    )
    .option(
      "-K, --ask-become-pass",
      `asks for the password of sudo, su or doas, where the inventory has none (else $${variables.becomePassword})`,
    );
}

/** The settings that hosts get where their inventory leaves them open. Nothing is asked before a run begins. */
export function givenPasswords({ askPass, askBecomePass }: PasswordFlags): HostSettings {
  return {
    ...passwordFrom("password", askPass, "SSH password"),
    ...passwordFrom("becomePassword", askBecomePass, "become password"),
  };
}

function passwordFrom(setting: Setting, asked: boolean | undefined, text: string): HostSettings {
  if (asked) return { [setting]: secretFrom.prompt(text) };
  taken ??= { password: take("password"), becomePassword: take("becomePassword") };
  const value = taken[setting];
  return value ? { [setting]: value } : {};
}

/** Out of the environment: what this process starts is not to get it. */
function take(setting: Setting): Secret | undefined {
  const value = process.env[variables[setting]];
  delete process.env[variables[setting]];
  return value ? new Secret(value) : undefined;
}
