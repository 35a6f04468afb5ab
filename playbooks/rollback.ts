/** Goes back to the release before, one server after the other; `-e release=NAME` names another one. */
import { flushHandlers, type HostInfo, http, play, playbook, rollback, service, Type } from "showrunner";
import { withoutVisitors } from "./parts/without-visitors.ts";
import { application, healthUrl } from "./site.ts";

export default playbook([
  play(
    "application servers, one by one",
    {
      hosts: "app",
      become: true,
      serial: 1,
      maxFailPercentage: 0,
      vars: { release: Type.Optional(Type.String()) },
    },
    {
      rollback: async ({ vars, host, inventory }) => {
        const { path, unit } = application;
        const { changed } = await rollback(
          { path, ...(vars.release !== undefined && { name: vars.release }) },
          { notify: service({ name: unit, state: "restarted" }) },
        );
        // what runs is the newer release until the restart
        if (changed) await withoutVisitors(host, inventory, () => serve(host));
        else await serve(host);
      },
    },
  ),
]);

async function serve(host: HostInfo): Promise<void> {
  await flushHandlers();
  await http(
    { url: healthUrl(host), status: 200, timeout: "2s" },
    { name: "health", retries: 30, delay: "1s" },
  );
}
