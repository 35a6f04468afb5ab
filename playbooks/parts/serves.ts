/** Whether the application serves on a server. */
import { flushHandlers, type HostInfo, http } from "showrunner";
import { healthUrl } from "./application.ts";

/** Restarts the application where that is due, and waits until it says that it serves. */
export async function serves(host: HostInfo): Promise<void> {
  await flushHandlers();
  await http(
    { url: healthUrl(host), status: 200, timeout: "2s" },
    { name: "health", retries: 60, delay: "1s" },
  );
}
