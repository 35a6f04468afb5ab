import { apt, blockinfile, copy, defineRole, Type, withDefault } from "showrunner";
import { hostsBlock } from "./hosts-block.ts";

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
      Type.Boolean({
        description:
          "have every inventory host's name in /etc/hosts; false: take out what the role put there",
      }),
      true,
    ),
  },
  async run({ vars, inventory }) {
    await apt({ name: vars.packages, cacheValidTime: 86_400 });
    if (vars.motd !== undefined) await copy({ dest: "/etc/motd", content: `${vars.motd}\n`, mode: "0644" });
    await blockinfile(
      {
        path: "/etc/hosts",
        marker: "# {mark} hosts of the inventory",
        ...hostsBlock(vars.nameHosts ? inventory.select("all") : []),
        inPlace: true,
      },
      { name: "the inventory's hosts in /etc/hosts" },
    );
  },
});
