/** Edits the text of a file: what lineinfile and blockinfile have in common. */

import { isUtf8 } from "node:buffer";
import { posix } from "node:path";
import { file, fileContent, fileHash } from "../../facts/files.ts";
import { cleanPath, fail, type Plan, type PlanHost } from "../../kit/index.ts";
import { type Attributes, hasAttributes, setAttributes } from "./attributes.ts";
import { literalContent } from "./content.ts";
import { followLinks } from "./paths.ts";
import { type FileValue, putFile } from "./put-file.ts";

/** The file that `editFile` edits, and what it is to be like. */
export interface EditFile extends Attributes {
  /** Absolute, on the host. Symbolic links are followed, but for one that another user may turn to what is not theirs. */
  readonly path: string;
  /** Absent: what is edited is to be gone, so a file that is not there is left so. */
  readonly state: "present" | "absent";
  /** True: a file that is not there is made. Else it is a failure. */
  readonly create: boolean;
  /** A command that must succeed before the file is replaced; `%s` in it stands for the new file's path. */
  readonly validate?: string | undefined;
  /** True: the old file is kept under a name with the time. */
  readonly backup?: boolean | undefined;
  /** True: a file that is mounted may be written into, which is not atomic. */
  readonly inPlace?: boolean | undefined;
}

/** How `editFile` alters a file's text. */
export interface Edit {
  /**
   * Makes the new text of the old one, which is `""` where there is no file.
   *
   * @param asRead makes of a parameter's text what it is in a file that is not UTF-8: each byte of such a file is a letter
   */
  edit(text: string, asRead: (text: string) => string): string;
  /** True: a secret is put into the text, so that no diff is shown, and a new file is for its owner only. */
  readonly hides?: boolean;
}

/**
 * Edits the text of a file in a module's plan: with `yield*`. Nothing is changed where the new text is the old one and
 * the file has its owner, group and mode.
 *
 * The file is replaced as a whole. If it was altered since it was read, or another user has put a link in its place or
 * into its path, nothing is written, and the change fails.
 *
 * @param host the plan's host
 * @param p the file
 * @param how what is altered in it
 * @returns its path, with links followed, and where the old file was kept
 * @throws ShowrunnerError `task.failed` where there is no such file, or something else than a file
 *
 * @example
 * const edit = (text: string) => text.replace(/^PermitRootLogin .*$/m, "PermitRootLogin no");
 * yield* editFile(host, { path: "/etc/ssh/sshd_config", state: "present", create: false }, { edit });
 */
export async function* editFile(host: PlanHost, p: EditFile, how: Edit): Plan<FileValue> {
  const { edit, hides = false } = how;
  const given = cleanPath(p.path);
  await Promise.all([
    host.fact(file, given),
    host.fact(file, posix.dirname(given)),
    host.fact(fileHash, given),
    host.fact(fileContent, given),
  ]);
  const { path, links } = await followLinks(host, given);
  const [state, old] = await Promise.all([host.fact(file, path), host.fact(fileContent, path)]);
  if (state.type !== "absent" && state.type !== "file") fail(`${path} is no file, but a ${state.type}`);
  if (state.type === "absent") {
    if (p.state === "absent") return { path };
    host.require(p.create, `${path} does not exist on the host`, "create: true makes it");
  }

  const encoding = old === undefined || isUtf8(old) ? "utf8" : "latin1";
  // bytes that are no text stay as they are: each is then a letter of its own, in the file and in what is put into it
  const before = old?.toString(encoding) ?? "";
  const after = edit(before, (text) => Buffer.from(text).toString(encoding));
  if (after === before && state.type === "file") {
    if (!hasAttributes(state, p)) yield* setAttributes(host, path, state, p);
    return { path };
  }
  const content = { ...literalContent(Buffer.from(after, encoding)), secret: hides, ownerOnly: hides };
  return yield* putFile(host, { ...p, path, links, content, old });
}
