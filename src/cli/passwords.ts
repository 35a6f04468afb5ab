/** Passwords for hosts whose inventory has none: asked for, or from the environment. */
import type { Command } from "commander";
import type { HostSettings } from "../inventory/index.ts";
import { secretFrom } from "../secrets/sources.ts";
import { type PasswordSetting, passwordVariables, takePasswords } from "./taken-passwords.ts";

export interface PasswordFlags {
  readonly askPass?: boolean;
  readonly askBecomePass?: boolean;
}

/** `-k` and `-K`, on every command that reaches hosts. */
export function passwordOptions(command: Command): Command {
  return command
    .option(
      "-k, --ask-pass",
      `asks for the SSH password, where the inventory has none (else $${passwordVariables.password})`,
    )
    .option(
      "-K, --ask-become-pass",
      `asks for the password of sudo, su or doas, where the inventory has none (else $${passwordVariables.becomePassword})`,
    );
}

/** The settings that hosts get where their inventory leaves them open. Nothing is asked before a run begins. */
export function givenPasswords({ askPass, askBecomePass }: PasswordFlags): HostSettings {
  return {
    ...passwordFrom("password", askPass, "SSH password"),
    ...passwordFrom("becomePassword", askBecomePass, "become password"),
  };
}

function passwordFrom(setting: PasswordSetting, asked: boolean | undefined, text: string): HostSettings {
  if (asked) return { [setting]: secretFrom.prompt(text) };
  const value = takePasswords()[setting];
  return value ? { [setting]: value } : {};
}
