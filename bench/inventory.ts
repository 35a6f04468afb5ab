/** The bench's five hosts; `lab.ts` makes them. */
import { inventory } from "showrunner";

export default inventory({
  lab: { network: "10.82.0.0/24", suite: "bookworm" },
  settings: {
    user: "deploy",
    identityFile: ".showrunner/lab/bench/id_ed25519",
    knownHosts: ".showrunner/lab/bench/known_hosts",
    hostKeys: "known",
  },
  hosts: {
    host1: { address: "10.82.0.11" },
    host2: { address: "10.82.0.12" },
    host3: { address: "10.82.0.13" },
    host4: { address: "10.82.0.14" },
    host5: { address: "10.82.0.15" },
  },
});
