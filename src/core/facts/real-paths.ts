/** Real paths: two names may lead to one file. */
import { posix } from "node:path";
import { rawScript, sh } from "../../base/script.ts";
import type { Become } from "../../transport/transport.ts";
import { defineFact, type FactKey, nothingElse } from "./fact.ts";

/**
 * The real path of a directory, with symbolic links resolved. Of a path that does not exist, the missing part is kept
 * as written. The shell's own `cd` finds it, so it costs no process.
 */
export const realDirectory = defineFact<string, string>({
  name: "file.directory",
  restsOn: nothingElse, // `RealPaths` keeps it
  script: (directories) =>
    rawScript(`for given in ${sh`${directories}`.text}; do
  at=$given missing=
  until cd -P -- "$at" 2>/dev/null; do missing=/\${at##*/}$missing at=\${at%/*}; [ -n "$at" ] || at=/; done
  printf '%s\\000' "\${PWD%/}$missing"
done`),
  parse(stdout, directories) {
    const found = stdout.toString().split("\0");
    return new Map(directories.map((directory, index) => [directory, found[index] || "/"]));
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
  readonly #directories = new Map<string, Promise<string>>();
  readonly #known = new Map<string, string>();
  #version = 0;

  /** @param read asks the host; whatever is asked for in one tick leaves in one round trip */
  constructor(read: ReadDirectory) {
    this.#read = read;
  }

  /**
   * Finds the real path of a key's path; undefined for a key that is not about a path. Never rejects.
   *
   * @param read asks the host, where that is not known
   */
  locate(become: Become | undefined, key: FactKey, read = this.#read): Promise<void> | undefined {
    const path = pathOf(key);
    if (path === undefined) return undefined;
    const directory = posix.dirname(path);
    const id = `${become?.user ?? ""}\0${directory}`;
    const asked = this.#directories.get(id) ?? this.#ask(id, become, directory, read);
    // a link at the path itself is not followed: facts are about that link
    return asked.then((real) => this.#note(path, posix.join(real, posix.basename(path))));
  }

  #note(path: string, realPath: string): void {
    if (this.of(path) !== realPath) this.#version++;
    this.#known.set(path, realPath);
  }

  /** Changes whenever a real path turns out to differ from the known one. */
  get version(): number {
    return this.#version;
  }

  #ask(id: string, become: Become | undefined, directory: string, read: ReadDirectory): Promise<string> {
    const asked = read(become, directory).catch(() => {
      // it is looked up again when it is next needed
      this.#directories.delete(id);
      return directory;
    });
    this.#directories.set(id, asked);
    return asked;
  }

  /** The real path, as far as it is known; else the path itself. */
  of(path: string): string {
    return this.#known.get(path) ?? path;
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
