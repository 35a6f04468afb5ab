/** Lets in whom the configuration database names. */
import { batch, play, playbook, Type } from "showrunner";
import { kerberosLogin } from "../modules/kerberos-login.ts";

export default playbook([
  play(
    "logins",
    { hosts: "web", vars: { principals: Type.Array(Type.String()) } },
    {
      logins: ({ vars }) => batch(vars.principals.map((principal) => kerberosLogin({ principal }))),
    },
  ),
]);
