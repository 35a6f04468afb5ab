import { posix } from "node:path";
import { treeDifference } from "../../facts/file-tree.ts";
import { file as fileFact } from "../../facts/files.ts";
import {
  cleanPath,
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  Param,
  type Plan,
  type PlanHost,
  type RequiredInput,
  Type,
} from "../../kit/index.ts";
import { type Attributes, hasAttributes, ownerParams, setAttributes } from "./attributes.ts";
import { makeDirectory, prefetchDirectory } from "./directory.ts";
import { makeLink } from "./link.ts";
import { followLinks } from "./paths.ts";
import { checkRecursive, setBelow, treeKey } from "./recurse.ts";
import { removePath } from "./remove.ts";
import { touchFile } from "./touch.ts";

/** What a `file` task gives. */
export interface PathValue {
  /** The path on the host, symbolic links followed where the task does so. */
  readonly path: string;
}

const params = {
  /** The absolute path on the host. */
  path: Param.path(),
  /** What is to be there; `file` never makes one. Left out: what is there. */
  state: Type.Optional(Param.oneOf("file", "directory", "link", "touch", "absent")),
  /** Where a link leads; a relative one starts at the link's directory. */
  src: Type.Optional(Type.String({ minLength: 1 })),
  ...ownerParams,
  /** The mode, such as "0755" or "u=rwX,g=rX,o=". */
  mode: Type.Optional(Param.mode()),
  /**
   * true: owner, group and mode hold for everything below the directory, too; files get the mode without execute
   * bits, unless they have some already. Default: false.
   */
  recurse: Param.flag(),
  /** true: make a link although it leads nowhere, or in place of a file or an empty directory. Default: false. */
  force: Param.flag(),
  /** false: where path is a symbolic link, it is not followed to what the task is about. Default: true. */
  follow: Param.flag(true),
  /** What `touch` does with the time of a file that is there. Left out: preserve. */
  modificationTime: Type.Optional(Param.oneOf("preserve", "now")),
};

/** What `file` takes. */
export interface FileParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Makes a directory, a link or an empty file, removes a path, or sets owner, group and mode of what is there.
 *
 * Without `state` it is about what is there, and fails where nothing is; with `recurse` it means `directory`.
 * Missing directories above a `directory` are made with the same attributes, as Ansible does. Unlike Ansible's,
 * `touch` leaves the times of a file that is there alone unless `modificationTime` says `"now"`, so that a second
 * run changes nothing; and with `recurse` a file gets no execute bit that it had not in any form (chmod's `X`).
 *
 * @example
 * await file({ path: "/srv/app", state: "directory", owner: "deploy", mode: "0755" });
 * await file({ path: "/srv/app/current", state: "link", src: "releases/42" });
 */
export const file: Module<FileParams, PathValue> = defineModule({
  name: "file",
  summary: "Makes and removes directories, links and empty files, and sets owner, group and mode.",
  params,
  examples: [
    `file({ path: "/srv/app", state: "directory", owner: "deploy", group: "deploy", mode: "0755" })`,
    `file({ path: "/srv/app/current", state: "link", src: "releases/42" })`,
    `file({ path: "/etc/nginx/sites-enabled/default", state: "absent" })`,
  ],
  title: ({ path }) => path,
  check(p) {
    const state = p.state ?? (p.recurse ? "directory" : undefined);
    if (p.recurse && state !== "directory") fail(`recurse: is for directories, and state is "${state}"`);
    if (p.recurse) checkRecursive(p);
    if (state === "link" && p.src === undefined) fail("src: expected where the link leads, got nothing");
    if (state !== "link" && p.src !== undefined) fail('src: is only for state "link"');
    if (state === "link" && p.mode !== undefined)
      fail("mode: a link has none", "set it on what the link leads to, in a task of its own");
    if (state === "absent" && cleanPath(p.path) === "/") fail("path: the root directory can't be removed");
    if (p.modificationTime !== undefined && state !== "touch")
      fail('modificationTime: is only for state "touch"');
  },
  async *plan(host, p): Plan<PathValue> {
    const path = cleanPath(p.path);
    const state = p.state ?? (p.recurse ? "directory" : undefined);
    if (state === "absent") yield* removePath(host, path);
    if (state === "link") yield* makeLink(host, path, { ...p, src: p.src ?? "" });
    if (state === "absent" || state === "link") return { path };

    if (state === "directory") await prefetch(host, path, p);
    const target = p.follow ? await followLinks(host, path) : { path, links: [] };
    if (state === "directory") yield* ensureDirectory(host, target.path, p);
    else if (state === "touch") yield* touchFile(host, target, p);
    else yield* ensureAttributes(host, target.path, p, state);
    return { path: target.path };
  },
});

async function prefetch(host: PlanHost, path: string, p: Attributes & { recurse?: boolean }): Promise<void> {
  await Promise.all([
    prefetchDirectory(host, path),
    p.recurse ? host.fact(treeDifference, treeKey(path, p)) : undefined,
  ]);
}

async function* ensureDirectory(
  host: PlanHost,
  path: string,
  p: Attributes & { recurse?: boolean },
): Plan<void> {
  const state = await host.fact(fileFact, path);
  if (state.type === "absent") return yield* makeDirectory(host, path, p);
  if (state.type !== "directory")
    fail(`${path} is there and is no directory, but a ${state.type}`, "remove it first");
  if (!hasAttributes(state, p)) yield* setAttributes(host, path, state, p);
  if (p.recurse) yield* setBelow(host, path, p);
}

async function* ensureAttributes(
  host: PlanHost,
  path: string,
  p: Attributes,
  wanted: "file" | undefined,
): Plan<void> {
  const state = await host.fact(fileFact, path);
  host.require(
    state.type !== "absent",
    `${path} does not exist on the host`,
    `state "touch" makes an empty file, copy and template make one with a content, state "directory" a directory`,
  );
  if (state.type === "absent") return;
  if (wanted === "file" && state.type !== "file") fail(`${path} is no file, but a ${state.type}`);
  if (state.type === "link")
    fail(`${posix.basename(path)} is a symbolic link`, 'use state "link" for its own owner and group');
  yield* setAttributes(host, path, state, p);
}
