/** Work on a web server that no visitor notices. */
import { type HostInfo, haproxyServer, type InventoryView, on } from "showrunner";

/**
 * Has all balancers send a web server no more requests, waits until it has answered those that it has, does the work,
 * and brings it back. A host that is no web server gets no visitors, and is worked on as it is.
 *
 * @param work what is done meanwhile; where it fails, the server is brought back, too, and the balancers send it
 *   requests once it is healthy
 */
export async function withoutVisitors(
  { name: server }: HostInfo,
  inventory: InventoryView,
  work: () => PromiseLike<unknown>,
): Promise<void> {
  const isVisited = inventory.group("web").some(({ name }) => name === server);
  const balancers = isVisited ? inventory.group("lb") : [];
  const set = async (state: "drain" | "ready", wait: boolean) => {
    for (const { name } of balancers)
      await on(name, () => haproxyServer({ server, state, wait, timeout: "30s" }));
  };
  await set("drain", true);
  try {
    await work();
  } catch (error) {
    await set("ready", false);
    throw error;
  }
  await set("ready", true);
}
