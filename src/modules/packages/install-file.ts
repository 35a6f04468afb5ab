/** Installs a package from a file on the host. */
import { change } from "../../core/facts/change.ts";
import type { Plan, PlanHost } from "../../core/tasks/task.ts";
import { debFile } from "../../facts/deb-file.ts";
import { freshPackageLists, packageOffer } from "../../facts/package-lists.ts";
import { installedPackage, packageFiles, packageVersion } from "../../facts/packages.ts";
import { alongside } from "./alongside.ts";
import { aptGet } from "./apt-get.ts";
import { type AptParams, installOptions, lockTimeoutOf, wantsLists } from "./apt-params.ts";
import { everSince, fetchLists, refresh } from "./refresh-lists.ts";

/** @returns the name of the package in the file, if it was missing or older */
export async function* installFile(host: PlanHost, p: AptParams, path: string): Plan<string[]> {
  const found = await host.fact(debFile, path);
  host.require(
    found !== undefined,
    `${path} is no package file on the host`,
    "copy it there before: copy({ src, dest })",
  );
  if (!found || found.installed === "same") return [];
  if (found.installed === "later" && p.allowDowngrade !== true) return [];
  // what it depends on is in the lists
  if (wantsLists(p)) yield* refresh(host, p);
  else if (p.updateCache !== false && !(await host.fact(freshPackageLists, { within: everSince })))
    yield fetchLists(everSince, lockTimeoutOf(p));
  const { name, version } = found;
  yield change({
    what: `install ${name}=${version}`,
    after: path,
    script: aptGet("install", { options: installOptions(p), names: [path], lockTimeout: lockTimeoutOf(p) }),
    sets: [
      installedPackage.is(name, true),
      packageVersion.is(name, version),
      packageFiles.is(name, true),
      debFile.is(path, { ...found, installed: "same" }),
    ],
    // it may be one that brings a source
    touches: [...alongside, freshPackageLists.of(), packageOffer.of()],
  });
  return [name];
}
