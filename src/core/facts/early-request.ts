/** Facts that are asked for before anybody does, with the directories that they lie in. */
import { posix } from "node:path";
import type { Become } from "../../transport/transport.ts";
import { type Answer, FactRequest } from "./fact-request.ts";
import type { Read } from "./read.ts";
import { pathOf, type RealPaths, realDirectory } from "./real-paths.ts";

/** The time limit for all that is read early at once: a task that asks meanwhile waits no longer. Milliseconds. */
export const earlyTimeout = 30_000;

export class EarlyRequest extends FactRequest {
  readonly #become: Become | undefined;
  readonly #directories = new Map<string, Promise<string>>();
  readonly #asked: readonly { readonly read: Read; readonly answer: Promise<Answer> }[];

  /** @param room how long the answers may be together. Bytes */
  constructor(become: Become | undefined, wanted: ReadonlySet<Read>, room: number) {
    super(room);
    this.#become = become;
    this.#asked = [...wanted].map((read) => {
      const path = pathOf(read.key);
      if (path !== undefined) void this.#directory(posix.dirname(path));
      const answer = this.want(read.fact, read.key);
      answer.catch(() => undefined);
      return { read, answer };
    });
  }

  /** The values that are on their way, each with the real path of its key. */
  answers(realPaths: RealPaths, isWelcome: (read: Read) => boolean): [Read, Promise<Answer>][] {
    const find = (_: unknown, directory: string) => this.#directory(directory);
    return this.#asked.flatMap(({ read, answer }): [Read, Promise<Answer>][] =>
      isWelcome(read) ? [[read, located(answer, realPaths.locate(this.#become, read.key, find))]] : [],
    );
  }

  #directory(directory: string): Promise<string> {
    const asked = this.#directories.get(directory) ?? this.want(realDirectory, directory).then(textOf);
    this.#directories.set(directory, asked);
    asked.catch(() => undefined);
    return asked;
  }
}

/** A value that is used only once the real path of its key is known. */
export function located(answer: Promise<Answer>, resolved: Promise<void> | undefined): Promise<Answer> {
  return resolved === undefined ? answer : Promise.all([answer, resolved]).then(([known]) => known);
}

export function textOf({ value }: Answer): string {
  return String(value);
}
