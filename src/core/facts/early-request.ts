/** Facts that are asked for before anybody does, with the directories that they lie in. */
import { posix } from "node:path";
import type { Become } from "../../transport/transport.ts";
import { EarlyAnswer } from "./early-answer.ts";
import { type Answer, FactRequest } from "./fact-request.ts";
import type { Read } from "./read.ts";
import { pathOf, type RealPaths, realDirectory } from "./real-paths.ts";

/** The time limit for all that is read early at once: a task that asks meanwhile waits no longer. Milliseconds. */
export const earlyTimeout = 30_000;

export class EarlyRequest extends FactRequest {
  readonly #become: Become | undefined;
  readonly #directories = new Map<string, Promise<string>>();
  readonly #asked = new Map<Read, EarlyAnswer>();

  /** @param room how long the answers may be together. Bytes */
  constructor(become: Become | undefined, wanted: ReadonlySet<Read>, room: number) {
    super(room);
    this.#become = become;
    for (const read of wanted) {
      const path = pathOf(read.key);
      if (path !== undefined) void this.#directory(posix.dirname(path));
      const answer = new EarlyAnswer();
      this.#asked.set(read, answer);
      this.wantFor(answer, read.fact, read.key);
    }
  }

  /**
   * The values that are on their way, each with the real path of its key.
   *
   * @param keep takes in one of them
   */
  answers(
    realPaths: RealPaths,
    isWelcome: (read: Read) => boolean,
    keep: (read: Read, answer: EarlyAnswer) => void,
  ): void {
    const directories = new Map<string, { readonly paths: string[]; readonly answers: EarlyAnswer[] }>();
    for (const [read, answer] of this.#asked) {
      if (!isWelcome(read)) continue;
      keep(read, answer);
      const path = pathOf(read.key);
      if (path === undefined) continue;
      const directory = posix.dirname(path);
      const known = directories.get(directory) ?? { paths: [], answers: [] };
      directories.set(directory, known);
      known.paths.push(path);
      known.answers.push(answer);
    }
    const find = (_: unknown, directory: string) => this.#directory(directory);
    for (const [directory, { paths, answers }] of directories) {
      const place = realPaths.locateIn(this.#become, directory, paths, find);
      if (place !== undefined) for (const answer of answers) answer.awaitPlace(place);
    }
  }

  #directory(directory: string): Promise<string> {
    const known = this.#directories.get(directory);
    if (known !== undefined) return known;
    const asked = this.want(realDirectory, directory).then(textOf);
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
