import { apt, batch, copy, defineRole, lineinfile, Type, withDefault } from "showrunner";

/** What every host of a site has: base packages, a message of the day, and the names of its neighbours. */
export const common = defineRole({
  name: "common",
  summary: "Base packages, a message of the day, and every inventory host's name in /etc/hosts.",
  vars: {
    packages: withDefault(
      Type.Array(Type.String({ minLength: 1 }), { description: "packages that every host has" }),
      ["ca-certificates", "curl", "rsync"],
    ),
    motd: Type.Optional(Type.String({ description: "the message of the day" })),
    nameHosts: withDefault(
      Type.Boolean({ description: "put every inventory host's name into /etc/hosts" }),
      true,
    ),
  },
  async run({ vars, inventory }) {
    await apt({ name: vars.packages, cacheValidTime: 86_400 });
    if (vars.motd !== undefined) await copy({ dest: "/etc/motd", content: `${vars.motd}\n`, mode: "0644" });
    if (!vars.nameHosts) return;
    const named = inventory.select("all").filter(({ address }) => isAddress(address));
    await batch(named.map(({ name, address }) => hostsLine(name, address)));
  },
});

function hostsLine(name: string, address: string) {
  const escaped = name.replaceAll(".", "\\.");
  return lineinfile(
    { path: "/etc/hosts", regexp: `^\\S+\\s+${escaped}$`, line: `${address} ${name}`, inPlace: true },
    { name: `${name} in /etc/hosts` },
  );
}

/** A name that already resolves needs no line. */
function isAddress(text: string): boolean {
  return /^[0-9.]+$/.test(text) || text.includes(":");
}
