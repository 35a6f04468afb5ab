/** Why nothing runs for a user whom a host has let in. */
import { ShowrunnerError } from "../core/base/errors.ts";

/** What hosts say, and what is to be done about it. */
const sayings: readonly { readonly pattern: RegExp; readonly what: string; readonly hint: string }[] = [
  {
    pattern: /password (has |is )?expired|must change your password|password change required/i,
    what: "the user's password has expired, and the host runs nothing before it is changed",
    hint: "log in by hand and change it, or have root do so on the host: passwd USER, or chage -d today USER",
  },
  {
    pattern: /account is (currently )?not available|nologin/i,
    what: "the host lets the user in, but its login shell runs nothing",
    hint: "connect as another user, or give this one a shell on the host: usermod -s /bin/sh USER",
  },
  {
    pattern: /please login as the user/i,
    what: "the host lets this user run nothing, and names another",
    hint: "set the user of the inventory to the one that the host names, and become root from there",
  },
  {
    pattern: /sftp connections only/i,
    what: "the host lets the user transfer files, and nothing else",
    hint: "connect as another user, or take ForceCommand internal-sftp out of the host's sshd_config for this one",
  },
  {
    // of sh itself: that sudo is not there is said in the same words
    pattern: /\bsh: (command )?(not found|no such file)|command not found: sh\b|unknown command: sh\b/i,
    what: "the host found no sh for the user",
    hint: "its login files must leave the folder of sh in PATH: compare with `ssh USER@HOST sh`",
  },
];

/** The error where what was printed is one of the sentences with which hosts refuse to run anything. */
export function knownRefusal(said: string): ShowrunnerError | undefined {
  const known = sayings.find(({ pattern }) => pattern.test(said));
  return known && refusal(known.what, said, known.hint);
}

/**
 * @param said what was printed instead of an answer
 * @param problem what is known besides, such as that it took too long
 */
export function nothingRuns(said: string, problem = "its login shell ended"): ShowrunnerError {
  const hint =
    "what the user's login files, or a forced command of its key, do may be in the way: compare with `ssh USER@HOST sh`";
  return (
    knownRefusal(said) ?? refusal(`nothing could be started as the connection's user: ${problem}`, said, hint)
  );
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
