import { change, defineModule, fileFacts, sh, Type } from "showrunner";
import { mayLogIn } from "../facts/kerberos-login.ts";

/** Lets a Kerberos principal log in. */
export const kerberosLogin = defineModule({
  name: "kerberosLogin",
  summary: "Lets a Kerberos principal log in.",
  params: {
    /** Who may log in: `ann@EXAMPLE.ORG`. */
    principal: Type.String({ minLength: 1 }),
  },
  async *plan(host, { principal }) {
    if (await host.fact(mayLogIn, principal)) return;
    const script = sh`umask 077; printf '%s\\n' ${principal} >>~/.k5login`;
    const sets = [mayLogIn.is(principal, true)];
    // only the host knows which directory `~` is
    yield change({ what: "allowed", before: false, after: true, script, sets, touches: fileFacts("/") });
  },
});
