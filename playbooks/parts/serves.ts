/** Whether the application serves on a server. */
import { fileState, flushHandlers, type HostInfo, http, readFact } from "showrunner";
import { appPaths } from "../../roles/app/paths.ts";
import { guestBook, healthUrl } from "./application.ts";

/** Restarts the application where that is due, and waits until it says that it serves: unless it is out of service. */
export async function serves(host: HostInfo): Promise<void> {
  await flushHandlers();
  if (await isEnded(host)) return;
  await http(
    { url: healthUrl(host), status: 200, timeout: "2s" },
    { name: "health", retries: 60, delay: "1s" },
  );
}

/** Whether somebody has ended the application on the current host: it is started by nothing then. */
export async function isEnded(host: HostInfo): Promise<boolean> {
  const { outOfService } = appPaths(guestBook(host).name);
  return (await readFact(fileState, outOfService)).type !== "absent";
}
