/** Says why no connection was made, in the user's terms and with the host's own words. */
import { type ErrorCode, messageOf, ShowrunnerError } from "../base/errors.ts";
import { pasted } from "../base/script.ts";
import type { ResolvedSettings } from "./settings.ts";

/** What is known of an attempt besides the error with which it ended. */
interface Attempt {
  /** What the host has said, line by line: before it named its protocol, and while the user logged in. */
  readonly said: readonly string[];
  /** The keys and passwords that were tried, in order. */
  readonly tried: readonly string[];
  /** Why keys that might have been tried were not. */
  readonly untried?: readonly string[];
}

type Target = Pick<ResolvedSettings, "address" | "port" | "user">;

interface Cause {
  readonly pattern: RegExp;
  readonly code?: ErrorCode;
  /** Whether the matching line is the host's own sentence, and is shown as the reason. */
  readonly isSentence?: boolean;
  /** Whether the last thing that the host has said is the reason. */
  readonly isTold?: boolean;
  what(target: Target & { readonly where: string }): string;
  hint(target: Target & { readonly where: string }): string;
}

/** What the host, or the client, may say, the most telling first. */
const causes: readonly Cause[] = [
  {
    pattern: /account (has|is) expired/i,
    code: "host.auth",
    isSentence: true,
    what: ({ where, user }) => `the account ${user} of ${where} has expired`,
    hint: ({ user }) =>
      `have root of the host extend it (chage -E -1 ${pasted(user)}), or connect as another user`,
  },
  {
    pattern: /too many authentication failures/i,
    code: "host.auth",
    isSentence: true,
    what: ({ where, user }) => `${where} broke off before a key for the user ${user} was found`,
    hint: () =>
      "name the right key as identityFile: then only that key is tried (as with IdentitiesOnly in ~/.ssh/config); or let the host's sshd allow more tries (MaxAuthTries)",
  },
  {
    pattern: /not allowed at this time/i,
    isSentence: true,
    what: ({ where }) => `${where} takes no connection from this machine for the time being`,
    hint: () =>
      "its sshd shuts out addresses from which logins failed (PerSourcePenalties in its sshd_config): correct the user or key that was refused before, and wait some minutes",
  },
  {
    pattern: /exceeded maxstartups/i,
    isSentence: true,
    what: ({ where }) => `${where} takes no more connections that are not logged in yet`,
    hint: () => "run fewer hosts at a time (--forks), or raise MaxStartups in the host's sshd_config",
  },
  {
    pattern: /authentication methods failed|permission denied/i,
    code: "host.auth",
    what: ({ where, user }) => `${where} accepted no key or password for the user ${user}`,
    hint: () =>
      "name the right user and identityFile in the inventory, or add your key to the agent or to the host; if it is the right one, the log of the host's sshd tells why it was refused",
  },
  {
    pattern: /ECONNREFUSED|connection refused/i,
    what: ({ where }) => `nothing listens on ${where}`,
    hint: () => "is sshd running there, on that port?",
  },
  {
    pattern: /ENOTFOUND|EAI_AGAIN|could not resolve|name or service not known/i,
    what: ({ address }) => `the name ${address} is unknown`,
    hint: () => "give the host an address in the inventory",
  },
  {
    pattern: /timed out|ETIMEDOUT|no answer within/i,
    what: ({ where }) => `${where} did not answer in time`,
    hint: () => "is the host up, and does a firewall let you through?",
  },
  {
    pattern: /EHOSTUNREACH|ENETUNREACH|no route to host|network is unreachable/i,
    what: ({ where }) => `there is no way to ${where}`,
    hint: () => "is the host up, and on a network that you reach?",
  },
  {
    pattern: /lost before handshake|kex_exchange_identification: .*(closed|reset)/i,
    what: ({ where }) => `${where} took the connection and closed it at once`,
    hint: () =>
      "its sshd may have too many connections that are not logged in yet (MaxStartups), shut out this address after failed logins (PerSourcePenalties), or not work at all: the log of sshd tells",
  },
  {
    // this may last only a moment, as while a host starts (pam_nologin): a task that waits for the host goes on waiting
    pattern: /no response from server|connection (closed|reset) by/i,
    isTold: true,
    what: ({ where, user }) => `${where} closed the connection while the user ${user} logged in`,
    hint: () =>
      "that user may not log in there, or not now: an account that is locked, /etc/nologin, or a rule of PAM (access.conf, time.conf); the log of the host's sshd tells",
  },
];

/** @param error what ssh2, or the system's ssh, said */
export function explainFailure(
  error: unknown,
  target: Target,
  { said, tried, untried = [] }: Attempt = { said: [], tried: [] },
): ShowrunnerError {
  if (error instanceof ShowrunnerError) return error;
  const message = messageOf(error);
  const { address, port, user } = target;
  const where = `${address}:${port}`;
  const ended = message.split("\n").map((line) => line.trim());
  // the host's own words are a better reason than how the connection ended, if they are about that at all
  const heardFor = ({ isSentence }: Cause) => (isSentence ? [...said, ...ended] : ended);
  const cause = causes.find((one) => heardFor(one).some((line) => one.pattern.test(line)));
  const details = [
    ...said.slice(-5).map((line) => `the host said: ${line}`),
    ...(tried.length === 0 ? [] : [`tried in this order: ${tried.join(", ")}`]),
    ...untried,
  ];
  if (cause === undefined)
    return new ShowrunnerError("host.unreachable", `no connection to ${where}: ${message}`, {
      hint: `try it by hand: ssh -p ${port} -- ${pasted(`${user}@${address}`)}`,
      details,
      cause: error,
    });
  const { code = "host.unreachable", isSentence, isTold } = cause;
  const own = isSentence ? heardFor(cause).find((line) => cause.pattern.test(line)) : isTold && said.at(-1);
  const reason = own ? `: ${own.slice(0, 200)}` : "";
  return new ShowrunnerError(code, `${cause.what({ ...target, where })}${reason}`, {
    hint: cause.hint({ ...target, where }),
    details: code === "host.auth" || said.length > 0 || isTold ? details : [],
    cause: error,
  });
}
