/** The tokens in paths of ssh_config(5), which `ssh -G` prints as they stand. */
import { homedir, hostname, userInfo } from "node:os";

/** What they stand for. */
export interface TokenValues {
  /** The host as the inventory has it. */
  readonly given: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
}

/** Expands `%h` and its like, and `${NAME}` of the environment. Anything else stays as it is. */
export function expandTokens(path: string, { given, address, port, user }: TokenValues): string {
  const { username, uid } = userInfo();
  const values: Readonly<Record<string, string>> = {
    "%": "%",
    d: homedir(),
    h: address,
    i: String(uid),
    k: given,
    L: hostname().split(".")[0] ?? "",
    l: hostname(),
    n: given,
    p: String(port),
    r: user,
    u: username,
  };
  return path.replace(
    /%(.)|\$\{(\w+)\}/g,
    (text, token: string | undefined, name: string | undefined) =>
      (token === undefined ? process.env[name ?? ""] : values[token]) ?? text,
  );
}
