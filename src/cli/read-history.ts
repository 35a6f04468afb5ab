/** Where the project keeps what runs of a playbook have read. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fromRoot, projectRoot } from "./project.ts";

/**
 * The file for a playbook on an inventory.
 *
 * @param name the playbook's
 * @param file the playbook's
 * @param inventory the inventory's files
 */
export function readHistoryFile(name: string, file: string, inventory: readonly string[]): string {
  const identity = JSON.stringify([file, ...inventory].map(fromRoot));
  const digest = createHash("sha256").update(identity).digest("hex").slice(0, 12);
  return join(projectRoot(), ".showrunner", "reads", `${name.replace(/[^\w.-]+/g, "_")}-${digest}.json`);
}
