/** Edits the text of a file: what lineinfile and blockinfile have in common. */

import { isUtf8 } from "node:buffer";
import { posix } from "node:path";
import { file, fileContent, fileHash } from "../../facts/files.ts";
import { cleanPath, fail, type Plan, type PlanHost } from "../../kit/index.ts";
import { type Attributes, setAttributes } from "./attributes.ts";
import { literalContent } from "./content.ts";
import { followLinks } from "./paths.ts";
import { type FileValue, putFile } from "./put-file.ts";

interface EditFile extends Attributes {
  readonly path: string;
  readonly state: "present" | "absent";
  readonly create: boolean;
  readonly validate?: string | undefined;
  readonly backup?: boolean | undefined;
  readonly inPlace?: boolean | undefined;
}

export interface Edit {
  /** @param asRead makes of a parameter's text what it is in a file that is not UTF-8 */
  edit(asRead: (text: string) => string): (text: string) => string;
  /** What comes of it holds a secret. */
  readonly hides: boolean;
}

/** Symbolic links are followed. */
export async function* editFile(host: PlanHost, p: EditFile, { edit, hides }: Edit): Plan<FileValue> {
  const given = cleanPath(p.path);
  await Promise.all([
    host.fact(file, given),
    host.fact(file, posix.dirname(given)),
    host.fact(fileHash, given),
    host.fact(fileContent, given),
  ]);
  const path = await followLinks(host, given);
  const [state, old] = await Promise.all([host.fact(file, path), host.fact(fileContent, path)]);
  if (state.type !== "absent" && state.type !== "file") fail(`${path} is no file, but a ${state.type}`);
  if (state.type === "absent") {
    if (p.state === "absent") return { path };
    host.require(p.create, `${path} does not exist on the host`, "create: true makes it");
  }

  const encoding = old === undefined || isUtf8(old) ? "utf8" : "latin1";
  // bytes that are no text stay as they are: each is then a letter of its own, in the file and in what is put into it
  const edited = edit((text) => Buffer.from(text).toString(encoding));
  const before = old?.toString(encoding) ?? "";
  const after = edited(before);
  if (after === before && state.type === "file") {
    yield* setAttributes(host, path, state, p);
    return { path };
  }
  const content = { ...literalContent(Buffer.from(after, encoding)), secret: hides, ownerOnly: hides };
  return yield* putFile(host, { ...p, path, given, content, old });
}
