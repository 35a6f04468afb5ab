/** Takes away what the 60 tasks have made, so that they find everything to be done, as in the first run of all. */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { quote } from "../src/base/script.ts";
import { run } from "../src/lab/index.ts";
import { lab, projectFolder } from "./lab.ts";
import * as work from "./work.ts";

const script = [
  "set -e",
  "export DEBIAN_FRONTEND=noninteractive",
  `rm -rf ${quote(work.root)}`,
  ...work.users.map(
    ({ name }) => `if id ${quote(name)} >/dev/null 2>&1; then userdel -r ${quote(name)} 2>/dev/null; fi`,
  ),
  `apt-get -y -q purge ${work.packages.map(quote).join(" ")}`,
  "apt-get -y -q --purge autoremove",
].join("\n");

/** What earlier runs have noted of their reads: a first run has no such help. */
const reads = join(projectFolder, ".showrunner", "reads");

/** Does so on all hosts. Downloaded packages stay, so that the next installation need not fetch them. */
export async function resetHosts(): Promise<void> {
  await Promise.all(lab.hosts.map(({ name }) => run(lab, name, ["sh", "-c", script])));
  await rm(reads, { recursive: true, force: true });
}
