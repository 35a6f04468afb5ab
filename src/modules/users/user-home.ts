/** Home directories, as the tools for users make, move and remove them. */

import { requireOwnWay, type Script, sh } from "../../kit/index.ts";

/** The tools for users make, move and remove homes by name: in other users' directories that is not safe. */
export function ownWay(home: Script): Script {
  return requireOwnWay(
    home,
    "choose another home, or leave it alone (createHome, moveHome, remove) and use `file` there",
  );
}

/** As a word of the shell. */
export function homeOf(name: string): Script {
  return sh`"$(getent passwd -- ${name} | cut -d: -f6)"`;
}
