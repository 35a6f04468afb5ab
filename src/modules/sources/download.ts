import { posix } from "node:path";
import { addressMark, download as downloaded } from "../../facts/downloads.ts";
import { fileWritten } from "../../facts/file-effects.ts";
import { file, fileHash } from "../../facts/files.ts";
import type { RemoteFile } from "../../facts/remote-file.ts";
import {
  bytes,
  change,
  defineModule,
  effects,
  fail,
  type Module,
  milliseconds,
  type OptionalInput,
  Param,
  type Plan,
  type PlanHost,
  type RequiredInput,
  refusing,
  reveal,
  type Secret,
  SecretString,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { requireAccounts } from "../files/accounts.ts";
import { ownerParams, setAttributes, showState, withAttributes } from "../files/attributes.ts";
import { replaceParams } from "../files/copy.ts";
import { targetOf } from "../files/copy-file.ts";
import { backupPath, created, type FileValue, requireParent } from "../files/put-file.ts";
import { mistakeInAddress } from "./address.ts";
import { type Asked, askFor, headersFor, textAt } from "./ask-server.ts";
import { checksumOf, digestIn, mistakeInChecksum } from "./checksum.ts";
import { fetchScript } from "./fetch-script.ts";

const params = {
  /** What is fetched, over http or https, as the host itself sees it. */
  url: refusing(Type.Unsafe<string>({ type: "string" }), mistakeInAddress),
  /** The path on the host; ending in / or being a directory: into it, under the name in the address. */
  dest: Param.path(),
  /**
   * What the content must be: `sha256:` with its digest, or the address of a SHA256SUMS file that has it. A file that has
   * this digest is up to date, and with the digest itself no server is asked then.
   */
  checksum: Type.Optional(refusing(Type.Unsafe<string>({ type: "string" }), mistakeInChecksum)),
  /** Headers of the request. Another server, to which a redirect leads, gets none of them. */
  headers: Type.Optional(
    Type.Record(Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" }), SecretString(), {
      additionalProperties: false,
    }),
  ),
  /** How long the server may say nothing: seconds, or a text such as "2m". Default: "30s". */
  timeout: withDefault(Param.duration(), "30s"),
  /** The most bytes that are taken, such as "200M". Left out: as many as come. */
  maxSize: Type.Optional(Param.size()),
  /** false: fetch it only if there is no file. Default: true. */
  force: Param.flag(true),
  ...ownerParams,
  /** The file's mode, such as "0644". Left out: as it is, else "0644". */
  mode: Type.Optional(Param.mode()),
  /**
   * A command that must succeed; with %s it checks the new file before it replaces the old one, without it
   * checks it in place, and the old file comes back if the check fails.
   */
  validate: replaceParams.validate,
  /** Keep the old file beside the new one, with the time in its name. Default: false. */
  backup: replaceParams.backup,
};

/** What `download` takes. */
export interface DownloadParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Fetches a file from a web server to the host.
 *
 * With `checksum` the file is fetched where its content is another one. Without, the host remembers under which version
 * (`ETag`, else `Last-Modified`) it was fetched, and the server is asked for its version at each run, in a check, too. The
 * file is fetched anew where the version differs, where the file was altered since, and at each run where the server
 * names no version. A file that was there before is fetched once.
 *
 * The content comes by curl, or by GNU wget where there is no curl; one of them must be there. A transfer that was cut goes
 * on where it ended, where the server can do that. The new file is checked beside the old one and renamed over it: nobody
 * ever sees half of it. Redirects are followed to http and https, and from https only to https.
 *
 * @throws ShowrunnerError `task.failed` if the server does not have it, before anything is changed; `change.failed` if the
 *   content is not the one that `checksum` names, or larger than `maxSize`
 *
 * @example
 * await download({ url: "https://example.org/app-1.2.tar.gz", dest: "/opt/app.tar.gz", checksum: "https://example.org/SHA256SUMS" });
 */
export const download: Module<DownloadParams, FileValue> = defineModule({
  name: "download",
  summary: "Fetches a file from a web server to the host.",
  params,
  examples: [
    `download({ url: "https://example.org/app-1.2.tar.gz", dest: "/opt/app.tar.gz", checksum: "https://example.org/SHA256SUMS" })`,
    `download({ url: "https://example.org/list.txt", dest: "/etc/app/list.txt", headers: { authorization: token }, maxSize: "10M" })`,
  ],
  title: ({ dest }) => dest,
  check({ headers = {} }) {
    for (const [name, value] of Object.entries(headers))
      if (/[\r\n\0]/.test(reveal(value))) fail(`headers: the value of ${name} has a line break in it`);
  },
  async *plan(host, p): Plan<FileValue> {
    const asked: Asked = { url: p.url, headers: revealed(p.headers), timeout: milliseconds(p.timeout) };
    const name = nameIn(p.url);
    if (p.dest.endsWith("/") && name === "")
      fail(`dest: ${p.dest} names a directory, and ${p.url} has no file name`, "write the file's whole path");
    const isAsked = p.force && p.checksum === undefined;
    const [{ path }, version] = await Promise.all([
      targetOf(host, p, name || "download"),
      // nothing else tells, so it is asked along with the rest
      isAsked ? askFor(host, asked) : undefined,
    ]);
    const [state, parent, hash, record] = await Promise.all([
      host.fact(file, path),
      host.fact(file, posix.dirname(path)),
      host.fact(fileHash, path),
      isAsked ? host.fact(downloaded, path) : undefined,
    ]);
    if (state.type === "directory") fail(`${path} is a directory on the host`, "remove it first");
    if (state.type === "other") fail(`${path} is neither a file nor a directory on the host`);
    if (state.type !== "absent" && !p.force) return { path };

    const wanted = p.checksum === undefined ? undefined : await digestFor(host, asked, p.checksum, name);
    const now = state.type === "file" ? state : undefined;
    const isSame =
      wanted === undefined
        ? record &&
          record.hash === hash &&
          record.address === addressMark(p.url) &&
          isVersion(record, version)
        : hash === wanted;
    if (now && isSame) {
      yield* setAttributes(host, path, now, p);
      return { path };
    }

    const remote = version ?? (await askFor(host, asked));
    const maxSize = p.maxSize === undefined ? undefined : bytes(p.maxSize);
    if (maxSize !== undefined && remote.size !== undefined && remote.size > maxSize)
      fail(
        `${remote.url} has ${remote.size} bytes, expected at most ${maxSize}`,
        "a larger maxSize lets it in",
      );
    requireParent(host, path, parent);
    await requireAccounts(host, p);
    await requireTool(host);
    const then = withAttributes(now ?? (await created(host, "file", parent)), p);
    const backup = p.backup && now ? backupPath(path) : undefined;
    const scriptFor = (from: string, keptAs: string | undefined) =>
      fetchScript(
        {
          ...asked,
          from,
          headers: headersFor(from, asked),
          hash: wanted,
          maxSize,
          patience: Math.max(1, Math.ceil(asked.timeout / 1000)),
        },
        {
          path,
          mode: then.mode,
          owner: p.owner ?? now?.owner,
          group: p.group ?? now?.group,
          expected: now,
          validate: p.validate,
          backup: keptAs,
        },
      );
    yield change({
      what: now ? "content" : "created",
      before: state.type === "link" ? `a link to ${state.target}` : now ? showState(now) : "absent",
      after: `${showState(then)}, ${remote.size === undefined ? "" : `${remote.size} bytes `}from ${p.url}`,
      action: {
        kind: "script",
        script: scriptFor(remote.url, backup),
        // a redirect may lead to another address at each run: signed ones do
        compared: scriptFor(p.url, backup && `${path}~`),
      },
      ...effects(
        fileWritten(path, { state: then, hash: wanted, before: state }),
        { touches: [downloaded.of(path)] },
        backup === undefined ? {} : fileWritten(backup),
      ),
    });
    return backup === undefined ? { path } : { path, backup };
  },
});

/** The file's name in an address; empty where it has none. */
function nameIn(url: string): string {
  const name = posix.basename(new URL(url).pathname);
  try {
    const decoded = decodeURIComponent(name);
    return /[/\0]/.test(decoded) || decoded === "." || decoded === ".." ? "" : decoded;
  } catch {
    return name;
  }
}

function revealed(headers: Readonly<Record<string, string | Secret>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), reveal(value)]),
  );
}

async function digestFor(host: PlanHost, asked: Asked, checksum: string, name: string): Promise<string> {
  const given = checksumOf(checksum);
  if ("hash" in given) return given.hash;
  const text = await textAt(host, { ...asked, url: given.list, headers: headersFor(given.list, asked) });
  return digestIn(text, given.list, name);
}

type Version = Pick<RemoteFile, "etag" | "modified">;

/** Whether what was fetched is the version that the server has; a server that names none may have another one. */
function isVersion(was: Version, now: Version = { etag: "", modified: "" }): boolean {
  if (was.etag !== "" || now.etag !== "") return was.etag === now.etag;
  return was.modified !== "" && was.modified === now.modified;
}

async function requireTool(host: PlanHost): Promise<void> {
  const tools = await Promise.all(["/usr/bin/curl", "/usr/bin/wget"].map((path) => host.fact(file, path)));
  host.require(
    tools.some(({ type }) => type !== "absent"),
    "neither curl nor wget is installed on the host",
    'install one before: await apt({ name: "curl" })',
  );
}
