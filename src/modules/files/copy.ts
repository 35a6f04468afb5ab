import {
  type Chosen,
  defineModule,
  fail,
  type Location,
  type Mistake,
  type Module,
  mistakeInMode,
  type OptionalInput,
  Param,
  type Plan,
  type RequiredInput,
  refusing,
  Secret,
  showMode,
  Type,
} from "../../kit/index.ts";
import { ownerParams } from "./attributes.ts";
import { givenContent } from "./content.ts";
import { copyContent, copyFile } from "./copy-file.ts";
import { copyTree } from "./copy-tree.ts";
import { findLocal, statLocal } from "./local-source.ts";
import type { FileValue } from "./put-file.ts";

/** Parameters of every module that replaces a file. */
export const replaceParams = {
  /**
   * A command that must succeed; with %s it checks the new file before it replaces the old one, without it
   * checks it in place, and the old file comes back if the check fails.
   */
  validate: Type.Optional(refusing(Type.String({ minLength: 1 }), mistakeInValidate)),
  /** Keep the old file beside the new one, with the time in its name. Default: false. */
  backup: Param.flag(),
  /**
   * true: where the file is mounted, as container engines mount /etc/hosts, write into it, since no new file can take
   * its place; whoever reads it meanwhile may see half of it. Default: false.
   */
  inPlace: Param.flag(),
};

/** Parameters of every module that writes whole files. */
export const writeParams = {
  ...replaceParams,
  /** false: write the file only if there is none. Default: true. */
  force: Param.flag(true),
  /** true: where dest is a symbolic link, write the file it leads to; false: replace the link. Default: false. */
  follow: Param.flag(),
};

/** In quotes the new file's name would not be put in. */
function mistakeInValidate(command: unknown): Mistake | undefined {
  // what is no text, a secret say, is the schema's to refuse
  const quoted = (typeof command === "string" ? command : "").match(/'[^']*'|"(?:\\.|[^"\\])*"/g) ?? [];
  if (!quoted.some((word) => word.includes("%s"))) return undefined;
  return {
    message: "%s stands in quotes",
    hint: "write it without: the file's name is put in as one word",
  };
}

const params = {
  /** The path on the host; ending in / or being a directory: into it. */
  dest: Param.path(),
  /** What the file holds: text, bytes or a secret, which is never shown; or give src. */
  content: Type.Optional(
    Type.Unsafe<string | Uint8Array | Secret>({ title: "string | Uint8Array | Secret" }),
  ),
  /**
   * A local file or directory, relative to the file that calls this, else to the working directory; or give
   * content.
   */
  src: Type.Optional(Type.String({ minLength: 1 })),
  ...ownerParams,
  /**
   * The file's mode, such as "0644"; "preserve": as the local file. Left out: as it is, else "0644", or "0600"
   * for what holds a secret.
   */
  mode: Type.Optional(
    refusing(Type.String(), (mode) => (mode === "preserve" ? undefined : mistakeInMode(mode))),
  ),
  /** The mode of directories that a recursive copy makes; those that are there keep theirs. Left out: "0755". */
  directoryMode: Type.Optional(Param.mode()),
  ...writeParams,
};

/** What `copy` takes. */
export type CopyParams = CopyOfContent | CopyOfSource;

type Common = Omit<typeof params, "content" | "src">;
interface CopyOfContent
  extends RequiredInput<Common>,
    OptionalInput<Common>,
    Chosen<typeof params, "content", "src"> {}
interface CopyOfSource
  extends RequiredInput<Common>,
    OptionalInput<Common>,
    Chosen<typeof params, "src", "content"> {}

/**
 * Copies a content, a local file or a local directory to the host, byte for byte.
 *
 * The new file is written beside the old one, with owner and mode set, and renamed over it: nobody ever sees half
 * of it. Without `owner`, `group` and `mode` an existing file keeps its own; a new one belongs to the user that the
 * task runs as and has mode 0644. As with Ansible's copy, a symbolic link at `dest` is replaced by the file unless
 * `follow` is set, and a directory whose `src` ends in "/" is copied without its own name. `owner`, `group` and
 * `directoryMode` are for directories that the task makes: those that are there stay as they are. Links in a local
 * directory are followed; one that leads nowhere, or in a circle, is copied as a link. Pipes, sockets, devices and names that are
 * not UTF-8 are refused, each by its name.
 *
 * @example
 * await copy({ dest: "/etc/motd", content: "Welcome\n" });
 * await copy({ src: "files/app/", dest: "/srv/app", mode: "0644" });
 */
export const copy: Module<CopyParams, FileValue> = defineModule({
  name: "copy",
  summary: "Copies a content, a local file or a local directory to the host.",
  params,
  oneOf: ["content", "src"],
  examples: [
    `copy({ dest: "/etc/motd", content: "Welcome\\n" })`,
    `copy({ src: "files/sudoers", dest: "/etc/sudoers.d/deploy", mode: "0440", validate: "visudo -cf %s" })`,
    `copy({ src: "files/app/", dest: "/srv/app" })`,
  ],
  title: ({ dest }) => dest,
  check(p) {
    if (p.content !== undefined && !isContent(p.content))
      fail(`content: expected a string, a Buffer or a secret, got ${typeof p.content}`);
    if (p.mode === "preserve" && p.src === undefined)
      fail('mode: "preserve" needs a src whose mode could be preserved');
  },
  readsLocalFiles: true,
  complete: (p, caller) => ({ ...p, ...located(p.src, caller) }),
  plan(host, p): Plan<FileValue> {
    if (p.src === undefined) return copyContent(host, p, givenContent(p.content ?? ""));
    const source = statLocal(p.src);
    if (source.isDirectory()) return copyTree(host, { ...p, src: p.src });
    const mode = p.mode === "preserve" ? showMode(source.mode & 0o7777) : p.mode;
    return copyFile(host, { ...p, mode }, p.src);
  },
});

function located(src: string | undefined, caller: Location | undefined): { src?: string } {
  return src === undefined ? {} : { src: findLocal(src, caller) };
}

function isContent(value: unknown): boolean {
  return typeof value === "string" || value instanceof Uint8Array || value instanceof Secret;
}
