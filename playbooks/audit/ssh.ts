/** What is asked of sshd. */
import {
  defineFact,
  type FileState,
  fileState,
  rawScript,
  readFact,
  type SshdValues,
  sshdSettings,
} from "showrunner";
import { type Area, type Control, doesNot, fileProblems, holds, unless } from "./control.ts";

interface Ssh {
  readonly settings: SshdValues;
  readonly folder: FileState;
  readonly main: FileState;
}

const folder = "/etc/ssh";
const main = "/etc/ssh/sshd_config";

/** Debian's own option, which sshd does not tell when it is asked; the first line counts. Its one key is `""`. */
const debianBanner = defineFact<string, string>({
  name: "audit.debian-banner",
  script: () =>
    rawScript(
      "cat /etc/ssh/sshd_config.d/*.conf /etc/ssh/sshd_config 2>/dev/null | sed -n 's/^[[:space:]]*DebianBanner[[:space:]]*//Ip'",
    ),
  parse(stdout, keys) {
    const [first = ""] = stdout.toString().split("\n", 1);
    return new Map(keys.map((key) => [key, first.trim() || "yes"]));
  },
});

export const ssh: Area<Ssh> = {
  name: "sshd",
  async read() {
    const [found, banner, folderState, mainState] = await Promise.all([
      readFact(sshdSettings, ""),
      readFact(debianBanner, ""),
      readFact(fileState, folder),
      readFact(fileState, main),
    ]);
    if (!found) return "there is no sshd";
    const settings = { debianbanner: [banner], ...found };
    return { settings, folder: folderState, main: mainState };
  },
  controls: [
    among("sshd-01", "only strong ciphers", "Ciphers", [
      "chacha20-poly1305@openssh.com",
      "aes256-gcm@openssh.com",
      "aes128-gcm@openssh.com",
      "aes256-ctr",
      "aes192-ctr",
      "aes128-ctr",
    ]),
    among("sshd-02", "only strong key exchanges", "KexAlgorithms", [
      "mlkem768x25519-sha256",
      "sntrup761x25519-sha512",
      "sntrup761x25519-sha512@openssh.com",
      "curve25519-sha256",
      "curve25519-sha256@libssh.org",
      "diffie-hellman-group16-sha512",
      "diffie-hellman-group18-sha512",
      "diffie-hellman-group-exchange-sha256",
    ]),
    among("sshd-03", "only strong message checksums", "MACs", [
      "hmac-sha2-512-etm@openssh.com",
      "hmac-sha2-256-etm@openssh.com",
      "umac-128-etm@openssh.com",
      "hmac-sha2-512",
      "hmac-sha2-256",
    ]),
    {
      id: "sshd-04",
      asks: `only root can write to ${folder}`,
      find: (facts) => unless(fileProblems(folder, facts.folder, { groups: ["root"], mode: 0o755 })),
    },
    {
      id: "sshd-05",
      asks: `only root can read ${main}`,
      find: (facts) => unless(fileProblems(main, facts.main, { groups: ["root"], mode: 0o600 })),
    },
    oneOf("sshd-06", "root logs in with a key, or not at all", "PermitRootLogin", [
      "no",
      "prohibit-password",
      "without-password",
    ]),
    is("sshd-11", "key files that others can write to are refused", "StrictModes", "yes"),
    is("sshd-17", "users can't set variables of the session", "PermitUserEnvironment", "no"),
    atMost("sshd-18", "a login may take half a minute at most", "LoginGraceTime", 30),
    atMost("sshd-19", "a connection has four tries at most", "MaxAuthTries", 4),
    atMost("sshd-20", "a connection has ten sessions at most", "MaxSessions", 10),
    is("sshd-21", "unfinished logins are limited", "MaxStartups", "10:30:100"),
    is("sshd-22", "keys log in", "PubkeyAuthentication", "yes"),
    is("sshd-23", "files .rhosts are ignored", "IgnoreRhosts", "yes"),
    is("sshd-24", "users' lists of known hosts are ignored", "IgnoreUserKnownHosts", "yes"),
    is("sshd-25", "logins by the trust of another host are off", "HostbasedAuthentication", "no"),
    is("sshd-27", "logins by password are off", "PasswordAuthentication", "no"),
    is("sshd-28", "logins by an empty password are off", "PermitEmptyPasswords", "no"),
    is("sshd-29", "logins by answers to questions are off", "KbdInteractiveAuthentication", "no"),
    is("sshd-38", "no tunnels", "PermitTunnel", "no"),
    is("sshd-39", "forwarding of TCP is off", "AllowTcpForwarding", "no"),
    is("sshd-40", "forwarding of agents is off", "AllowAgentForwarding", "no"),
    is("sshd-41", "forwarded ports are not open to others", "GatewayPorts", "no"),
    is("sshd-42", "forwarding of X11 is off", "X11Forwarding", "no"),
    is("sshd-43", "forwarded X11 listens on the host itself only", "X11UseLocalhost", "yes"),
    is("sshd-44", "sshd itself shows no message of the day", "PrintMotd", "no"),
    is("sshd-46", "no text is shown before a login", "Banner", "none"),
    is("sshd-47", "the distribution is not shown before a login", "DebianBanner", "no"),
    is("sshd-49", "PAM is asked about accounts", "UsePAM", "yes"),
  ],
};

/** The values of an option as sshd lists them. */
function valuesOf({ settings }: Ssh, option: string): readonly string[] {
  return settings[option.toLowerCase()] ?? [];
}

function is(id: string, asks: string, option: string, value: string): Control<Ssh> {
  return oneOf(id, asks, option, [value]);
}

function oneOf(id: string, asks: string, option: string, good: readonly string[]): Control<Ssh> {
  return {
    id,
    asks,
    find(facts) {
      const values = valuesOf(facts, option);
      return values.length > 0 && values.every((value) => good.includes(value))
        ? holds
        : doesNot(`${option} is ${values.join(" ") || "not known to sshd"}`);
    },
  };
}

function atMost(id: string, asks: string, option: string, most: number): Control<Ssh> {
  return {
    id,
    asks,
    find(facts) {
      const [value = ""] = valuesOf(facts, option);
      // of a time, 0 is none at all
      return /^\d+$/.test(value) && Number(value) > 0 && Number(value) <= most
        ? holds
        : doesNot(`${option} is ${value || "not known to sshd"}`);
    },
  };
}

function among(id: string, asks: string, option: string, good: readonly string[]): Control<Ssh> {
  return {
    id,
    asks,
    find(facts) {
      const values = valuesOf(facts, option).flatMap((value) => value.split(","));
      const weak = values.filter((value) => !good.includes(value));
      if (values.length === 0) return doesNot(`${option} is not known to sshd`);
      return weak.length === 0 ? holds : doesNot(`${option} has ${weak.join(", ")}`);
    },
  };
}
