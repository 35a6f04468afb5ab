import { milliseconds } from "../../core/base/duration.ts";
import { Type } from "../../core/base/schema.ts";
import { change } from "../../core/facts/change.ts";
import { defineModule } from "../../core/tasks/module.ts";
import { DurationParam } from "../util/duration-param.ts";

/**
 * Reboots the host and waits until it is back: until it answers with another boot id, or its first process is another one
 * (in a container the boot id may be that of the kernel, which goes on).
 *
 * It reboots whenever it runs; put the condition before it. A check tells it as a change, and what follows as likely.
 *
 * @throws ShowrunnerError `change.failed` where the user may not reboot the host, `task.timeout` where it is not back
 *   in time
 *
 * @example
 * const kernel = await apt({ name: "linux-image-amd64", state: "latest" });
 * if (kernel.changed) await reboot({ timeout: "5m" });
 */
export const reboot = defineModule({
  name: "reboot",
  summary: "Reboots the host and waits until it is back.",
  params: {
    timeout: Type.Optional(DurationParam("how long it may take until the host is back. 600 s if left out")),
  },
  examples: ["reboot({})", `reboot({ timeout: "5m" })`],
  async *plan(_host, p) {
    yield change({
      what: "reboot",
      action: { kind: "reboot", timeout: milliseconds(p.timeout ?? 600) },
      touches: ["everything"],
    });
  },
});
