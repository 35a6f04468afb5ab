/** Copies a local directory: one change for each directory and file that differs. */

import { posix } from "node:path";
import { type FileState, file, fileHash } from "../../facts/files.ts";
import { cleanPath, fail, type Plan, type PlanHost, showMode } from "../../kit/index.ts";
import { type Attributes, hasAttributes } from "./attributes.ts";
import { localContent } from "./content.ts";
import type { CopyFile } from "./copy-file.ts";
import { makeDirectory, prefetchDirectory } from "./directory.ts";
import { makeLink } from "./link.ts";
import { type LocalEntry, walkLocal } from "./local-source.ts";
import { naming } from "./naming.ts";
import { type Content, type FileValue, putFile } from "./put-file.ts";

/** What a directory's copy is told. */
interface CopyTree extends CopyFile {
  readonly src: string;
  readonly directoryMode?: string | undefined;
}

/**
 * `src` ending in "/" is copied without its own name, as Ansible and rsync do. A directory that is there stays as it is:
 * whoever is given /etc/cron.d is given all of the host. Nothing is ever removed.
 */
export async function* copyTree(host: PlanHost, p: CopyTree): Plan<FileValue> {
  if (p.validate !== undefined) fail("validate: checks one file, and src is a directory");
  const named = p.src.endsWith("/") ? p.dest : `${p.dest}/${posix.basename(p.src)}`;
  const root = cleanPath(named);
  const target = ({ name }: LocalEntry) => `${root}/${name}`;
  const entries = walkLocal(p.src);
  const [all] = await Promise.all([
    Promise.all(entries.map(async (entry) => ({ entry, found: await find(host, entry, target(entry)) }))),
    prefetchDirectory(host, root),
  ]);

  yield* ensureDirectory(host, root, p);
  // a name may be another name of what is changed: from the first difference on, everything is looked at again
  let isAlike = true;
  for (const { entry, found } of all) {
    const path = target(entry);
    const { stats } = entry;
    const mode = p.mode === "preserve" && stats ? showMode(stats.mode & 0o7777) : p.mode;
    const content = stats && (await localContent(entry.path, stats));
    isAlike = isAlike && isThere(entry, found, content, { ...p, mode });
    if (isAlike) continue;
    if (content) yield* naming(entry.name, putFile(host, { ...p, mode, path, content }));
    else if (entry.target !== undefined) yield* naming(entry.name, copyLink(host, path, entry.target, p));
    else yield* naming(entry.name, ensureDirectory(host, path, p));
  }
  return { path: root };
}

/** What is on the host where an entry of the tree goes. */
interface Found {
  readonly state: FileState;
  readonly hash: string | undefined;
}

async function find(host: PlanHost, { kind }: LocalEntry, path: string): Promise<Found> {
  const hashed = kind === "file" ? host.fact(fileHash, path) : undefined;
  const [state, hash] = await Promise.all([host.fact(file, path), hashed]);
  return { state, hash };
}

/** Whether a file or a directory of the tree is there as it is to be. Links are always looked at by themselves. */
function isThere(
  { kind }: LocalEntry,
  { state, hash }: Found,
  content: Content | undefined,
  wanted: Attributes,
): boolean {
  if (kind === "directory") return state.type === "directory" || state.type === "link";
  return (
    content !== undefined && state.type === "file" && hash === content.hash && hasAttributes(state, wanted)
  );
}

/** It leads nowhere here, and may do so there: what it says is copied. */
function copyLink(host: PlanHost, path: string, src: string, { owner, group }: CopyTree): Plan<void> {
  return makeLink(host, path, { src, owner, group, force: true });
}

async function* ensureDirectory(host: PlanHost, path: string, p: CopyTree): Plan<void> {
  const state = await host.fact(file, path);
  if (state.type === "absent")
    yield* makeDirectory(host, path, { owner: p.owner, group: p.group, mode: p.directoryMode });
  else if (state.type !== "directory" && state.type !== "link")
    fail(`${path} is not a directory on the host`);
}
