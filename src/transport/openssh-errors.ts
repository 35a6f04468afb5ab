/** Why the system's ssh made no connection, in the words that the built-in client has for it. */
import { messageOf, ShowrunnerError } from "../base/errors.ts";
import { silentAgent } from "./agent.ts";
import { changedKey, refusal, revokedKey, unknownKey } from "./host-key-refusal.ts";
import { namedKey } from "./key-file.ts";
import type { OpenSshSettings } from "./settings.ts";
import { explainFailure } from "./ssh-errors.ts";
import { tooLate } from "./start.ts";
import { nothingRuns } from "./start-refused.ts";

/**
 * @param error what ssh said, its debug messages included
 * @param hop the jump host on the way, and why it last refused to connect somewhere
 */
export async function explainOpenSsh(
  error: unknown,
  settings: OpenSshSettings,
  hop?: { readonly name: string; readonly refusal: string | undefined },
): Promise<ShowrunnerError> {
  if (error instanceof Error && "code" in error && error.code === "ENOENT")
    return new ShowrunnerError("host.unreachable", "there is no ssh on this machine", {
      hint: 'install OpenSSH\'s client, or use transport: "ssh"',
    });
  const lines = messageOf(error)
    .split("\n")
    .map((line) => line.trim());
  const said = lines.filter((line) => line !== "" && !chatter.test(line));
  const words = said.join("\n") || "ssh ended without a message";
  const details = said.slice(-8);
  const told = ({ code, message, hint, details: more }: ShowrunnerError) =>
    new ShowrunnerError(code, message, { hint, details: [...more, ...details], cause: error });
  if (/host key verification failed|IDENTIFICATION HAS CHANGED/i.test(words))
    return told(explainHostKey(words, shownKey(lines), settings));
  const isLate = lines.at(-1) === "Timed out";
  const isIn = lines.some((line) => loggedIn.test(line));
  if (isIn && !/closed by remote host/i.test(words))
    return nothingRuns(settings.reached.user)(words, isLate ? tooLate : undefined);
  const refused = hop && /forwarding request failed/i.test(words) ? hop.refusal : undefined;
  const why = explainFailure(new Error(refused ?? words), settings.reached, {
    said: lines.flatMap((line) => {
      const isBanner = said.includes(line) && !ownWords.test(line);
      return isBanner ? line : (greeting.exec(line)?.[1] ?? []);
    }),
    tried: lines.flatMap((line) => offeredKey(line) ?? []),
    untried: settings.identityFile === undefined ? await silentAgent(settings.agent) : [],
  });
  const useless = why.code === "host.auth" ? await uselessKey(settings) : undefined;
  if (useless) return told(useless);
  const from = hop ? `from the jump host ${hop.name}: ` : "";
  return told(
    new ShowrunnerError(why.code, `${from}${why.message}`, { hint: why.hint, details: why.details }),
  );
}

/** Messages that ssh prints only as debug messages. */
const chatter = /^(debug\d: |OpenSSH_|Authenticated to |Transferred: |Bytes per second: )/;

/** Messages of ssh itself after login. */
const loggedIn = /^Authenticated to /;

/** Messages of ssh itself about a connection: everything else is the host's banner. */
const ownWords =
  /^(Connection |Connecting |Received disconnect|Disconnected |kex_|ssh: |ssh_|Load key |sign_and_send|mux_|channel |Timed out|Warning: |Host key |No |[^ ]+@[^ ]+: Permission denied|ssh ended)/;

/** What a host says before it names its protocol. */
const greeting = /^debug1: kex_exchange_identification: banner line \d+: (.*)/;

/** A key that was tried, as messages call it. */
function offeredKey(line: string): string | undefined {
  const [, name, fingerprint, from = ""] =
    /^debug1: Offering public key: (.*) \S+ (SHA256:\S+)(?: explicit)?(?: (agent))?$/.exec(line) ?? [];
  if (name === undefined) return undefined;
  return from === "" ? name : `${name} (${fingerprint}) of the agent`;
}

/** The last one, since an ssh that a ProxyJump starts prints its messages first. */
function shownKey(lines: readonly string[]): string {
  const shown = lines.flatMap((line) => /^debug1: Server host key: (\S+ \S+)/.exec(line)?.[1] ?? []);
  return shown.at(-1) ?? "of an unknown kind";
}

function explainHostKey(words: string, shown: string, settings: OpenSshSettings): ShowrunnerError {
  const { address, port } = settings.reached;
  const [, unknown] = /No \S+ host key is known for (\S+) and/.exec(words) ?? [];
  if (unknown !== undefined)
    return unknownKey({ name: unknown, shown }, settings.firstKnownHosts, settings.reached);
  const [, revoked] = /host key for (\S+) was revoked/.exec(words) ?? [];
  if (revoked !== undefined) return revokedKey(revoked, shown);
  const [, changed] = /Host key for (\S+) has changed/.exec(words) ?? [];
  const [, file, line] = /Offending .*key.* in (.+):(\d+)/.exec(words) ?? [];
  if (changed !== undefined && file !== undefined)
    return changedKey({ name: changed, shown }, { file, line: Number(line) });
  return refusal(
    `${address}:${port} showed another key than the one in your known_hosts`,
    "compare the key's fingerprint at the host's console, and correct your known_hosts only if you are sure",
  );
}

/**
 * Says that a named key could not be decrypted, which ssh itself does not say. ssh may know kinds of keys that we
 * don't.
 */
async function uselessKey(settings: OpenSshSettings): Promise<ShowrunnerError | undefined> {
  const { identityFile, passphrase, password, agent } = settings;
  if (identityFile === undefined) return undefined;
  const key = await namedKey(identityFile, passphrase, agent);
  if (!("problem" in key) || key.problem === "unusable") return undefined;
  return key.problem === "locked" && password !== undefined ? undefined : key.error;
}
