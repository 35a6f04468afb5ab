/** Where an application's releases are, and which one serves. */
import { posix } from "node:path";
import { file, fileText } from "../../facts/files.ts";
import { cleanPath, Param, type PlanHost, Type } from "../../kit/index.ts";

/** A release's name: its directory's, too. */
export const ReleaseName = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$" });
const isName = (text: string) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text);

/** The parameter that both modules have. */
export const ApplicationPath = Param.path();

/** The paths of an application's releases. */
export function layoutOf(path: string) {
  const root = cleanPath(path);
  return {
    current: `${root}/current`,
    list: `${root}/releases.list`,
    served: `${root}/releases.served`,
    release: (name: string) => `${root}/releases/${name}`,
    /** Relative, so that the application's directory may be reached by another path. */
    target: (name: string) => `releases/${name}`,
  };
}

/** What is known of an application's releases. */
interface Releases {
  /** In the order in which they were deployed: the newest is the last one. */
  readonly deployed: readonly string[];
  /** The one that serves. */
  readonly current: string | undefined;
}

/** Reads which releases were deployed, and which one serves. */
export async function readReleases(host: PlanHost, path: string): Promise<Releases> {
  const { current, list } = layoutOf(path);
  const [link, text] = await Promise.all([host.fact(file, current), host.fact(fileText, list)]);
  const serving = link.type === "link" ? posix.basename(link.target) : undefined;
  return {
    deployed: [...new Set((text ?? "").split("\n").filter(isName))],
    current: serving !== undefined && isName(serving) ? serving : undefined,
  };
}
