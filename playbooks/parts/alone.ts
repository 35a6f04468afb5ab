/** An application server that stands behind Nginx of other hosts. */
import { fail, type HostInfo, http, type InventoryView, on, service } from "showrunner";
import { guestBook, healthUrl } from "./application.ts";
import { members } from "./hosts.ts";
import { serves } from "./serves.ts";

/** Ends the application on a server: Nginx then asks the others. What was begun is answered first. */
export async function endApplication(server: HostInfo, inventory: InventoryView): Promise<void> {
  const others = members(inventory, "app").filter(({ name }) => name !== server.name);
  const [other] = others;
  if (!other)
    fail(`${server.name} is the only application server`, "add another one to the inventory, and run `site`");
  for (const one of others)
    await on(one, () => http({ url: healthUrl(one), status: 200, timeout: "2s" }, { name: "health" }));
  const { name } = guestBook(server);
  await on(server, async () => {
    await service({ name: `${name}.socket`, state: "stopped" });
    await service({ name, state: "stopped" });
  });
}

/** Has the application serve again. */
export async function beginApplication(server: HostInfo): Promise<void> {
  const { name } = guestBook(server);
  await on(server, async () => {
    await service({ name: `${name}.socket`, state: "started" });
    await service({ name, state: "started" });
    await serves(server);
  });
}
