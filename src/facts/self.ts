/** Facts about the user that tasks run as. */

import { defineFact, sh } from "../kit/index.ts";
import { accountFiles } from "./users.ts";

/** A user and its primary group, by name. */
interface Self {
  readonly user: string;
  readonly group: string;
}

/** The user that scripts run as, which owns what they create. Its one key is `""`. */
export const self = defineFact<string, Self>({
  name: "self",
  restsOn: accountFiles,
  script: () => sh`id -un; id -gn; :`,
  parse(stdout, keys) {
    const [user = "", group = ""] = stdout.toString().split("\n");
    return new Map(keys.map((key) => [key, { user, group }]));
  },
});
