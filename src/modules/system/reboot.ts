import {
  change,
  defineModule,
  type Module,
  milliseconds,
  type OptionalInput,
  Param,
  type RequiredInput,
  withDefault,
} from "../../kit/index.ts";

const params = {
  /** How long it may take until the host is back: seconds, or a text such as "2s". Default: "10m". */
  timeout: withDefault(Param.duration(), "10m"),
};

/** What `reboot` takes. */
export interface RebootParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

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
export const reboot: Module<RebootParams, void> = defineModule({
  name: "reboot",
  summary: "Reboots the host and waits until it is back.",
  params,
  examples: ["reboot({})", `reboot({ timeout: "5m" })`],
  async *plan(_host, p) {
    yield change({
      what: "reboot",
      action: { kind: "reboot", timeout: milliseconds(p.timeout) },
      touches: ["everything"],
    });
  },
});
