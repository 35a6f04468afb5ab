/** Work on a web server that no visitor notices. */
import { type HostInfo, haproxyServer, type InventoryView, messageOf, on, ShowrunnerError } from "showrunner";
import { noOtherServer } from "./other-servers.ts";

/**
 * Has all balancers send a web server no more requests, waits until it has answered those that it has, does the work,
 * and brings it back. A host that is no web server gets no visitors, and is worked on as it is. A balancer on which
 * somebody has set the server to maintenance is left alone. So is one that has no other server in service: visitors of the
 * last one wait while its application restarts, since its socket is held, and elsewhere they would find nothing.
 *
 * @param work what is done meanwhile; where it fails, the server is brought back, too, and the balancers send it
 *   requests once it is healthy
 */
export async function withoutVisitors(
  host: HostInfo,
  inventory: InventoryView,
  work: () => PromiseLike<unknown>,
): Promise<void> {
  try {
    await set(host, inventory, { from: "ready", to: "drain", wait: true });
    await work();
  } catch (error) {
    throw await alsoBack(host, inventory, error);
  }
  await set(host, inventory, { from: "drain", to: "ready", wait: true });
}

/** Brings back a web server that a run which was interrupted has left without visitors. Mostly there is nothing to do. */
export async function withVisitors(host: HostInfo, inventory: InventoryView): Promise<void> {
  await set(host, inventory, { from: "drain", to: "ready", wait: false });
}

interface Setting {
  /** Where the server is in another state, it is left alone. */
  readonly from: "drain" | "ready";
  readonly to: "drain" | "ready";
  readonly wait: boolean;
}

async function set({ name: server }: HostInfo, inventory: InventoryView, { from, to, wait }: Setting) {
  const isVisited = inventory.group("web").some(({ name }) => name === server);
  if (!isVisited) return;
  for (const { name } of inventory.group("lb"))
    await on(name, async () => {
      const { value } = await haproxyServer({ server });
      if (value.servers.every(({ state }) => state !== from)) return;
      if (to === "ready" || (await noOtherServer({ name: server }, inventory)) === undefined)
        await haproxyServer({ server, state: to, wait, timeout: "30s" });
    });
}

async function alsoBack(host: HostInfo, inventory: InventoryView, error: unknown): Promise<unknown> {
  try {
    await withVisitors(host, inventory);
    return error;
  } catch (second) {
    if (!(error instanceof ShowrunnerError)) return error;
    const { code, message, hint, details } = error;
    const also = `${host.name} may still be without visitors on a balancer: ${messageOf(second)}`;
    return new ShowrunnerError(code, message, { hint, details: [...details, also] });
  }
}
