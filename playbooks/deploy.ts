/** Brings a new release of the application out, one server after the other: no visitor notices. */
import { fileState, localDigest, play, playbook, readFact, SecretString } from "showrunner";
import { withoutVisitors, withVisitors } from "./parts/without-visitors.ts";
import { application, guestBook } from "./site.ts";

export default playbook([
  play(
    "application servers, one by one",
    // a server on which the release does not serve gets its old one back, and the others keep theirs
    {
      hosts: "app",
      become: true,
      serial: 1,
      maxFailPercentage: 0,
      vars: { databasePassword: SecretString() },
    },
    {
      deploy: async ({ vars, host, inventory }) => {
        const deploy = () => guestBook(vars.databasePassword, host, inventory);
        const serving = await readFact(fileState, `${application.path}/current`);
        const isNew =
          serving.type !== "link" || serving.target !== `releases/${await localDigest(application.source)}`;
        if (isNew) await withoutVisitors(host, inventory, deploy);
        else {
          await deploy();
          await withVisitors(host, inventory);
        }
      },
    },
  ),
]);
