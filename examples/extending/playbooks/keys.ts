/** Lets in whom the configuration database names. */
import { batch, play, playbook, Type } from "showrunner";
import { authorizedKey } from "../modules/authorized-key.ts";

export default playbook([
  play(
    "keys",
    { hosts: "web", vars: { keys: Type.Array(Type.String()) } },
    {
      keys: ({ vars }) => batch(vars.keys.map((key) => authorizedKey({ key }))),
    },
  ),
]);
