/** Security updates that the host installs by itself. */
import { apt, batch, copy } from "showrunner";

/** @param without patterns of packages that are left to others */
export async function installUpdates(without: readonly string[]): Promise<void> {
  const lines = without.map((pattern) => `  ${JSON.stringify(pattern)};`);
  await batch([
    apt({ name: "unattended-upgrades", cacheValidTime: 86_400 }),
    setting("20auto-upgrades", [
      'APT::Periodic::Update-Package-Lists "1";',
      'APT::Periodic::Unattended-Upgrade "1";',
    ]),
    setting("52unattended-upgrades-without", ["Unattended-Upgrade::Package-Blacklist {", ...lines, "};"]),
  ]);
}

const setting = (name: string, lines: readonly string[]) =>
  copy({
    dest: `/etc/apt/apt.conf.d/${name}`,
    content: `// Written by Showrunner\n${lines.join("\n")}\n`,
    mode: "0644",
  });
