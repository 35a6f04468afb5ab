/** Reboots a host and waits for it. A host may be back before anybody sees it gone, so it is told by what a boot makes anew. */
import { setTimeout as sleep } from "node:timers/promises";
import { ShowrunnerError } from "../../base/errors.ts";
import type { Session } from "../../transport/session.ts";
import type { Become, Output } from "../../transport/transport.ts";
import { asFailure } from "../events/failure.ts";

/**
 * What is another one at every boot: the boot id (see random(4)), and when the first process began. In a container
 * the boot id is often the kernel's, which goes on; the first process is the container's own.
 */
const bootScript = [
  "cat /proc/sys/kernel/random/boot_id 2>/dev/null",
  'read -r stat </proc/1/stat 2>/dev/null && set -- ${stat##*) } && echo "${20}"; :',
].join("\n");

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
 * @returns what tells the new boot from others, as output
 * @throws ShowrunnerError `change.failed` where it can't be rebooted, `task.timeout` where it does not come back
 */
export async function rebootHost(
  session: Session,
  become: Become | undefined,
  timeout: number,
): Promise<Output> {
  const [boot, asked] = await session.run(become, [bootScript, rebootScript], { timeout: lookLimit });
  if (!boot || asked?.status !== 0)
    throw new ShowrunnerError("change.failed", "the host could not be rebooted", {
      details: asked?.stderr.toString().trim().split("\n") ?? [],
    });
  const before = boot.stdout.toString();
  const end = performance.now() + timeout;
  let wasAway = false;
  let away: string | undefined;
  while (performance.now() < end) {
    await sleep(1000);
    try {
      const [now] = await session.run(become, [bootScript], { timeout: lookLimit });
      if (now?.status === 0 && now.stdout.toString() !== before) return now;
      away = undefined;
    } catch (error) {
      const failure = asFailure(error);
      if (session.isClosed || !isAway(failure)) throw failure;
      wasAway = true;
      away = failure.message;
      session.reconnect();
    }
  }
  throw late(timeout / 1000, wasAway, away);
}

/** @param away why it does not answer; undefined where it does */
function late(seconds: number, wasAway: boolean, away: string | undefined): ShowrunnerError {
  const error = (message: string, hint: string, details: readonly string[] = []) =>
    new ShowrunnerError("task.timeout", message, { details, hint });
  if (away !== undefined)
    return error(
      `the host was not back within ${seconds} s after its reboot`,
      "look at its console, or give the reboot a longer timeout",
      [away],
    );
  if (wasAway)
    return error(
      `the host went away and is back, but nothing shows that it was rebooted within ${seconds} s`,
      "the boot id and the start of the first process are the same as before: look at the host's journal; if it did reboot, use a command and a waitFor instead",
    );
  return error(
    `the host did not go down within ${seconds} s after it was asked to reboot`,
    "look at its console: a unit that does not stop, or an inhibitor, may hold the reboot up; or give the reboot a longer timeout",
  );
}

/** While a host goes down and comes up it may refuse logins (pam_nologin), and sudo, too; its key may not change. */
function isAway({ code }: ShowrunnerError): boolean {
  return ["host.lost", "host.unreachable", "host.auth", "task.timeout", "become.refused"].includes(code);
}
