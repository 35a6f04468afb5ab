/** The run-time check of connection settings: an inventory may come from a file that no compiler has seen. */
import type { Location } from "../base/errors.ts";
import { isTransport } from "../transport/custom.ts";
import { isHop } from "../transport/jump.ts";
import { settingOfAnsible } from "./ansible-names.ts";
import { describe, oneOf, unknownKey, wrongValue } from "./invalid.ts";
import type { HostSettings } from "./types.ts";

interface Rule {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const bool: Rule = { expected: "true or false", holds: (value) => typeof value === "boolean" };

const text: Rule = { expected: "text", holds: (value) => typeof value === "string" && value !== "" };

/** Text that ends up as a word of an ssh command, where a dash in front would make it an option. */
const word: Rule = {
  expected: `text without spaces and no "-" in front`,
  holds: (value) => typeof value === "string" && /^[^-\s]\S*$/.test(value),
};

const password: Rule = {
  expected: "text or a secret",
  holds: (value) =>
    typeof value === "string" ||
    (typeof value === "object" && value !== null && "reveal" in value && typeof value.reveal === "function"),
};

const choice = (...names: readonly string[]): Rule => ({
  expected: oneOf(names.map((name) => `"${name}"`)),
  holds: (value) => typeof value === "string" && names.includes(value),
});

const isJump = (value: unknown) => typeof value === "string" && value.split(",").every(isHop);

const rules = {
  address: word,
  port: {
    expected: "a whole number from 1 to 65535",
    holds: (value) => typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535,
  },
  user: word,
  identityFile: text,
  passphrase: password,
  password,
  forwardAgent: bool,
  knownHosts: text,
  hostKeys: choice("pin", "known", "insecure"),
  jump: {
    expected: `jump hosts as "user@host:port,…" or a list of them`,
    holds: (value) => [value].flat().length > 0 && [value].flat().every(isJump),
  },
  transport: {
    expected: `"ssh", "openssh", "local" or what defineTransport() makes`,
    holds: (value) => isTransport(value) || choice("ssh", "openssh", "local").holds(value),
  },
  lease: bool,
  become: bool,
  becomeUser: word,
  becomeMethod: choice("sudo", "su", "doas"),
  becomePassword: password,
  connectTimeout: {
    expected: "a number of seconds above 0",
    holds: (value) => typeof value === "number" && Number.isFinite(value) && value > 0,
  },
} satisfies Record<keyof HostSettings, Rule>;

/** The names of all connection settings. */
export const settingNames: readonly string[] = Object.keys(rules);

/** Whether a setting of this name exists. */
export function isSettingName(name: string): name is keyof HostSettings {
  return Object.hasOwn(rules, name);
}

/** What a setting expects, or undefined if the value is right. A missing value is always right. */
export function settingProblem(name: keyof HostSettings, value: unknown): string | undefined {
  const rule: Rule = rules[name];
  return value === undefined || rule.holds(value) ? undefined : rule.expected;
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
  const defined = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  assertSettings(defined, subject, locate, otherKeys);
  return defined;
}

function assertSettings(
  values: Record<string, unknown>,
  subject: string,
  locate: (key: string) => Location | undefined,
  otherKeys: readonly string[],
): asserts values is Record<string, unknown> & HostSettings {
  for (const [name, value] of Object.entries(values)) {
    if (!isSettingName(name))
      throw unknownKey(subject, name, [...settingNames, ...otherKeys], locate(name), ansibleHint(name));
    const expected = settingProblem(name, value);
    if (expected !== undefined)
      throw wrongValue(`${subject}, ${name}`, expected, describeSetting(name, value), locate(name));
  }
}

function ansibleHint(name: string): string | undefined {
  const setting = settingOfAnsible(name);
  return setting && `What is "${name}" in Ansible is "${setting}" here.`;
}

/** The words for a wrong value. A wrong password is still a password, so only its type is told. */
export function describeSetting(name: keyof HostSettings, value: unknown): string {
  if (rules[name] !== password || typeof value === "object") return describe(value);
  return `a ${typeof value}`;
}
