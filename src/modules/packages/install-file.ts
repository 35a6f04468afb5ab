/** Installs a package from a file on the host. */

import { aptOffer, freshAptLists } from "../../facts/apt-lists.ts";
import { debFile } from "../../facts/deb-file.ts";
import { dpkgFiles, dpkgPackage, dpkgVersion } from "../../facts/dpkg.ts";
import { type Plan, type PlanHost, requireOwnFile } from "../../kit/index.ts";
import { type AptSettings, lockTimeoutOf, wantsLists } from "./apt-params.ts";
import { type AptValue, nothingDone } from "./apt-value.ts";
import { installing } from "./installing.ts";
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
  const removed = yield* installing(host, p, {
    doing: `install ${name}=${version}`,
    words: [path],
    before: requireOwnFile(path, "copy it to a directory that only root writes, and install it from there"),
    sets: [
      ...(automatic.length === 0 ? [dpkgPackage.is(name, "manual")] : []),
      dpkgVersion.is(name, version),
      dpkgFiles.is(name, true),
      debFile.is(path, { ...found, installed: "same" }),
    ],
    // it may be one that brings a source
    touches: [freshAptLists.of(), aptOffer.of()],
  });
  yield* markManual(automatic, [debFile.is(path, { ...found, installed: "same", automatic: false })]);
  return { installed: [name], removed };
}
