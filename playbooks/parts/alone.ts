/** An application server that stands behind Nginx of other hosts. */
import {
  copy,
  fail,
  file,
  type HostInfo,
  http,
  type InventoryView,
  messageOf,
  on,
  service,
} from "showrunner";
import { appPaths } from "../../roles/app/paths.ts";
import { guestBook, healthUrl } from "./application.ts";
import { members } from "./hosts.ts";
import { serves } from "./serves.ts";

/**
 * Ends the application on a server: Nginx then asks the others. What was begun is answered first. It holds over reboots,
 * until the application begins again: `site` and `deploy` begin it, too.
 *
 * @param reason one word: why
 * @throws ShowrunnerError before anything is changed, where no other application server is well
 */
export async function endApplication(
  server: HostInfo,
  inventory: InventoryView,
  reason: string,
): Promise<void> {
  await requireOtherApplication(server, inventory);
  const { name } = guestBook(server);
  await on(server, async () => {
    await copy({ dest: appPaths(name).outOfService, content: `${reason}\n`, mode: "0644" });
    await service({ name: `${name}.socket`, state: "stopped" });
    await service({ name, state: "stopped" });
  });
}

/** Has the application serve again. */
export async function beginApplication(server: HostInfo): Promise<void> {
  const { name } = guestBook(server);
  await on(server, async () => {
    await file({ path: appPaths(name).outOfService, state: "absent" });
    await service({ name: `${name}.socket`, state: "started" });
    await service({ name, state: "started" });
    await serves(server);
  });
}

/** @throws ShowrunnerError where the application serves on no other server */
export async function requireOtherApplication(server: HostInfo, inventory: InventoryView): Promise<void> {
  const problems: string[] = [];
  for (const other of members(inventory, "app").filter(({ name }) => name !== server.name)) {
    const problem = await problemOf(other);
    if (problem === undefined) return;
    problems.push(`${other.name}: ${problem}`);
  }
  fail(
    `the application would serve nowhere without ${server.name} (${problems.join("; ") || "there is no other server"})`,
    "bring another application server back first; `npx run playbook status` shows how they are",
  );
}

async function problemOf(server: HostInfo): Promise<string | undefined> {
  try {
    const health = { url: healthUrl(server), status: 200, timeout: "2s" } as const;
    const { failed } = await on(server, () => http(health, { name: "health", ignoreErrors: true }));
    return failed ? "the application does not serve" : undefined;
  } catch (error) {
    return messageOf(error);
  }
}
