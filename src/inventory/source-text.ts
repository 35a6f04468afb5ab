/** Finds the line of a key in the file that calls `inventory()`. */
import type { Location } from "../base/errors.ts";
import { readUserFileNow } from "../base/user-file.ts";

interface Key {
  readonly line: number;
  readonly keys: Map<string, Key>;
}

/** An open bracket: the key whose value it is, and the key read last inside it. */
interface Frame {
  readonly owner: Key;
  readonly isObject: boolean;
  /** Of a list: the place of the item that is read next. */
  item: number | undefined;
  current: Key | undefined;
}

/** Comments, strings, names and the signs that give an object literal its shape. */
const token =
  /\.{3}|\/\/[^\n]*|\/\*[\s\S]*?\*\/|(["'])((?:\\.|(?!\1)[^\\\n])*)\1|`(?:\\.|[^\\`])*`|[\p{L}_$][\p{L}\p{N}_$]*|\d+|[{}()[\]:,]/gu;

/**
 * The places of the keys in the object literal of one call. It is a reading of the text, not of the program: a key
 * that is computed or spread in is not found, nor is an item of a list behind one that is spread in, or of a list that a
 * function has altered; then the nearest enclosing key's line, at last the call's, serves.
 */
export class SourceText {
  readonly #call: Location | undefined;
  #root: Key | undefined;

  constructor(call: Location | undefined) {
    this.#call = call;
  }

  /**
   * Where a key is written.
   *
   * @param path the keys from the outermost on: `["hosts", "web1", "vars", "colour"]`, `["traffic", "0"]` for an item of a
   *   list
   * @returns the location of the deepest of them that can be found
   */
  locate(path: readonly string[]): Location | undefined {
    if (!this.#call) return undefined;
    // Read only now: an inventory without mistakes never needs it.
    this.#root ??= readKeys(this.#call);
    let key = this.#root;
    for (const name of path) {
      const next = key.keys.get(name);
      if (!next) break;
      key = next;
    }
    return { file: this.#call.file, line: key.line };
  }
}

function readKeys({ file, line: callLine }: Location): Key {
  const root: Key = { line: callLine, keys: new Map() };
  const text = textFrom(file, callLine);
  const frames: Frame[] = [{ owner: root, isObject: false, item: undefined, current: undefined }];
  let name: string | undefined;
  let before = "";
  let line = callLine;
  let counted = 0;
  const begin = (frame: Frame, key: string, index: number) => {
    for (; counted < index; counted++) if (text[counted] === "\n") line++;
    frame.current = { line, keys: new Map() };
    if (!frame.owner.keys.has(key)) frame.owner.keys.set(key, frame.current);
  };
  for (const { 0: word, 2: quoted, index } of text.matchAll(token)) {
    const frame = frames.at(-1);
    if (!frame) break;
    if (word.startsWith("//") || word.startsWith("/*")) continue;
    if (word === "...") frame.item = undefined;
    else if (frame.item !== undefined && !frame.current && !"]),".includes(word))
      begin(frame, String(frame.item), index);
    if (word === "(") frame.current?.keys.clear();
    if ("{([".includes(word)) {
      const isList = word === "[" && before === ":";
      const owner = frame.current ?? (frame.isObject ? { line, keys: new Map() } : frame.owner);
      frames.push({ owner, isObject: word === "{", item: isList ? 0 : undefined, current: undefined });
    } else if ("})]".includes(word)) {
      frames.pop();
      // The bracket that closes the call.
      if (frames.length === 1) break;
    } else if (word === ",") {
      frame.current = undefined;
      if (frame.item !== undefined) frame.item++;
    } else if (word === ":" && frame.isObject && name !== undefined && !frame.current) {
      begin(frame, name, index);
    }
    before = word;
    name = quoted ?? (/^[\p{L}\p{N}_$]/u.test(word) ? word : undefined);
  }
  return root;
}

function textFrom(file: string, line: number): string {
  try {
    return readUserFileNow(file)
      .toString("utf8")
      .split("\n")
      .slice(line - 1)
      .join("\n");
  } catch {
    // A position is a help, never a reason to fail.
    return "";
  }
}
