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
import { earlierRelease } from "./parts/earlier-release.ts";
import { withoutVisitors, withVisitors } from "./parts/without-visitors.ts";
import { application, healthUrl } from "./site.ts";

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
        const { path, unit } = application;
        const { changed } = await rollback(
          { path, name: chosen },
          { notify: service({ name: unit, state: "restarted" }) },
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
  for (const { name } of inventory.group("app")) {
    const list = await on(name, async () => await readFact(fileText, `${application.path}/releases.list`));
    deployed.push({ host: name, releases: (list ?? "").split("\n").filter((line) => line !== "") });
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
