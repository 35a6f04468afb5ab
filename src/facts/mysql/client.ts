/** Runs SQL through the host's own client. SQL and passwords go by pipes: neither is ever in a process list. */

import { randomBytes } from "node:crypto";
import { feed, rawScript, type Script, sh } from "../../kit/index.ts";
import { loginOptions, type ServerKey } from "./login.ts";
import { prologue, type Sql } from "./sql.ts";

const findClient = rawScript("client=$(command -v mariadb || command -v mysql)");

/** For every run. A statement that fails would be printed with the error otherwise. */
const options = [
  "--batch",
  "--default-character-set=utf8mb4",
  "--connect-timeout=10",
  "--skip-reconnect",
  "--loose-skip-print-query-on-error",
];

/** The groups of option files that the client reads. */
const groups = "mysql mariadb-client client client-server client-mariadb";

/**
 * Prints an option file for this host's own server, with what the user's option files say of logging in. What else
 * stands there (`force`, `html`, `database`, another host) would change what a statement does or how it is answered.
 * A certificate proves nothing on a socket: MariaDB's client, from 11.4 on, would refuse one of an authority of one's own.
 * Only MySQL knows `-s`, without which it prints no password.
 */
const ownLogin = rawScript(String.raw`{
printf '[client]\nprotocol=SOCKET\nhost=localhost\nloose-skip-ssl-verify-server-cert\n'
{ my_print_defaults -s ${groups} || my_print_defaults ${groups}; } 2>/dev/null |
  grep -E '^--((user|password|socket|default.auth|plugin.dir|tls.version)=|((skip|disable|enable).)?ssl)' |
  sed 's/["\]/\\&/g; s/^--/loose-/; s/=\(.*\)/="\1"/'
}`);

/**
 * A script that runs SQL on a server and ends with the client's status.
 *
 * @param server where, and as whom
 * @param text statements; they stop at the first that fails
 * @param flags further options of the client, such as `--vertical`
 */
export function runSql(server: ServerKey, text: Sql, flags: readonly string[] = []): Script {
  const client = rawScript('"$client"');
  return rawScript(`${findClient.text} || { echo "neither mariadb nor mysql is installed" >&2; exit 127; }
${withLogin(server, text, client, flags).text}`);
}

/** Stands between the answers, and in none of them. */
const boundary = randomBytes(16).toString("hex");

/** What one server answered. */
type Answer =
  | { readonly reached: true; readonly xml: string; readonly denied: boolean }
  | { readonly reached: false; readonly problem: string };

/**
 * A script that asks several servers. A server that can't be reached is an answer; a statement that fails is a
 * failure, unless only a privilege is missing for it: then the answer ends there.
 */
export function askServers(questions: readonly { readonly server: ServerKey; readonly text: Sql }[]): Script {
  const ask = rawScript("ask");
  const runs = questions.map(
    ({ server, text }) => `{ ${withLogin(server, text, ask, ["--xml"]).text}\n} || exit 1`,
  );
  // an error before the first statement names no line
  return rawScript(`${findClient.text}
ask() {
  if [ -z "$client" ]; then cat >/dev/null; printf ${boundary}; printf '${boundary}-neither mariadb nor mysql is installed'; return; fi
  printf ${boundary}
  { said=$("$client" "$@" 2>&1 >&3 3>&-); } 3>&1 && { printf '${boundary}+'; return; }
  case $said in
    *'ERROR 1227 '*') at line '*|*'ERROR 1142 '*') at line '*) printf '${boundary}!' ;;
    *') at line '*) printf '%s\\n' "$said" >&2; return 1 ;;
    *) printf '${boundary}-%s' "$said" ;;
  esac
}
${runs.join("\n")}`);
}

/** Reads what `askServers` printed, in the questions' order. */
export function readAnswers(stdout: Buffer): Answer[] {
  const pieces = stdout.toString().split(boundary).slice(1);
  const answers: Answer[] = [];
  for (let at = 0; at + 1 < pieces.length; at += 2) {
    const [xml = "", end = ""] = [pieces[at], pieces[at + 1]];
    answers.push(
      end.startsWith("-")
        ? { reached: false, problem: end.slice(1).trim() }
        : { reached: true, xml, denied: end.startsWith("!") },
    );
  }
  return answers;
}

/** The client sees one option file: the login, which comes through a descriptor of its own. */
function withLogin(server: ServerKey, text: Sql, command: Script, flags: readonly string[]): Script {
  // the option file must come first among the words
  const words = ["--defaults-file=/dev/fd/4", ...options, ...flags];
  // MySQL's client would also read ~/.mylogin.cnf
  const run = sh`exec 4<&0 && export MYSQL_TEST_LOGIN_FILE=/dev/null
${feed(`${prologue.text}${text.text}`, sh`${command} ${words}`)}`;
  return feedLogin(server, run);
}

/** Feeds a script an option file that tells a client how to log in, and nothing else. */
export function feedLogin({ login }: ServerKey, script: Script): Script {
  return login === undefined
    ? rawScript(`${ownLogin.text} | {\n${script.text}\n}`)
    : feed(loginOptions(login), script);
}
