import { defineFact, sh } from "showrunner";

/** Whether a Kerberos principal may log in as the user whom tasks run as. */
export const mayLogIn = defineFact<string, boolean>({
  name: "user.kerberosLogin",
  script: (principals) =>
    sh`for principal in ${principals}; do grep -sqxF -- "$principal" ~/.k5login; echo $?; done`,
  parse(stdout, principals) {
    const statuses = stdout.toString().split("\n");
    return new Map(principals.map((principal, index) => [principal, statuses[index] === "0"]));
  },
});
