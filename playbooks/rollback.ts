/** Goes back to the release before, one server after the other; `-e release=NAME` names another one. */
import {
  fileText,
  flushHandlers,
  type HostInfo,
  http,
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
import { guestBook, healthUrl } from "./parts/application.ts";
import { earlierRelease } from "./parts/earlier-release.ts";
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
        const { changed } = await rollback(
          { path: appPaths(name).root, name: chosen },
          { notify: service({ name, state: "restarted" }) },
        );
        // what runs is the newer release until the restart
        if (changed) await withoutVisitors(host, inventory, () => serve(host));
        else {
          await serve(host);
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

async function serve(host: HostInfo): Promise<void> {
  await flushHandlers();
  await http(
    { url: healthUrl(host), status: 200, timeout: "2s" },
    { name: "health", retries: 60, delay: "1s" },
  );
}
