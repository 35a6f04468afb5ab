/** The 60 tasks, and on every host a command that prints a megabyte which nobody asks for. */
import { command, play, playbook } from "showrunner";
import { everything } from "./natural.ts";

const megabyte = "head -c 1048576 /dev/zero | tr '\\0' x | fold -w 16384";

export default playbook([
  play(
    "bench",
    { hosts: "all", become: true },
    {
      everything,
      async print() {
        await command({ argv: ["sh", "-c", megabyte] }, { changedWhen: false });
      },
    },
  ),
]);
