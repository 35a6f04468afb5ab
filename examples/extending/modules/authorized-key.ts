import { change, defineModule, fileFacts, sh, Type } from "showrunner";
import { authorized } from "../facts/authorized-key.ts";

/** Lets the holder of a key log in. */
export const authorizedKey = defineModule({
  name: "authorizedKey",
  summary: "Lets the holder of a key log in.",
  params: {
    /** A line as ssh-keygen writes it. */
    key: Type.String({ minLength: 1 }),
  },
  async *plan(host, { key }) {
    if (await host.fact(authorized, key)) return;
    const script = sh`umask 077; mkdir -p ~/.ssh && printf '%s\\n' ${key} >>~/.ssh/authorized_keys`;
    const sets = [authorized.is(key, true)];
    // only the host knows which directory `~` is
    yield change({ what: "allowed", before: false, after: true, script, sets, touches: fileFacts("/") });
  },
});
