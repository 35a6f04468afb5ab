import { createHash } from "node:crypto";
import { callerLocation } from "../../kit/own.ts";
import { localContent } from "./content.ts";
import { findLocal, statLocal, walkLocal } from "./local-source.ts";

/**
 * Tells what a local file or directory holds, as a short text: the same for the same names and contents, on every
 * machine and at every time. Owners, modes and times do not count. It is good for naming a release after what is in it.
 *
 * @param src a path; a relative one begins at the file that calls this, else at the working directory
 * @returns 12 hexadecimal digits
 * @throws ShowrunnerError `file.missing` where there is nothing to read, or something that can't be copied
 *
 * @example
 * const name = await localDigest(source);
 * await copy({ src: `${source}/`, dest: `/srv/shop/releases/${name}/` });
 */
export async function localDigest(src: string): Promise<string> {
  const path = findLocal(src, callerLocation());
  const stats = statLocal(path);
  if (!stats.isDirectory()) return shortDigest([(await localContent(path, stats)).hash]);
  return shortDigest(
    await Promise.all(
      walkLocal(path).map(async (entry) => {
        const { name, kind, target = "" } = entry;
        const hash = entry.stats ? (await localContent(entry.path, entry.stats)).hash : "";
        return JSON.stringify([name, kind, target, hash]);
      }),
    ),
  );
}

function shortDigest(lines: readonly string[]): string {
  return createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 12);
}
