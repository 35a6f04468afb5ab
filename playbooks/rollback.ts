/** Goes back to the release before, one server after the other; `-e release=NAME` names another one. */
import {
  fileText,
  type InventoryView,
  on,
  once,
  play,
  playbook,
  readFact,
  rollback,
  service,
  Type,
} from "showrunner";
import { appPaths } from "../roles/app/paths.ts";
import { guestBook } from "./parts/application.ts";
import { earlierRelease } from "./parts/earlier-release.ts";
import { isEnded, serves } from "./parts/serves.ts";
import { withoutVisitors, withVisitors } from "./parts/without-visitors.ts";

const vars = { release: Type.Optional(Type.String()) };
/** What the first play has chosen for all servers. */
let chosen = "";

export default playbook([
  play(
    "which release",
    { hosts: "app", become: true, vars },
    {
      choose: ({ vars, inventory }) =>
        once(async () => {
          chosen = vars.release ?? (await earlierOf(inventory));
        }),
    },
  ),

  play(
    "application servers, one by one",
    { hosts: "app", become: true, serial: 1, maxFailPercentage: 0, vars },
    {
      rollback: async ({ host, inventory }) => {
        const { name } = guestBook(host);
        const restart = () => service({ name, state: "restarted" });
        const { changed } = await rollback(
          { path: appPaths(name).root, name: chosen },
          { notify: (await isEnded(host)) ? [] : restart() },
        );
        // what runs is the newer release until the restart
        if (changed) await withoutVisitors(host, inventory, () => serves(host));
        else {
          await serves(host);
          await withVisitors(host, inventory);
        }
      },
    },
  ),
]);

async function earlierOf(inventory: InventoryView): Promise<string> {
  const deployed = [];
  for (const host of inventory.group("app")) {
    const { list: path } = appPaths(guestBook(host).name);
    const list = await on(host, async () => await readFact(fileText, path));
    deployed.push({ host: host.name, releases: (list ?? "").split("\n").filter((line) => line !== "") });
  }
  return earlierRelease(deployed);
}
