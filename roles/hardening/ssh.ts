/** Who may log in by SSH, and how. */
import { file, type SshdOptions, sshdConfig } from "showrunner";

/** A minus takes these away from what sshd offers by itself, which each of its versions knows best. */
const weakened = {
  KexAlgorithms: "-ecdh-sha2-*,diffie-hellman-group14-*,diffie-hellman-group-exchange-sha1",
  MACs: "-hmac-sha1*,umac-64*,umac-128@openssh.com",
};

/** Keys log in, passwords do not. A key of root's does: the user of the connection may be root. */
const options: SshdOptions = {
  PermitRootLogin: "prohibit-password",
  PubkeyAuthentication: true,
  PasswordAuthentication: false,
  KbdInteractiveAuthentication: false,
  PermitEmptyPasswords: false,
  HostbasedAuthentication: false,
  IgnoreRhosts: true,
  IgnoreUserKnownHosts: true,
  StrictModes: true,
  PermitUserEnvironment: false,
  LoginGraceTime: 30,
  MaxAuthTries: 4,
  MaxSessions: 10,
  MaxStartups: "10:30:100",
  LogLevel: "VERBOSE",
  // a jump host forwards connections; whoever has a shell could do so by other means, too
  AllowTcpForwarding: "local",
  AllowAgentForwarding: false,
  AllowStreamLocalForwarding: false,
  GatewayPorts: false,
  PermitTunnel: false,
  X11Forwarding: false,
  PrintMotd: false,
  Banner: "none",
  DebianBanner: false,
  ...weakened,
};

/** Options that shut the control machine out are taken back by the host: see `sshdConfig`. */
export async function hardenSsh(own: SshdOptions): Promise<void> {
  await file({ path: "/etc/ssh/sshd_config", mode: "0600" });
  await sshdConfig({ name: "10-hardening", options: { ...options, ...own } });
}
