/**
 * What a change at a path does to all that is known of files there, for its `sets` and `touches`. Trees above a path
 * rest on what is in them (`restsOn`), so nobody names those.
 */

import { createHash } from "node:crypto";
import { posix } from "node:path";
import { defineStated, type Effects, effects, type Touch } from "../kit/index.ts";
import { emptyDirectory, type TreeKey, treeDifference } from "./file-tree.ts";
import { asText, diffLimit, type FileState, file, fileContent, fileHash, fileText } from "./files.ts";

const absent: FileState = { type: "absent" };

/** What is known of a file that a change writes. */
export interface WrittenFile {
  /** Its owner, group and mode. Left out: they are read again. */
  readonly state?: FileState | undefined;
  /** What it holds. Left out: that is read again. */
  readonly content?: Buffer | string | undefined;
  /** The SHA-256, in hex, of a content that is not at hand. */
  readonly hash?: string | undefined;
  /** What stood at the path before. Left out: anything, also a directory or a link to one. */
  readonly before?: FileState | undefined;
}

/**
 * A regular file is written at a path, be it a new one or in the place of what was there.
 *
 * @param path absolute, on the host
 * @param written what is known of it
 * @returns what the change sets and touches, to be spread into it
 *
 * @example
 * const state = { type: "file", mode: "0644", owner: "root", group: "root" } as const;
 * yield change({ what: "content", script, ...fileWritten("/etc/app.conf", { state, content: text }) });
 */
export function fileWritten(path: string, { state, content, hash, before }: WrittenFile = {}): Effects {
  return effects(
    state === undefined ? { touches: [file.of(path)] } : { sets: [file.is(path, state)] },
    content === undefined ? contentAltered(path) : contentIs(path, Buffer.from(content)),
    hash === undefined ? {} : { sets: [fileHash.is(path, hash)] },
    mayLead(before) ? nothingBelow(path) : {},
  );
}

/**
 * What a file holds is altered by a tool of its own, which leaves owner, group and mode.
 *
 * @param paths absolute, on the host
 */
export function contentAltered(...paths: readonly string[]): Effects {
  return { sets: [], touches: [fileHash.of(...paths), fileContent.of(...paths), fileText.of(...paths)] };
}

/**
 * What stands at a path gets an owner, a group or a mode, and stays what it is.
 *
 * @param path absolute, on the host
 * @param state what it is like then
 */
export function attributesSet(path: string, state: FileState): Effects {
  return { sets: [file.is(path, state)], touches: [] };
}

/**
 * Paths below a directory get the owner, group and modes that they are to have, and stay what they are.
 *
 * @param key the directory, and what everything in it is to have
 * @param paths those that had others
 */
export function treeCorrected(key: TreeKey, paths: readonly string[]): Effects {
  return { sets: [treeDifference.is(key, [])], touches: [file.of(...paths)] };
}

/**
 * A directory is made where nothing was. Nothing is in it yet.
 *
 * @param path absolute, on the host
 * @param state what it is like then
 */
export function directoryMade(path: string, state: FileState): Effects {
  return { sets: [file.is(path, state)], touches: [] };
}

/**
 * A symbolic link is made, or leads elsewhere than before: what it leads to is known by its path, too.
 *
 * @param path absolute, on the host
 * @param state the link's. Left out: it is read again
 */
export function linkMade(path: string, state?: FileState): Effects {
  return effects(
    state === undefined ? { touches: [file.of(path)] } : { sets: [file.is(path, state)] },
    { sets: [fileHash.is(path, undefined)], touches: [fileContent.of(path), fileText.of(path)] },
    { touches: everythingBelow(path) },
  );
}

/**
 * Symbolic links to files come or go, and directories with them that hold nothing else.
 *
 * @param paths of those links and directories: absolute, on the host
 */
export function linksAltered(...paths: readonly string[]): Effects {
  return effects({ sets: [], touches: [file.of(...paths)] }, contentAltered(...paths));
}

/**
 * Nothing stands at a path any more, and nothing below it.
 *
 * @param path absolute, on the host
 * @param before what stood there. Left out: anything, also a directory or a link to one
 *
 * @example
 * yield change({ what: "removed", script: sh`rm -f -- ${path}`, ...fileRemoved(path) });
 */
export function fileRemoved(path: string, before?: FileState): Effects {
  return effects(
    { sets: [file.is(path, absent)] },
    contentIs(path, undefined),
    mayLead(before) ? nothingBelow(path) : {},
  );
}

/**
 * All that is known of a path, and of what is below it, for the `touches` of a change that alters it in a way of its own.
 *
 * @param path absolute, on the host; `/` where it is not known which files are altered
 *
 * @example
 * yield change({ what: "initialised", script: sh`app init`, touches: fileFacts("/var/lib/app") });
 */
export function fileFacts(path: string): Touch[] {
  const at = posix.resolve("/", path);
  return [...[file, fileHash, fileContent, fileText].map((fact) => fact.of(at)), ...everythingBelow(at)];
}

defineStated("path", fileFacts);

/** Whether there may have been anything below the path. */
function mayLead(before: FileState | undefined): boolean {
  return before === undefined || before.type === "directory" || before.type === "link";
}

/** A large content is kept by its hash alone. */
function contentIs(path: string, content: Buffer | undefined): Effects {
  const isLarge = content !== undefined && content.length > diffLimit;
  return {
    sets: [
      fileHash.is(path, content && createHash("sha256").update(content).digest("hex")),
      fileText.is(path, content && asText(content)),
      ...(isLarge ? [] : [fileContent.is(path, content)]),
    ],
    touches: isLarge ? [fileContent.of(path)] : [],
  };
}

function everythingBelow(path: string): Touch[] {
  return [file, fileHash, fileContent, fileText].map((fact) => fact.below(path));
}

function nothingBelow(path: string): Partial<Effects> {
  return {
    touches: [
      file.allBelow(path, absent),
      ...[fileHash, fileContent, fileText].map((fact) => fact.allBelow(path, undefined)),
      emptyDirectory.allBelow(path, true),
      treeDifference.allBelow(path, []),
    ],
  };
}
