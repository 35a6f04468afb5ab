/** Where an archive comes from, and what it is known by. */
import { posix } from "node:path";
import { file, fileHash } from "../../facts/files.ts";
import { fail, type PlanHost } from "../../kit/index.ts";
import { localContent } from "../files/content.ts";
import type { Content } from "../files/put-file.ts";
import { textAt } from "./ask-server.ts";
import { checksumOf, digestIn } from "./checksum.ts";

/** An archive: on the control machine, on the host, or on a server. */
export type Archive = { readonly hash: string } & (
  | { readonly from: "here"; readonly content: Content }
  | { readonly from: "host"; readonly path: string }
  | { readonly from: "server"; readonly url: string }
);

/** The sources of which one is given. */
interface Sources {
  readonly src?: string | undefined;
  readonly remoteSrc?: string | undefined;
  readonly url?: string | undefined;
  readonly checksum?: string | undefined;
}

/** How long a server may say nothing. Milliseconds. */
export const patience = 30_000;

/**
 * @throws ShowrunnerError `task.failed` where the archive is not there
 */
export async function archiveFrom(
  host: PlanHost,
  { src, remoteSrc, url = "", checksum = "" }: Sources,
): Promise<Archive> {
  if (src !== undefined) {
    const content = await localContent(src);
    return { from: "here", hash: content.hash, content };
  }
  if (remoteSrc !== undefined) {
    const [state, hash] = await Promise.all([host.fact(file, remoteSrc), host.fact(fileHash, remoteSrc)]);
    host.require(state.type !== "absent", `remoteSrc: ${remoteSrc} does not exist on the host`);
    if (state.type !== "file" || hash === undefined)
      return fail(
        `remoteSrc: ${remoteSrc} is no file on the host`,
        "name the file itself: links are not followed",
      );
    return { from: "host", hash, path: remoteSrc };
  }
  const given = checksumOf(checksum);
  if ("hash" in given) return { from: "server", hash: given.hash, url };
  const text = await textAt(host, { url: given.list, headers: {}, timeout: patience });
  return { from: "server", hash: digestIn(text, given.list, posix.basename(new URL(url).pathname)), url };
}
