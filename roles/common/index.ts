import { apt, copy, defineRole, lineinfile, Type } from "showrunner";

/** What every host of a site has: base packages, a message of the day, and the names of its neighbours. */
export const common = defineRole({
  name: "common",
  summary: "Base packages, a message of the day, and every inventory host's name in /etc/hosts.",
  vars: {
    packages: Type.Array(Type.String({ minLength: 1 }), {
      default: ["ca-certificates", "curl", "rsync"],
      description: "packages that every host has",
    }),
    motd: Type.Optional(Type.String({ description: "the message of the day" })),
    nameHosts: Type.Boolean({
      default: true,
      description: "put every inventory host's name into /etc/hosts",
    }),
  },
  async run({ vars, inventory }) {
    await apt({ name: vars.packages, cacheValidTime: 86_400 });
    if (vars.motd !== undefined) await copy({ dest: "/etc/motd", content: `${vars.motd}\n`, mode: "0644" });
    if (!vars.nameHosts) return;
    for (const { name, address } of inventory.select("all")) {
      if (!isAddress(address)) continue; // a name that already resolves needs no line
      const escaped = name.replaceAll(".", "\\.");
      await lineinfile({ path: "/etc/hosts", regexp: `^\\S+\\s+${escaped}$`, line: `${address} ${name}` });
    }
  },
});

function isAddress(text: string): boolean {
  return /^[0-9.]+$/.test(text) || text.includes(":");
}
