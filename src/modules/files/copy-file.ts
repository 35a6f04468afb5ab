/** Copies one file: a content, or what is in a local file. */
import { posix } from "node:path";
import { file } from "../../facts/files.ts";
import { cleanPath, fail, type Plan, type PlanHost } from "../../kit/index.ts";
import type { Attributes } from "./attributes.ts";
import { localContent } from "./content.ts";
import { type Followed, followLinks } from "./paths.ts";
import { type Content, type FileValue, factsOfFile, prefetchFile, putFile } from "./put-file.ts";

/** What a single file's copy is told. */
export interface CopyFile extends Attributes {
  readonly dest: string;
  readonly validate?: string | undefined;
  readonly backup?: boolean | undefined;
  readonly force?: boolean | undefined;
  readonly follow?: boolean | undefined;
}

export async function* copyContent(host: PlanHost, p: CopyFile, content: Content): Plan<FileValue> {
  if (p.dest.endsWith("/"))
    fail(`dest: ${p.dest} names a directory, and content has no file name`, "write the file's whole path");
  const path = cleanPath(p.dest);
  const target = p.follow ? await followLinks(host, path) : asGiven(path);
  return yield* putFile(host, { ...p, ...target, content });
}

export async function* copyFile(host: PlanHost, p: CopyFile, src: string): Plan<FileValue> {
  const [target, content] = await Promise.all([targetOf(host, p, posix.basename(src)), localContent(src)]);
  return yield* putFile(host, { ...p, ...target, content });
}

/**
 * Where a file of this name goes: `dest` itself, or into it where it is a directory. What either needs is asked for
 * at once, since both together are cheaper than a second round trip.
 */
export async function targetOf(host: PlanHost, p: CopyFile, name: string): Promise<Followed> {
  const dest = cleanPath(p.dest);
  const inside = dest === "/" ? `/${name}` : `${dest}/${name}`;
  if (p.dest.endsWith("/")) {
    await prefetchFile(host, inside);
    return p.follow ? followLinks(host, inside) : asGiven(inside);
  }
  const [state] = await Promise.all([...factsOfFile(host, dest), ...factsOfFile(host, inside)]);
  const into = state.type === "directory" || (state.type === "link" && (await leadsToDirectory(host, dest)));
  const path = into ? inside : dest;
  return p.follow ? followLinks(host, path) : asGiven(path);
}

/** A link at the path itself is replaced, unless links are to be followed. */
function asGiven(path: string): Followed {
  return { path, links: [] };
}

async function leadsToDirectory(host: PlanHost, path: string): Promise<boolean> {
  const { path: target } = await followLinks(host, path);
  return (await host.fact(file, target)).type === "directory";
}
