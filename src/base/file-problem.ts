/** Why a local file could not be read or written, without the system call's name and number. */
import { messageOf } from "./errors.ts";

export const noSuchFile = "there is no such file";

const words: Readonly<Record<string, string>> = {
  ENOENT: noSuchFile,
  EISDIR: "it is a directory",
  ENOTDIR: "a part of its path is not a directory",
  EACCES: "permission denied",
  ELOOP: "it is a symbolic link that leads back to itself",
};

/**
 * Why a local file could not be read or written, in a user's words: `permission denied`.
 *
 * @param error what the file system threw
 */
export function fileProblem(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return words[code] ?? messageOf(error);
}
