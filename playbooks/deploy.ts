/** Brings a new release of the application out, one server after the other: no visitor notices. */
import { fileState, play, playbook, readFact } from "showrunner";
import { appPaths } from "../roles/app/paths.ts";
import { prepareRelease, releaseName } from "../roles/app/preparing.ts";
import { bringOut } from "../roles/app/serving.ts";
import { guestBook } from "./parts/application.ts";
import { withoutVisitors, withVisitors } from "./parts/without-visitors.ts";

export default playbook([
  play(
    "application servers, one by one",
    // a server on which the release does not serve gets its old one back, and the others keep theirs
    { hosts: "app", become: true, serial: 1, maxFailPercentage: 0 },
    {
      deploy: async ({ host, inventory }) => {
        const application = guestBook(host);
        const release = await releaseName(application);
        const serving = await readFact(fileState, appPaths(application.name).current);
        const isNew = serving.type !== "link" || serving.target !== `releases/${release}`;
        if (isNew) {
          // to write and build it may take long: visitors are sent elsewhere only for the restart
          await prepareRelease(application, release);
          await withoutVisitors(host, inventory, () => bringOut(application));
        } else {
          await bringOut(application);
          await withVisitors(host, inventory);
        }
      },
    },
  ),
]);
