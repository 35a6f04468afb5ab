/** Why a local file could not be read or written, without the system call's name and number. */
import { messageOf } from "./errors.ts";

const words: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a directory",
  ENOTDIR: "what stands above it is no directory",
  EACCES: "permission denied",
};

/** @param error what the file system threw */
export function fileProblem(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return words[code] ?? messageOf(error);
}
