/** The bench's five hosts; `lab.ts` makes them. */
import { inventory } from "showrunner";
import { prefix } from "./network.ts";

export default inventory({
  lab: { network: `${prefix}.0/24`, suite: "bookworm" },
  settings: {
    user: "deploy",
    identityFile: ".showrunner/lab/bench/id_ed25519",
    knownHosts: ".showrunner/lab/bench/known_hosts",
    hostKeys: "known",
  },
  hosts: {
    host1: { address: `${prefix}.11` },
    host2: { address: `${prefix}.12` },
    host3: { address: `${prefix}.13` },
    host4: { address: `${prefix}.14` },
    host5: { address: `${prefix}.15` },
  },
});
