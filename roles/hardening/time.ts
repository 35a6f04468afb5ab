/** The right time, by systemd-timesyncd: it is a client and nothing else, and listens on no port. */
import { apt, copy, file, fileState, readFact, service } from "showrunner";

const folder = "/etc/systemd/timesyncd.conf.d";
const restart = service({ name: "systemd-timesyncd", state: "restarted" });

/** Daemons that do the same: Debian installs one of them alone. */
const others = ["/usr/sbin/chronyd", "/usr/sbin/ntpd", "/usr/sbin/ntpsec"];

/** @param servers whom to ask; none: whom Debian asks */
export async function keepTime(servers: readonly string[]): Promise<void> {
  const found = await Promise.all(others.map((path) => readFact(fileState, path)));
  if (found.some(({ type }) => type !== "absent")) return; // somebody has chosen another one
  await apt({ name: "systemd-timesyncd", cacheValidTime: 86_400 });
  await tellServers(servers);
  await service({ name: "systemd-timesyncd", state: "started", enabled: true });
}

/** Servers that are no longer given are asked no more. */
export async function tellServers(servers: readonly string[]): Promise<void> {
  const path = `${folder}/50-hardening.conf`;
  if (servers.length === 0) {
    await file({ path, state: "absent" }, { notify: restart });
    return;
  }
  await file({ path: folder, state: "directory", mode: "0755" });
  const content = `# Written by Showrunner\n[Time]\nNTP=${servers.join(" ")}\n`;
  await copy({ dest: path, content, mode: "0644" }, { notify: restart });
}
