/** The accounts of the host itself, and how one may log in to them. */
import { defineFact, rawScript } from "../kit/index.ts";
import { accountFiles } from "./users.ts";

/** An account of /etc/passwd. */
export interface Account {
  /** The login name. */
  readonly name: string;
  readonly uid: number;
  /** The login shell; empty where none is named, which is /bin/sh. */
  readonly shell: string;
  /** `none`: no password is asked for; `locked`: no password is accepted; `set`: there is one. */
  readonly password: "none" | "locked" | "set";
}

/**
 * What the host says of a password, and no hash of one: in place of the field in /etc/passwd (`x`), that in /etc/shadow.
 * An `!` or a `*` begins what no password gives (shadow(5)).
 */
const script = rawScript(`cat /etc/shadow >/dev/null || exit
awk -F: '
function state(field) { return field == "" ? "none" : field ~ /^[!*]/ ? "locked" : "set" }
FILENAME == "/etc/shadow" { shadow[$1] = state($2); next }
$1 != "" { print ($2 != "x" ? state($2) : $1 in shadow ? shadow[$1] : "locked") ":" $3 ":" $7 ":" $1 }
' /etc/shadow /etc/passwd`);

/** Every account of the host itself; only root can read them. Its one key is `""`. */
export const accounts = defineFact<string, readonly Account[]>({
  name: "accounts",
  restsOn: accountFiles,
  script: () => script,
  parse(stdout, keys) {
    const all = stdout
      .toString()
      .split("\n")
      .flatMap((line) => accountIn(line) ?? []);
    return new Map(keys.map((key) => [key, all]));
  },
});

function accountIn(line: string): Account | undefined {
  const [password = "", uid = "", shell = "", name = ""] = line.split(":", 4);
  if (password !== "none" && password !== "locked" && password !== "set") return undefined;
  return { name, uid: Number(uid), shell, password };
}
