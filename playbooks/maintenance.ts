/** Takes one host out of service for work on it (`-e host=web1 -e state=begin`), and brings it back (`-e state=end`). */
import { debug, play, playbook, Type } from "showrunner";
import { hostOfSite } from "./parts/hosts.ts";
import { bringBack, requireStandIn, takeOut } from "./parts/out-of-service.ts";

const vars = {
  host: Type.String({ minLength: 1 }),
  state: Type.Union([Type.Literal("begin"), Type.Literal("end")]),
};

export default playbook([
  // the host itself may be off meanwhile: the others are told from here
  play(
    "maintenance",
    { hosts: "localhost", become: true, vars },
    {
      maintenance: async ({ vars, inventory }) => {
        const host = hostOfSite(inventory, vars.host);
        if (vars.state === "begin") {
          requireStandIn(host, inventory);
          await takeOut(host, inventory, "maintenance");
          await debug({
            message: `${host.name} is out of service: work on it, then run this with state=end`,
          });
        } else {
          await bringBack(host, inventory);
          await debug({ message: `${host.name} is in service` });
        }
      },
    },
  ),
]);
