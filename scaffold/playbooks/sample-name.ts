/** Says hello on every host, and changes nothing yet. */
import { command, debug, play, playbook } from "showrunner";

export default playbook([
  play(
    "sampleName",
    { hosts: "all" },
    {
      hello: async ({ host }) => {
        const { value } = await command({ argv: ["uname", "-sr"], readOnly: true });
        await debug({ message: `${host.name} runs ${value.stdout.trim()}` });
      },
    },
  ),
]);
