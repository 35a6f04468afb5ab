/** Why nothing runs for a user whom a host has let in. */
import { ShowrunnerError } from "../base/errors.ts";
import { pasted } from "../base/script.ts";
import type { ExplainStart } from "./start.ts";

/** The user who was let in, as messages and commands name the user. */
interface Named {
  readonly name: string;
  readonly word: string;
}

interface Saying {
  readonly pattern: RegExp;
  readonly what: (user: Named) => string;
  readonly hint: (user: Named) => string;
}

/** What hosts say, and what is to be done about it. */
const sayings: readonly Saying[] = [
  {
    pattern: /password (has |is )?expired|must change your password|password change required/i,
    what: ({ name }) => `the password of ${name} has expired, and the host runs nothing before it is changed`,
    hint: ({ word }) =>
      `log in by hand and change it, or have root do so on the host: passwd ${word}, or chage -d today ${word}`,
  },
  {
    pattern: /account is (currently )?not available|nologin/i,
    what: ({ name }) => `the host lets ${name} log in, but the user's login shell runs no commands`,
    hint: ({ word }) =>
      `connect as another user, or give this one a shell on the host: usermod -s /bin/sh ${word}`,
  },
  {
    pattern: /please login as the user/i,
    what: ({ name }) => `the host lets ${name} run no commands, and names another user`,
    hint: () => "set the user of the inventory to the one that the host names, and become root from there",
  },
  {
    pattern: /sftp connections only/i,
    what: ({ name }) => `the host lets ${name} transfer files, and nothing else`,
    hint: () =>
      "connect as another user, or take ForceCommand internal-sftp out of the host's sshd_config for this one",
  },
  {
    // only about sh itself: a missing sudo is reported in the same words
    pattern: /\bsh: (command )?(not found|no such file)|command not found: sh\b|unknown command: sh\b/i,
    what: ({ name }) => `the host found no sh for ${name}`,
    hint: ({ word }) =>
      `the user's login files must leave the folder of sh in PATH: compare with \`ssh ${word}@HOST sh\``,
  },
];

/** @param user who was let in; undefined where a transport does not say */
function named(user: string | undefined): Named {
  return user === undefined
    ? { name: "the user", word: "USER" }
    : { name: `the user ${user}`, word: pasted(user) };
}

/** The error where what was printed is one of the sentences with which hosts refuse to run anything. */
export function knownRefusal(user: string | undefined, said: string): ShowrunnerError | undefined {
  const known = sayings.find(({ pattern }) => pattern.test(said));
  return known && refusal(known.what(named(user)), said, known.hint(named(user)));
}

/**
 * Makes the errors for a user whom a host has let in, and for whom nothing runs. They are told what was printed instead
 * of an answer, and what is known besides, such as that it took too long.
 *
 * @param user the connection's; undefined where a transport does not say
 */
export function nothingRuns(user: string | undefined): ExplainStart {
  const hint = `what the user's login files, or a forced command of its key, do may be in the way: compare with \`ssh ${named(user).word}@HOST sh\``;
  return (said, problem = "its login shell ended") =>
    knownRefusal(user, said) ??
    refusal(`nothing could be started as the connection's user: ${problem}`, said, hint);
}

/** The host's own sentence is the reason: the last thing that it has said. */
function refusal(what: string, said: string, hint: string): ShowrunnerError {
  const lines = said.split(/[\r\n]+/).filter((line) => line.trim() !== "");
  const reason = lines.at(-1)?.trim().slice(0, 200);
  return new ShowrunnerError("host.auth", reason === undefined ? what : `${what}: ${reason}`, {
    details: lines.slice(-5),
    hint,
  });
}
