/** Installs a package from a file on the host. */

import { aptOffer, freshAptLists } from "../../facts/apt-lists.ts";
import { debFile } from "../../facts/deb-file.ts";
import { dpkgFiles, dpkgPackage, dpkgVersion } from "../../facts/dpkg.ts";
import { change, lines, type Plan, type PlanHost, requireOwnFile } from "../../kit/index.ts";
import { aptGet } from "./apt-get.ts";
import { type AptSettings, installOptions, keepOptions, lockTimeoutOf, wantsLists } from "./apt-params.ts";
import { type AptValue, nothingDone } from "./apt-value.ts";
import { dryRun } from "./dry-run.ts";
import { markManual } from "./mark-manual.ts";
import { everSince, fetchLists, refresh } from "./refresh-lists.ts";

export async function* installFile(host: PlanHost, p: AptSettings, path: string): Plan<AptValue> {
  const found = await host.fact(debFile, path);
  host.require(
    found !== undefined,
    `${path} is no package file on the host`,
    "copy it there before: copy({ src, dest })",
  );
  if (!found) return nothingDone;
  const automatic = found.automatic ? [found.name] : [];
  if (found.installed === "same" || (found.installed === "later" && !p.allowDowngrade)) {
    yield* markManual(automatic, [debFile.is(path, { ...found, automatic: false })]);
    return nothingDone;
  }
  // what it depends on is in the lists
  if (wantsLists(p)) yield* refresh(host, p);
  else if (p.updateCache !== false && !(await host.fact(freshAptLists, { within: everSince })))
    yield fetchLists(everSince, lockTimeoutOf(p));
  const { name, version } = found;
  const doing = `install ${name}=${version}`;
  const options = installOptions(p);
  const { besides, ...shown } = await dryRun(host, p, { command: "install", options, names: [path] }, doing);
  yield change({
    what: besides.length === 0 ? doing : `${doing}, remove ${besides.join(", ")}`,
    ...shown,
    script: lines(
      requireOwnFile(path, "copy it to a directory that only root writes, and install it from there"),
      aptGet("install", {
        options: [...options, ...keepOptions(p)],
        names: [path],
        lockTimeout: lockTimeoutOf(p),
      }),
    ),
    sets: [
      ...(automatic.length === 0 ? [dpkgPackage.is(name, "manual")] : []),
      dpkgVersion.is(name, version),
      dpkgFiles.is(name, true),
      debFile.is(path, { ...found, installed: "same" }),
    ],
    // it may be one that brings a source
    touches: [...shown.touches, freshAptLists.of(), aptOffer.of()],
  });
  yield* markManual(automatic, [debFile.is(path, { ...found, installed: "same", automatic: false })]);
  return { installed: [name], removed: besides };
}
