import { defineFact, sh } from "showrunner";

/** Whether the holder of a key may log in as the user whom tasks run as. */
export const authorized = defineFact<string, boolean>({
  name: "user.authorizedKey",
  script: (keys) => sh`for key in ${keys}; do grep -sqxF -- "$key" ~/.ssh/authorized_keys; echo $?; done`,
  parse(stdout, keys) {
    const statuses = stdout.toString().split("\n");
    return new Map(keys.map((key, index) => [key, statuses[index] === "0"]));
  },
});
