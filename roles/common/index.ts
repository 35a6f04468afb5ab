import {
  apt,
  blockinfile,
  copy,
  defineRole,
  type OptionalInput,
  type RequiredInput,
  type Role,
  Type,
  withDefault,
} from "showrunner";
import { hostsBlock } from "./hosts-block.ts";

const variables = {
  /** Packages that every host has. Default: ["ca-certificates", "curl", "rsync"]. */
  packages: withDefault(Type.Array(Type.String({ minLength: 1 })), ["ca-certificates", "curl", "rsync"]),
  /** The message of the day. */
  motd: Type.Optional(Type.String()),
  /**
   * Whether every inventory host's name is in /etc/hosts; false removes the lines that the role wrote there. Default:
   * true.
   */
  nameHosts: withDefault(Type.Boolean(), true),
};

/** What `common` takes. */
export interface CommonVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** What every host of a site has: base packages, a message of the day, and the names of its neighbours. */
export const common: Role<CommonVars, void> = defineRole({
  name: "common",
  summary: "Base packages, a message of the day, and every inventory host's name in /etc/hosts.",
  vars: variables,
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
