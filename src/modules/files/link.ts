/** Makes symbolic links. */

import { posix } from "node:path";
import { attributesSet, linkMade } from "../../facts/file-effects.ts";
import { emptyDirectory } from "../../facts/file-tree.ts";
import { type FileState, file } from "../../facts/files.ts";
import {
  change,
  cleanPath,
  enterFolderBeside,
  fail,
  holdPath,
  lines,
  type Plan,
  type PlanHost,
  rawScript,
  type Script,
  sh,
} from "../../kit/index.ts";
import { stagingName } from "../../kit/own.ts";
import { requireAccounts } from "./accounts.ts";
import { chownOperand } from "./attributes.ts";
import { linkTarget } from "./paths.ts";
import { created, requireParent } from "./put-file.ts";

interface Link {
  /** Where it leads, as it is to be written in the link. */
  readonly src: string;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly force?: boolean | undefined;
}

type LinkState = Extract<FileState, { type: "link" }>;

/** Owner and group are the link's own. */
export async function* makeLink(
  host: PlanHost,
  path: string,
  { src, owner, group, force }: Link,
): Plan<void> {
  const [state, parent] = await Promise.all([
    host.fact(file, path),
    host.fact(file, posix.dirname(path)),
    // where it mostly leads, so that looking there takes no round trip of its own
    host.fact(file, cleanPath(posix.resolve(posix.dirname(path), src))),
  ]);
  if (state.type === "link" && state.target === src) {
    await requireAccounts(host, changing({ owner, group }, state));
    yield* setOwner(path, state, {
      ...state,
      owner: owner ?? state.owner,
      group: group ?? state.group,
    });
    return;
  }
  if (!force) {
    if (state.type !== "absent" && state.type !== "link")
      fail(`${path} is there and is no link, but a ${state.type}`, "force: true puts the link in its place");
    const leadsTo = await linkTarget(host, path, src);
    const target = await host.fact(file, leadsTo);
    host.require(
      target.type !== "absent",
      `the link ${path} would lead nowhere: ${leadsTo} does not exist on the host`,
      "force: true makes it all the same",
    );
  }
  if (state.type === "directory")
    host.require(
      await host.fact(emptyDirectory, path),
      `${path} is a directory that holds something: no link is put in its place`,
      'if all of it may go, remove it first: file({ path, state: "absent" })',
    );
  requireParent(host, path, parent);
  await requireAccounts(host, { owner, group });
  // a new link belongs to its maker, whoever owned the old one
  const plain = await created(host, "file", parent);
  const made: LinkState = { type: "link", target: src, owner: plain.owner, group: plain.group };
  const then = { ...made, owner: owner ?? made.owner, group: group ?? made.group };
  const operand = chownOperand(owner, group);
  yield change({
    what: state.type === "absent" ? "created" : "target",
    before: state.type === "link" ? state.target : state.type,
    after: src,
    script: putLink(path, src, operand, state.type === "directory"),
    ...linkMade(path, then),
  });
}

async function* setOwner(path: string, now: LinkState, then: LinkState): Plan<void> {
  if (now.owner === then.owner && now.group === then.group) return;
  yield change({
    what: "owner",
    before: `${now.owner}:${now.group}`,
    after: `${then.owner}:${then.group}`,
    script: lines(holdPath(path, now), sh`chown -h -- ${`${then.owner}:${then.group}`} "$sr_held"`),
    ...attributesSet(path, then),
  });
}

/** It is made elsewhere and put in its place, so that there is a link at every moment, and its owner's. */
function putLink(path: string, src: string, operand: string | undefined, overDirectory: boolean): Script {
  return lines(
    sh`set -e`,
    enterFolderBeside(path, stagingName(path)),
    sh`ln -s -- ${src} "./$sr_base"`,
    operand === undefined ? rawScript(":") : sh`chown -h -- ${operand} "./$sr_base"`,
    rawScript(`${overDirectory ? 'rmdir -- "../$sr_base"; ' : ""}sr_put_out "$sr_base"`),
  );
}

/** What is wanted and is not so: a link may belong to a number that has no name, and stay so. */
function changing(wanted: { owner?: string | undefined; group?: string | undefined }, now: LinkState) {
  return {
    owner: wanted.owner === now.owner ? undefined : wanted.owner,
    group: wanted.group === now.group ? undefined : wanted.group,
  };
}
