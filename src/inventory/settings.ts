/** The run-time check of connection settings: an inventory may come from a file that no compiler has seen. */
import type { Location } from "../base/errors.ts";
import { flag, type OptionType, oneOf, type } from "../base/option-types.ts";
import { mistakeIn, type OptionMistake, type OptionTypes } from "../base/options.ts";
import { isTransport } from "../transport/custom.ts";
import { isHop } from "../transport/jump.ts";
import { settingOfAnsible } from "./ansible-names.ts";
import { refuseMistakes } from "./invalid.ts";
import type { HostSettings } from "./types.ts";

const text = type("text", (value) => typeof value === "string" && value !== "");

/** Text that ends up as a word of an ssh command, where a dash in front would make it an option. */
const word = type(
  `text without spaces and no "-" in front`,
  (value) => typeof value === "string" && /^[^-\s]\S*$/.test(value),
);

const password: OptionType = {
  ...type(
    "text or a secret",
    (value) =>
      typeof value === "string" ||
      (typeof value === "object" &&
        value !== null &&
        "reveal" in value &&
        typeof value.reveal === "function"),
  ),
  isSecret: true,
};

const builtIn = ["ssh", "openssh", "local"];

const isJump = (value: unknown) => typeof value === "string" && value.split(",").every(isHop);

const settingTypes: OptionTypes<HostSettings> = {
  address: word,
  port: type(
    "a whole number from 1 to 65535",
    (value) => typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535,
  ),
  user: word,
  identityFile: text,
  passphrase: password,
  password,
  forwardAgent: flag,
  knownHosts: text,
  hostKeys: oneOf(["pin", "known", "insecure"]),
  jump: type(
    `jump hosts as "user@host:port,…" or a list of them`,
    (value) => [value].flat().length > 0 && [value].flat().every(isJump),
  ),
  transport: type(
    `"ssh", "openssh", "local" or what defineTransport() makes`,
    (value) => isTransport(value) || builtIn.some((name) => name === value),
  ),
  lease: flag,
  become: flag,
  becomeUser: word,
  becomeMethod: oneOf(["sudo", "su", "doas"]),
  becomePassword: password,
  connectTimeout: type(
    "a number of seconds above 0",
    (value) => typeof value === "number" && Number.isFinite(value) && value > 0,
  ),
};

/** What is wrong with a setting's value, or undefined if it is right. A missing value is always right. */
export function settingMistake(name: keyof HostSettings, value: unknown): OptionMistake | undefined {
  return mistakeIn({ [name]: value }, settingTypes);
}

/**
 * Reads settings from an object: every key must be a setting, every value of the right type.
 *
 * @param values the object; what is undefined in it is left out, so that it hides no group's setting
 * @param subject whose settings they are, for the message
 * @param locate where one of the keys is written
 * @param otherKeys keys that are also possible beside the settings, for the message
 * @throws ShowrunnerError "inventory.invalid"
 */
export function readSettings(
  values: Readonly<Record<string, unknown>>,
  subject: string,
  locate: (key: string) => Location | undefined,
  otherKeys: readonly string[] = [],
): HostSettings {
  const defined: Record<string, unknown> = Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  );
  refuseMistakes<HostSettings>(defined, settingTypes, subject, locate, {
    keys: otherKeys,
    hint: ansibleHint,
  });
  return defined;
}

function ansibleHint(name: string): string | undefined {
  const setting = settingOfAnsible(name);
  return setting && `What is "${name}" in Ansible is "${setting}" here.`;
}
