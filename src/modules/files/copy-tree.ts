/** Copies a local directory: one change for each directory and file that differs. */

import { statSync } from "node:fs";
import { posix } from "node:path";
import { file } from "../../facts/files.ts";
import { cleanPath, fail, type Plan, type PlanHost, showMode } from "../../kit/index.ts";
import { localContent } from "./content.ts";
import type { CopyFile } from "./copy-file.ts";
import { makeDirectory, prefetchDirectory } from "./directory.ts";
import { makeLink } from "./link.ts";
import { type LocalEntry, walkLocal } from "./local-source.ts";
import { type FileValue, prefetchFile, putFile } from "./put-file.ts";

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
  await Promise.all([
    prefetchDirectory(host, root),
    ...entries.map((entry) =>
      entry.kind === "file" ? prefetchFile(host, target(entry)) : host.fact(file, target(entry)),
    ),
  ]);

  yield* ensureDirectory(host, root, p);
  for (const entry of entries) {
    const path = target(entry);
    if (entry.kind === "directory") yield* naming(entry, ensureDirectory(host, path, p));
    else if (entry.target !== undefined) yield* naming(entry, copyLink(host, path, entry.target, p));
    else {
      const mode = p.mode === "preserve" ? showMode(statSync(entry.path).mode & 0o7777) : p.mode;
      yield* naming(entry, putFile(host, { ...p, mode, path, content: await localContent(entry.path) }));
    }
  }
  return { path: root };
}

/** It leads nowhere here, and may do so there: what it says is copied. */
function copyLink(host: PlanHost, path: string, src: string, { owner, group }: CopyTree): Plan<void> {
  return makeLink(host, path, { src, owner, group, force: true });
}

/** The changes say which of the tree's entries they are about. */
async function* naming({ name }: LocalEntry, plan: Plan<unknown>): Plan<void> {
  let next = await plan.next();
  while (!next.done) {
    const output = yield { ...next.value, what: `${next.value.what} ${name}` };
    next = await plan.next(output);
  }
}

async function* ensureDirectory(host: PlanHost, path: string, p: CopyTree): Plan<void> {
  const state = await host.fact(file, path);
  if (state.type === "absent")
    yield* makeDirectory(host, path, { owner: p.owner, group: p.group, mode: p.directoryMode });
  else if (state.type !== "directory" && state.type !== "link")
    fail(`${path} is not a directory on the host`);
}
