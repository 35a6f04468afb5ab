/** The ssh options that Ansible inventories carry, as settings: `-J bastion -o StrictHostKeyChecking=no`. */
import type { HostSettings } from "./types.ts";

type Settings = { -readonly [K in keyof HostSettings]: HostSettings[K] };

/** The settings that the options stand for, or the first option without a setting. */
type SshArguments = { readonly settings: HostSettings } | { readonly strange: string };

/** Options about sharing, compressing and keeping a connection alive: ours is shared and kept alive anyway. */
const needless =
  /^(control(master|path|persist)|compression|serveralive(interval|countmax)|tcpkeepalive|loglevel|preferredauthentications|batchmode|gssapiauthentication)$/;

const policies = new Map<string, "known" | "pin" | "insecure">([
  ["yes", "known"],
  ["ask", "pin"],
  ["accept-new", "pin"],
  ["no", "insecure"],
  ["off", "insecure"],
]);

const readers = new Map<string, (value: string, settings: Settings) => boolean>([
  [
    "proxyjump",
    (value, settings) => {
      settings.jump = value;
      return true;
    },
  ],
  [
    "proxycommand",
    (value, settings) => {
      const jump = jumpOf(value);
      if (jump !== undefined) settings.jump = jump;
      return jump !== undefined;
    },
  ],
  [
    "forwardagent",
    (value, settings) => {
      settings.forwardAgent = value === "yes";
      return value === "yes" || value === "no";
    },
  ],
  [
    "stricthostkeychecking",
    (value, settings) => {
      const policy = policies.get(value);
      if (policy !== undefined) settings.hostKeys = policy;
      return policy !== undefined;
    },
  ],
  [
    "userknownhostsfile",
    (value, settings) => {
      // if keys are not checked at all, it does not matter where they are kept
      if (value !== "/dev/null") settings.knownHosts = value;
      return value !== "/dev/null" || settings.hostKeys === "insecure";
    },
  ],
]);

/** `ssh -W %h:%p -q user@bastion` is how a jump host was said before there was ProxyJump. */
function jumpOf(command: string): string | undefined {
  const [program, ...words] = command.trim().split(/\s+/);
  if (program !== "ssh") return undefined;
  let forwards = false;
  let port = "";
  const hops: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "-W") forwards = words[++at] === "%h:%p";
    else if (word === "-p") port = `:${words[++at] ?? ""}`;
    else if (word === "-q") continue;
    else if (word.startsWith("-")) return undefined;
    else hops.push(word);
  }
  const [hop, ...more] = hops;
  return forwards && hop !== undefined && more.length === 0 ? `${hop}${port}` : undefined;
}

/** @param text one or more options, as on ssh's command line */
export function readSshArguments(text: string): SshArguments {
  const settings: Settings = {};
  const words = [...text.matchAll(/"([^"]*)"|'([^']*)'|[^\s"']+(?:"[^"]*"|'[^']*'|[^\s"'])*/g)].map(
    ([word]) => word.replaceAll(/["']/g, ""),
  );
  // where keys are kept depends on how they are checked, whichever option comes first
  const options = optionsIn(words).sort(
    ([a], [b]) => Number(a === "userknownhostsfile") - Number(b === "userknownhostsfile"),
  );
  for (const [name, value] of options) {
    if (needless.test(name)) continue;
    if (!readers.get(name)?.(value, settings)) return { strange: value === "" ? name : `${name} ${value}` };
  }
  return { settings };
}

/** Options by their lower-case names, in ssh_config's words where they have any. */
function optionsIn(words: readonly string[]): [name: string, value: string][] {
  const options: [string, string][] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const value = () => (word.length > 2 ? word.slice(2) : (words[++at] ?? ""));
    if (word.startsWith("-o")) {
      const [, name = "", given = ""] = /^\s*(\w+)\s*[=\s]\s*(.*)$/.exec(value()) ?? [];
      options.push([name.toLowerCase(), given.trim()]);
    } else if (word.startsWith("-J")) options.push(["proxyjump", value()]);
    else if (word === "-A") options.push(["forwardagent", "yes"]);
    else if (word === "-C") options.push(["compression", "yes"]);
    else options.push([word, ""]);
  }
  return options;
}
