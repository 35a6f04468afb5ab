/** The user's ~/.ssh/config, read by the system's ssh itself (`ssh -G`), so that all of its language counts. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ShowrunnerError } from "../base/errors.ts";
import { pasted } from "../base/script.ts";
import { agentSocket } from "./agent.ts";
import { expandTokens, type TokenValues } from "./config-tokens.ts";
import { type Hop, parseJump } from "./jump.ts";
import { KnownHosts } from "./known-hosts.ts";
import { defaultKnownHosts, keepsNothing, knownHostsPaths } from "./known-hosts-files.ts";
import type { ConnectionSettings, HostKeyPolicy, OpenSshSettings, ResolvedSettings } from "./settings.ts";

type Config = ReadonlyMap<string, readonly string[]>;

/** More jump hosts than anybody has: ProxyJumps that lead in a circle end here. */
const maxDepth = 16;

const run = promisify(execFile);

/**
 * Completes settings from ~/.ssh/config, and with OpenSSH's defaults. What the settings say wins. Costs nothing where
 * there is no such file.
 *
 * @param signal ends the ssh that reads it: the file may be a pipe, or name one
 * @throws ShowrunnerError `host.unreachable` for a configuration that ssh does not understand, or a ProxyCommand
 */
export async function resolveSettings(
  settings: ConnectionSettings,
  signal?: AbortSignal,
  depth = 0,
): Promise<ResolvedSettings> {
  if (depth > maxDepth)
    throw new ShowrunnerError("host.unreachable", `the jump hosts of ${settings.name} lead in a circle`, {
      hint: "does a ProxyJump in ~/.ssh/config lead back to an earlier host?",
    });
  const config = await readConfig(settings, signal);
  const merged = config ? { ...settings, ...fromConfig(config, settings) } : settings;
  const { port = 22, user = userInfo().username, jump = [] } = merged;
  const [first, ...others] = jump;
  if (first === undefined) return { ...merged, port, user, jump: [] };
  const start = await resolveSettings(first, signal, depth + 1);
  // the way to the first jump host is its own matter; the others are reached from the one before them
  const rest = await Promise.all(others.map((hop) => resolveSettings({ ...hop, jump: [] }, signal, depth)));
  return { ...merged, port, user, jump: [...start.jump, { ...start, jump: [] }, ...rest] };
}

/**
 * Completes settings for a client that reads ~/.ssh/config itself. The file's values are needed here, since our own
 * defaults would override them: whether an unknown key is accepted, how long to wait, which jump hosts to share. The
 * system's configuration counts too.
 */
export async function completeForOpenSsh(
  settings: ConnectionSettings,
  signal?: AbortSignal,
): Promise<OpenSshSettings> {
  const config: Config = (await readConfig(settings, signal, true)) ?? new Map();
  const { jump = jumpOf(config, settings) } = settings;
  const reached = reachedBy(config, settings);
  const chosen = knownHostsForOpenSsh(config, settings);
  const [its = defaultKnownHosts()] = knownHostsPaths(config.get("userknownhostsfile")?.[0], (path) => path);
  return {
    ...settings,
    ...manners(config, settings),
    ...chosen,
    jump,
    reached,
    firstKnownHosts: chosen.knownHosts ?? its,
    agent: agentOf(config, { ...reached, given: settings.address }),
  };
}

const configFile = () => join(homedir(), ".ssh", "config");

/** ssh itself looks into the home that passwd names, whatever HOME says; without -F it reads the system's too. */
export function configOptions(): string[] {
  return homedir() === userInfo().homedir || !existsSync(configFile()) ? [] : ["-F", configFile()];
}

/** @returns undefined where the user has no configuration (and the system's is not asked for), or this machine no ssh */
async function readConfig(
  { address, port, user }: ConnectionSettings,
  signal: AbortSignal | undefined,
  systemToo = false,
): Promise<Config | undefined> {
  const file = configFile();
  if (!systemToo && !existsSync(file)) return undefined;
  const own = configOptions();
  const login = user === undefined ? [] : ["-l", user];
  const at = port === undefined ? [] : ["-p", String(port)];
  try {
    const { stdout } = await run("ssh", ["-T", "-G", ...own, ...login, ...at, "--", address], { signal });
    return parse(stdout);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new ShowrunnerError(
      "host.unreachable",
      `ssh could not read ${existsSync(file) ? file : "its configuration"}`,
      {
        details: said.split("\n"),
        hint: `try it by hand: ssh -G -- ${pasted(address)}`,
        cause: error,
      },
    );
  }
}

function parse(text: string): Config {
  const config = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const space = line.indexOf(" ");
    if (space === -1) continue;
    const name = line.slice(0, space);
    config.set(name, [...(config.get(name) ?? []), line.slice(space + 1)]);
  }
  return config;
}

type FromConfig = Partial<ConnectionSettings> &
  Pick<ResolvedSettings, "keyFiles" | "noAgent" | "hostKeyAlias">;

/** What the configuration says where the settings say nothing. */
function fromConfig(config: Config, settings: ConnectionSettings): FromConfig {
  const one = (name: string) => config.get(name)?.[0];
  const { identityFile } = settings;
  refuseProxyCommand(one("proxycommand"), settings);
  const reached = reachedBy(config, settings);
  const tokens = { ...reached, given: settings.address };
  return {
    ...manners(config, settings),
    ...reached,
    hostKeyAlias: one("hostkeyalias"),
    ...knownHostsOf(config, settings),
    ...(identityFile === undefined
      ? {
          keyFiles: ownKeyFiles(config.get("identityfile"), tokens),
          noAgent: one("identitiesonly") === "yes",
        }
      : {}),
    ...(settings.jump ? {} : { jump: jumpOf(config, settings) }),
  };
}

/** Where and as whom one arrives. */
function reachedBy(config: Config, { address, port, user }: ConnectionSettings) {
  const one = (name: string) => config.get(name)?.[0];
  return {
    address: one("hostname") ?? address,
    port: port ?? Number(one("port") ?? 22),
    user: user ?? one("user") ?? userInfo().username,
  };
}

/** The agent's socket, where IdentityAgent says it: as a path, as a variable's name, or that there is none. */
function agentOf(config: Config, tokens: TokenValues): string | undefined {
  const [named = "SSH_AUTH_SOCK"] = config.get("identityagent") ?? [];
  if (named === "SSH_AUTH_SOCK") return agentSocket();
  if (named === "none") return undefined;
  if (named.startsWith("$") && !named.startsWith("${")) return process.env[named.slice(1)];
  return homePath(expandTokens(named, tokens));
}

/** How to deal with a host that is unknown, or silent. */
function manners(config: Config, { connectTimeout, hostKeys }: ConnectionSettings) {
  const timeout = Number(config.get("connecttimeout")?.[0]);
  return {
    connectTimeout: connectTimeout ?? (timeout > 0 ? timeout : undefined),
    hostKeys: hostKeys ?? policies.get(config.get("stricthostkeychecking")?.[0] ?? ""),
  };
}

/** As OpenSSH has it: a jump host that the pattern of a ProxyJump also matches does not go through itself. */
function jumpOf(config: Config, settings: ConnectionSettings): ConnectionSettings[] {
  const { connectTimeout, hostKeys, knownHosts } = settings;
  const [hostname] = config.get("hostname") ?? [];
  const port = Number(config.get("port")?.[0] ?? 22);
  const hops = parseJump(config.get("proxyjump")?.[0] ?? "none");
  // another port of the same machine may lead to another host, such as a container
  const isItself = (hop: Hop) =>
    hop.address === settings.address || (hop.address === hostname && (hop.port ?? 22) === port);
  if (hops.some(isItself)) return [];
  return hops.map((hop) => ({ ...hop, name: hop.address, hostKeys, knownHosts, connectTimeout }));
}

/** "no" is missing on purpose: only the inventory can turn the check of host keys off, and every run warns of that. */
const policies: ReadonlyMap<string, HostKeyPolicy> = new Map([
  ["true", "known"],
  ["yes", "known"],
  ["ask", "pin"],
  ["accept-new", "pin"],
]);

function refuseProxyCommand(command: string | undefined, { address, jump }: ConnectionSettings): void {
  if (command === undefined || command === "none" || jump !== undefined) return;
  throw new ShowrunnerError("host.unreachable", `~/.ssh/config has a ProxyCommand for ${address}`, {
    hint: "name jump hosts instead (ProxyJump there, or jump in the inventory)",
  });
}

/** ssh prints its default names, too: the user has not chosen those. */
function ownKeyFiles(files: readonly string[] = [], tokens: TokenValues): string[] | undefined {
  const paths = files.map((file) => homePath(expandTokens(file, tokens)));
  const isDefault = (path: string) =>
    /\/\.ssh\/id_(rsa|dsa|ecdsa|ed25519|ecdsa_sk|ed25519_sk|xmss)$/.test(path);
  return paths.length === 0 || (paths.length > 1 && paths.every(isDefault)) ? undefined : paths;
}

/** New keys are pinned in the first file; a host is known if any of the files has its key. */
function knownHostsOf(config: Config, { knownHosts }: ConnectionSettings) {
  if (knownHosts !== undefined && !keepsNothing(knownHosts)) return {};
  const files = (name: string) => knownHostsPaths(config.get(name)?.[0]);
  const [first = defaultKnownHosts(), ...others] = files("userknownhostsfile");
  return { knownHosts: first, alsoKnownHosts: [...others, ...files("globalknownhostsfile")] };
}

/** ssh reads its files itself, but where one of them is no file: with that it would accept every key in silence. */
function knownHostsForOpenSsh(config: Config, { knownHosts, hostKeys }: ConnectionSettings) {
  if (hostKeys === "insecure") return {};
  const text = config.get("userknownhostsfile")?.[0] ?? "";
  const isChosen = knownHosts !== undefined && !keepsNothing(knownHosts);
  const files = isChosen ? [knownHosts] : knownHostsPaths(text);
  void new KnownHosts(files); // nor would ssh report a file that can't be read
  if (!isChosen && !text.split(" ").some(keepsNothing)) return { knownHosts: undefined };
  const [first = defaultKnownHosts(), ...others] = files;
  const system = isChosen ? [] : knownHostsPaths(config.get("globalknownhostsfile")?.[0]);
  return { knownHosts: first, alsoKnownHosts: [...others, ...system] };
}

function homePath(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}
