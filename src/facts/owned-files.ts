/** Which files somebody has written on a host: lists that are kept there, one an owner. */

import { createHash } from "node:crypto";
import { defineFact, rawScript } from "../kit/index.ts";
import { contentsIn, printSome } from "./contents.ts";

/** Only root can read or write what is in it: from these lists it follows which files are removed. */
export const ownedFilesFolder = "/var/lib/showrunner/owned";

/** The owners, with the paths of their files; a directory's ends in a slash. */
export type Owned = Readonly<Record<string, readonly string[]>>;

/** Where an owner's list is. */
export function ownedFilesList(owner: string): string {
  return `${ownedFilesFolder}/${listName(owner)}`;
}

/** Where an owner's next list is written: the fact passes it over, since a host that loses its power leaves half of one. */
export function ownedFilesDraft(owner: string): string {
  return `${ownedFilesFolder}/.${listName(owner)}`;
}

function listName(owner: string): string {
  return createHash("sha256").update(owner).digest("hex").slice(0, 32);
}

/**
 * How large one owner's list may be, and all lists of a host together, in bytes. Both are kept when a list is written:
 * else the lists could not be read any more, and no owner on that host could go on.
 */
export const ownedFilesLimits = { list: 3 * 1024 * 1024, all: 4 * 1024 * 1024 };

/** How large a list is, in bytes, with the line that ends it. */
export function ownedFilesSize(owner: string, paths: readonly string[]): number {
  return [owner, ...paths].reduce((size, line) => size + Buffer.byteLength(line) + 1, 1);
}

/** Everybody's files. A list is its owner's name and the paths, one a line; an empty line ends it. */
export const ownedFiles = defineFact<"", Owned>({
  name: "file.owned",
  restsOn: () => [ownedFilesFolder],
  // what says where each list ends comes on top
  limit: () => ownedFilesLimits.all + 1024 * 1024,
  script: () => printSome(rawScript(`${ownedFilesFolder}/*`), ownedFilesLimits.all),
  parse(stdout, keys) {
    const lists = contentsIn(stdout).map((list) =>
      list
        ?.toString()
        .split("\n")
        .filter((line) => line !== ""),
    );
    const owned = Object.fromEntries(
      lists.flatMap(([owner, ...paths] = []) => (owner === undefined ? [] : [[owner, paths]])),
    );
    return new Map(keys.map((key) => [key, owned]));
  },
});
