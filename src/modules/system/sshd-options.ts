/** Options of sshd as a typed value, and the file that sets them. */
import type { Mistake } from "../../kit/index.ts";

/** What an option may be: true is `yes`. A list becomes one line, or one line each where sshd wants that. */
export type SshdValue = string | number | boolean | readonly (string | number)[];

/** Options of sshd (sshd_config(5)), by their names there. */
export interface SshdOptions {
  /** Whether root may log in. */
  readonly PermitRootLogin?: "yes" | "no" | "prohibit-password" | "forced-commands-only";
  /** Whether a password will do. */
  readonly PasswordAuthentication?: boolean;
  readonly KbdInteractiveAuthentication?: boolean;
  readonly PubkeyAuthentication?: boolean;
  readonly PermitEmptyPasswords?: boolean;
  /** What is needed together, with commas: "publickey,keyboard-interactive"; each element of a list will do. */
  readonly AuthenticationMethods?: string | readonly string[];
  /** Who may log in, and nobody else: names, patterns, `user@host`. */
  readonly AllowUsers?: readonly string[];
  readonly AllowGroups?: readonly string[];
  readonly DenyUsers?: readonly string[];
  readonly DenyGroups?: readonly string[];
  /** The ports that it listens on, beside those of other files. */
  readonly Port?: number | readonly number[];
  readonly ListenAddress?: string | readonly string[];
  readonly AllowTcpForwarding?: boolean | "local" | "remote";
  readonly AllowAgentForwarding?: boolean;
  readonly AllowStreamLocalForwarding?: boolean | "local" | "remote";
  readonly X11Forwarding?: boolean;
  readonly PermitTunnel?: boolean | "point-to-point" | "ethernet";
  readonly GatewayPorts?: boolean | "clientspecified";
  readonly MaxAuthTries?: number;
  readonly MaxSessions?: number;
  readonly MaxStartups?: string;
  /** Seconds, or a text such as "1m". */
  readonly LoginGraceTime?: number | string;
  readonly ClientAliveInterval?: number | string;
  readonly ClientAliveCountMax?: number;
  readonly LogLevel?:
    | "QUIET"
    | "FATAL"
    | "ERROR"
    | "INFO"
    | "VERBOSE"
    | "DEBUG"
    | "DEBUG1"
    | "DEBUG2"
    | "DEBUG3";
  readonly Banner?: string;
  readonly UsePAM?: boolean;
  readonly UseDNS?: boolean;
  readonly Ciphers?: string | readonly string[];
  readonly MACs?: string | readonly string[];
  readonly KexAlgorithms?: string | readonly string[];
  readonly HostKeyAlgorithms?: string | readonly string[];
  readonly PubkeyAcceptedAlgorithms?: string | readonly string[];
  readonly [option: string]: SshdValue | undefined;
}

/** Options for some connections only. */
export interface SshdMatch {
  /** For which: "User backup", "Address 10.0.0.0/24". */
  readonly criteria: string;
  readonly options: SshdOptions;
}

/** Options whose list is one word with commas. */
const commas = /^(ciphers|macs|\w*algorithms)$/i;
/** Options that have a line for each value. */
const repeated = /^(port|listenaddress|hostkey|hostcertificate|acceptenv|subsystem)$/i;

/** What keeps a value from being options, if anything does. */
export function mistakeInOptions(options: unknown): Mistake | undefined {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    return { message: 'expected options such as { PermitRootLogin: "no" }' };
  for (const [name, value] of Object.entries(options)) {
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name)) return { message: `"${name}" is no option of sshd` };
    if (/^(match|include)$/i.test(name))
      return {
        message: `${name} is no option`,
        hint: "there is the parameter `match`; or give the whole file as `content`",
      };
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (values.length === 0)
      return { message: `${name}: expected a value, got an empty list`, hint: "leave it out" };
    if (!values.every((one) => one === undefined || isValue(one)))
      return { message: `${name}: expected a text of one line, a number, true, false, or a list of such` };
  }
  return undefined;
}

function isValue(value: unknown): boolean {
  if (typeof value === "string") return /^[^\0\n\r]*[^\0\s][^\0\n\r]*$/.test(value);
  return typeof value === "boolean" || (typeof value === "number" && Number.isSafeInteger(value));
}

/** The file that sets them. */
export function sshdText(options: SshdOptions, match: readonly SshdMatch[] = []): string {
  const blocks = match.flatMap(({ criteria, options }) => [
    "",
    `Match ${criteria}`,
    ...optionLines(options).map((line) => `    ${line}`),
  ]);
  return `${["# Made by Showrunner", ...optionLines(options), ...blocks].join("\n")}\n`;
}

function optionLines(options: SshdOptions): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (typeof value === "boolean") return [`${name} ${value ? "yes" : "no"}`];
    if (typeof value === "string" || typeof value === "number") return [`${name} ${value}`];
    if (repeated.test(name)) return value.map((one) => `${name} ${one}`);
    return [`${name} ${value.join(commas.test(name) ? "," : " ")}`];
  });
}
