/** Real paths: two names may lead to one file. */
import { posix } from "node:path";
import { rawScript, sh } from "../../base/script.ts";
import type { Become } from "../../transport/transport.ts";
import { defineFact, type FactKey, nothingElse } from "./fact.ts";

/**
 * The real path of a directory, with symbolic links resolved. Of a path that does not exist, the missing part is kept
 * as written. The shell's own `cd` finds it, so it costs no process. Most directories are where they are said to be:
 * of these there is one character each, and a single write at the end.
 */
export const realDirectory = defineFact<string, string>({
  name: "file.directory",
  restsOn: nothingElse, // `RealPaths` keeps it
  script: (directories) =>
    rawScript(`as_said=
for given in ${sh`${directories}`.text}; do
  at=$given missing=
  until cd -P -- "$at" 2>/dev/null; do missing=/\${at##*/}$missing at=\${at%/*}; [ -n "$at" ] || at=/; done
  real=\${PWD%/}$missing
  if [ "$real" = "$given" ]; then as_said=$as_said+; else as_said=$as_said- && printf '%s\\000' "$real"; fi
done
printf %s "$as_said"`),
  parse(stdout, directories) {
    const others = stdout.toString().split("\0");
    const asSaid = others.pop() ?? "";
    let at = 0;
    return new Map(
      directories.map((given, index) => [given, asSaid[index] === "+" ? given : others[at++] || "/"]),
    );
  },
});

/** The path that a key is about, if it is about one. */
export function pathOf(key: FactKey): string | undefined {
  const path = typeof key === "string" ? key : key["path"];
  return typeof path === "string" && path.startsWith("/") ? path : undefined;
}

/** Whether a path lies below a directory. */
export function isBelow(path: string | undefined, directory: string | undefined): boolean {
  return (
    path !== undefined &&
    directory !== undefined &&
    path.startsWith(directory === "/" ? "/" : `${directory}/`)
  );
}

/** Every directory that a path lies below. */
export function directoriesOf(path: string): string[] {
  const found = path === "/" ? [] : ["/"];
  for (let end = path.indexOf("/", 1); end !== -1 && end < path.length; end = path.indexOf("/", end + 1))
    found.push(path.slice(0, end));
  return found;
}

/** Asks the host where a directory really is. */
type ReadDirectory = (become: Become | undefined, directory: string) => Promise<string>;

/** The real paths of all paths that a run has asked about on a host. */
export class RealPaths {
  readonly #read: ReadDirectory;
  /** Each directory's real path, or the request for it. */
  readonly #directories = new Map<string, string | Promise<string>>();
  /** Of the paths that were located, those with another real path than themselves. */
  readonly #others = new Map<string, string>();
  #version = 0;

  /** @param read asks the host; whatever is asked for in one tick leaves in one round trip */
  constructor(read: ReadDirectory) {
    this.#read = read;
  }

  /**
   * Finds the real path of a key's path. Never rejects.
   *
   * @param read asks the host, where that is not known
   * @returns when it is found; undefined where that is now, or for a key that is not about a path
   */
  locate(become: Become | undefined, key: FactKey, read = this.#read): Promise<void> | undefined {
    const path = pathOf(key);
    return path === undefined ? undefined : this.locateIn(become, posix.dirname(path), [path], read);
  }

  /** The same for several paths of one directory. */
  locateIn(
    become: Become | undefined,
    directory: string,
    paths: readonly string[],
    read: ReadDirectory,
  ): Promise<void> | undefined {
    const id = `${become?.user ?? ""}\0${directory}`;
    const asked = this.#directories.get(id) ?? this.#ask(id, become, directory, read);
    const note = (real: string) => {
      for (const path of paths) this.#note(path, real);
    };
    if (typeof asked !== "string") return asked.then(note);
    note(asked);
    return undefined;
  }

  /** A link at the path itself is not followed: facts are about that link. */
  #note(path: string, realDirectory: string): void {
    const realPath = posix.join(realDirectory, posix.basename(path));
    if (this.of(path) === realPath) return;
    this.#version++;
    if (realPath === path) this.#others.delete(path);
    else this.#others.set(path, realPath);
  }

  /** Changes whenever a real path turns out to differ from the known one. */
  get version(): number {
    return this.#version;
  }

  #ask(id: string, become: Become | undefined, directory: string, read: ReadDirectory): Promise<string> {
    const isLast = () => this.#directories.get(id) === asked;
    const asked: Promise<string> = read(become, directory).then(
      (real) => {
        if (isLast()) this.#directories.set(id, real);
        return real;
      },
      () => {
        // it is looked up again when it is next needed
        if (isLast()) this.#directories.delete(id);
        return directory;
      },
    );
    this.#directories.set(id, asked);
    return asked;
  }

  /** The real path, as far as it is known; else the path itself. */
  of(path: string): string {
    return this.#others.get(path) ?? path;
  }

  /** Whether the host has said where a path's directory really is. */
  isKnown(as: string | undefined, path: string): boolean {
    return typeof this.#directories.get(`${as ?? ""}\0${posix.dirname(path)}`) === "string";
  }

  ofKey(key: FactKey): string | undefined {
    const path = pathOf(key);
    return path === undefined ? undefined : this.of(path);
  }

  /** After a change that may have made or changed a link: real paths are looked up again when they are next needed. */
  forget(): void {
    this.#directories.clear();
  }
}
