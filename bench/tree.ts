/** A tree of 2,000 files, copied by one task. */
import { copy, play, playbook } from "showrunner";
import { tree } from "./work.ts";

export default playbook([
  play(
    "bench",
    { hosts: "host1", become: true },
    { everything: () => copy({ src: `${tree.source}/`, dest: tree.dest }) },
  ),
]);
