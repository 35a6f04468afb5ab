/** The file that a history is kept in: read and written as a whole, and for its owner alone. */
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** The longest file that is read or written. Bytes. */
const longestFile = 4 * 1024 * 1024;

/** How many files are kept in a folder. */
const mostFiles = 50;

/**
 * Reads the file.
 *
 * @throws Error where it can't be read, is too long, is no plain file, or is one that others own or may write to
 */
export function readHistoryText(file: string): string {
  // a pipe would be waited for, and a link leads to what others may have written
  const opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const found = fstatSync(opened);
    const isOwn = found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
    if (!found.isFile() || !isOwn || found.size > longestFile) throw new Error(`${file} is no history`);
    return readFileSync(opened, "utf8");
  } finally {
    closeSync(opened);
  }
}

/**
 * Writes the file, whole or not at all, and removes the files beside it that were written longest ago. A text that is
 * too long is not kept: then there is no file.
 *
 * @throws Error where it can't be written
 */
export function writeHistoryText(file: string, text: string): void {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (Buffer.byteLength(text) > longestFile) rmSync(file, { force: true });
  else replace(file, text);
  prune(folder);
}

function replace(file: string, text: string): void {
  const beside = `${file}.${process.pid}`;
  try {
    writeFileSync(beside, text, { mode: 0o600, flag: "wx" });
    renameSync(beside, file);
  } finally {
    rmSync(beside, { force: true });
  }
}

/** Files that a killed run has left half-written are among those that go. */
function prune(folder: string): void {
  const files = readdirSync(folder)
    .filter((name) => /\.json(\.\d+)?$/.test(name))
    .map((name) => join(folder, name));
  if (files.length <= mostFiles) return;
  const written = new Map(files.map((file) => [file, statSync(file).mtimeMs]));
  files.sort((a, b) => (written.get(b) ?? 0) - (written.get(a) ?? 0));
  for (const file of files.slice(mostFiles)) rmSync(file, { force: true });
}
