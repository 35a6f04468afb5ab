/** Whom a host asks for the time, as a check on this machine tells it. */
import { expect, it } from "vitest";
import { tellServers } from "../../roles/hardening/time.ts";
import { runHere } from "../modules/local.ts";

it("asks servers no more that are no longer given", async () => {
  const { events } = await runHere(() => tellServers([]), { check: true });
  const files = events.flatMap((event) =>
    event.type === "task:end" && event.task.module === "file" ? [event.task.title] : [],
  );
  expect(files.join()).toContain("/etc/systemd/timesyncd.conf.d/50-hardening.conf");
});
