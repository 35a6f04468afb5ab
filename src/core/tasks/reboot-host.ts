/** Reboots a host and waits for it: told from its boot id, since a host may be back before anybody sees it gone. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Session } from "../../transport/session.ts";
import type { Become, Output } from "../../transport/transport.ts";
import { ShowrunnerError } from "../base/errors.ts";
import { asFailure } from "../events/failure.ts";

/** See random(4): another one at every boot. */
const bootIdScript = "cat /proc/sys/kernel/random/boot_id";

/** The command comes after its answer, and must outlive the shell that started it. */
const rebootScript = [
  "command -v systemctl >/dev/null || command -v reboot >/dev/null || { echo 'there is no reboot command' >&2; exit 127; }",
  "[ \"$(id -u)\" -eq 0 ] || { echo 'only root may reboot a host: run the task with become' >&2; exit 1; }",
  "( trap '' HUP; sleep 0.5; systemctl reboot || reboot ) </dev/null >/dev/null 2>&1 &",
].join("\n");

/** How long one look may take: a host that is going down can hang a connection. */
const lookLimit = 10_000;

/**
 * @param timeout milliseconds until the host must be back
 * @returns the new boot id, as output
 * @throws ShowrunnerError `change.failed` where it can't be rebooted, `task.timeout` where it does not come back
 */
export async function rebootHost(
  session: Session,
  become: Become | undefined,
  timeout: number,
): Promise<Output> {
  const [id, asked] = await session.run(become, [bootIdScript, rebootScript], { timeout: lookLimit });
  if (!id || asked?.status !== 0)
    throw new ShowrunnerError("change.failed", "the host could not be rebooted", {
      details: asked?.stderr.toString().trim().split("\n") ?? [],
    });
  const before = id.stdout.toString();
  const end = performance.now() + timeout;
  let last = "it never went down";
  while (performance.now() < end) {
    await sleep(1000);
    try {
      const [now] = await session.run(become, [bootIdScript], { timeout: lookLimit });
      if (now?.status === 0 && now.stdout.toString() !== before) return now;
    } catch (error) {
      const failure = asFailure(error);
      if (session.isClosed || !isAway(failure)) throw failure;
      last = failure.message;
      session.reconnect();
    }
  }
  throw new ShowrunnerError(
    "task.timeout",
    `the host was not back within ${timeout / 1000} s after its reboot`,
    {
      details: [last],
      hint: "look at its console, or give the reboot a longer timeout",
    },
  );
}

/** While a host goes down and comes up it may refuse logins (pam_nologin), and sudo, too; its key may not change. */
function isAway({ code }: ShowrunnerError): boolean {
  return ["host.lost", "host.unreachable", "host.auth", "task.timeout", "become.refused"].includes(code);
}
