/** Brings a file to a content and attributes: what copy, template and lineinfile have in common. */

import { createHash } from "node:crypto";
import { posix } from "node:path";
import { contentAltered, fileWritten } from "../../facts/file-effects.ts";
import { asText, type FileState, file, fileHash, fileText } from "../../facts/files.ts";
import { self } from "../../facts/self.ts";
import { change, effects, fail, type Plan, type PlanHost, type TextDiff } from "../../kit/index.ts";
import { mountedText } from "../../kit/own.ts";
import { requireAccounts } from "./accounts.ts";
import {
  type Attributes,
  hasAttributes,
  type ModeState,
  setAttributes,
  showState,
  withAttributes,
} from "./attributes.ts";

/** A content that need not be at hand to be compared. */
export interface Content {
  /** SHA-256, in hex. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
  /** Shown to nobody: all of it, or of a text with secrets in it what the old file had in their place. */
  readonly secret: boolean | "parts";
  /** A new file of it is for its owner's eyes only, unless a mode is given. */
  readonly ownerOnly: boolean;
  read(): Promise<Buffer>;
}

interface PutFile extends Attributes {
  readonly path: string;
  readonly content: Content;
  readonly validate?: string | undefined;
  readonly backup?: boolean | undefined;
  /** True: a file that is mounted may be written into. */
  readonly inPlace?: boolean | undefined;
  /** False: a file that exists is left as it is. */
  readonly force?: boolean | undefined;
  /** The links that were followed to the path. */
  readonly links?: readonly string[] | undefined;
  /** The content that is there, if it was read already. */
  readonly old?: Buffer | undefined;
}

/** What a file task gives. */
export interface FileValue {
  /** The file's path on the host. */
  readonly path: string;
  /** Where the old file was kept. */
  readonly backup?: string;
}

const newFileMode = "0644";

/** Asks for all that `putFile` reads where nothing differs, so that it leaves with whatever else is asked now. */
export async function prefetchFile(host: PlanHost, path: string): Promise<void> {
  await Promise.all(factsOfFile(host, path));
}

/** What `putFile` reads where nothing differs. */
export function factsOfFile(
  host: PlanHost,
  path: string,
): [Promise<FileState>, Promise<FileState>, Promise<string | undefined>] {
  return [host.fact(file, path), host.fact(file, posix.dirname(path)), host.fact(fileHash, path)];
}

/**
 * Writes the file if its content differs, else corrects its attributes.
 *
 * A symbolic link is replaced by a file, as Ansible's copy and template do; see `followLinks` for the alternative.
 */
export async function* putFile(host: PlanHost, wanted: PutFile): Plan<FileValue> {
  const { path, links = [], content } = wanted;
  const [state, parent, hash] = await Promise.all(factsOfFile(host, path));
  if (state.type === "directory") fail(`${path} is a directory on the host`, "remove it first");
  if (state.type === "other") fail(`${path} is neither a file nor a directory on the host`);
  if (state.type !== "absent" && wanted.force === false) return { path };
  if (state.type === "file" && hash === content.hash) {
    if (!hasAttributes(state, wanted)) yield* setAttributes(host, path, state, wanted);
    return { path };
  }

  requireParent(host, path, parent);
  const now = state.type === "file" ? state : undefined;
  const bytes = await content.read();
  const [before, diff] = await Promise.all([
    now ?? newFile(host, parent, content),
    content.secret === true ? undefined : textDiff(host, wanted, now !== undefined, bytes),
    requireAccounts(host, wanted),
    now?.isMounted && wanted.inPlace !== true ? requireReplaceable(host, path) : undefined,
  ]);
  const then = withAttributes(before, wanted);
  const backup = wanted.backup && now !== undefined ? backupPath(path) : undefined;
  const isNew = state.type === "absent";
  yield change({
    what: isNew ? "created" : "content",
    before: state.type === "link" ? `a link to ${state.target}` : now ? showState(now) : "absent",
    after: diff ? showState(then) : `${showState(then)}, ${content.size} bytes`,
    diff,
    action: {
      kind: "write",
      path,
      content: bytes,
      mode: then.mode,
      // a new file belongs to its writer, unless somebody is named; one that is there keeps its owner
      owner: wanted.owner ?? now?.owner,
      group: wanted.group ?? now?.group,
      expected: now,
      replaces: wanted.old && createHash("sha256").update(wanted.old).digest("hex"),
      validate: wanted.validate,
      backup,
      inPlace: wanted.inPlace,
    },
    ...effects(
      fileWritten(path, { state: then, content: bytes, before: state }),
      links.length === 0 ? {} : contentAltered(...links),
      backup === undefined ? {} : fileWritten(backup),
    ),
  });
  return backup === undefined ? { path } : { path, backup };
}

/** Others than root write into a file that they can't replace, where they may. */
async function requireReplaceable(host: PlanHost, path: string): Promise<void> {
  const { user } = await host.fact(self, "");
  host.require(user !== "root", `${path} ${mountedText.reason}`, mountedText.hint);
}

async function newFile(host: PlanHost, parent: FileState, { ownerOnly }: Content) {
  const made = await created(host, "file", parent);
  return ownerOnly ? { ...made, mode: "0600" } : made;
}

/** A file's directory must be there before the file. */
export function requireParent(host: PlanHost, path: string, parent: FileState): void {
  const directory = posix.dirname(path);
  host.require(
    parent.type !== "absent",
    `the directory ${directory} does not exist on the host`,
    `make it first: await file({ path: ${JSON.stringify(directory)}, state: "directory" })`,
  );
  host.require(
    parent.type === "directory" || parent.type === "link" || parent.type === "absent",
    `${directory} is not a directory on the host`,
  );
}

/** What a file or directory is like that our user makes in a directory: a set-group-ID one hands down its group. */
export async function created<T extends "file" | "directory">(
  host: PlanHost,
  type: T,
  parent: FileState,
): Promise<ModeState & { readonly type: T }> {
  const { user, group } = await host.fact(self, "");
  const handsDown = parent.type === "directory" && (Number.parseInt(parent.mode, 8) & 0o2000) !== 0;
  const mode = type === "file" ? newFileMode : handsDown ? "2755" : "0755";
  return { type, mode, owner: user, group: handsDown ? parent.group : group };
}

async function textDiff(
  host: PlanHost,
  { path, old, content }: PutFile,
  exists: boolean,
  bytes: Buffer,
): Promise<TextDiff | undefined> {
  const after = asText(bytes);
  if (after === undefined) return undefined;
  const before = !exists ? "" : old ? asText(old) : await host.fact(fileText, path);
  if (before === undefined) return undefined;
  return { path, before: content.secret === "parts" ? hideOthers(before, after) : before, after };
}

/**
 * Blanks the lines of a text that another one does not have. A secret that is no longer in use may be among them, which
 * nobody knows, so nothing else would blank it.
 */
function hideOthers(text: string, other: string): string {
  const kept = new Set(other.split("\n"));
  return text.replaceAll(/[^\n]+/g, (line) => (kept.has(line) ? line : "(not shown)"));
}

/** As Ansible names it, but for the process number: `site.conf.2026-01-31@12:30:00~`, in UTC. */
export function backupPath(path: string): string {
  return `${path}.${new Date().toISOString().slice(0, 19).replace("T", "@")}~`;
}
