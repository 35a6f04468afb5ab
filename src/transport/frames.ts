/** The wire form of the shell protocol: how a request is written and how an answer is cut out of the streams. */
import { quote } from "../core/base/script.ts";

/**
 * One request. The script runs through `eval` in a subshell, so that not even a syntax error ends the shell, and
 * with no standard input, so that it can't swallow the next request. Markers end the answer on both streams.
 *
 * @param token a random word that no output contains
 * @param id the request's number
 */
export function encodeRequest(token: string, id: number, script: string): string {
  return `( eval ${quote(script)} ) </dev/null; printf '${token} %s %s\\n' ${id} "$?"; printf '${token} %s\\n' ${id} >&2\n`;
}

/** Cuts a stream of bytes into answers, each ended by the token's marker line. */
export class MarkerReader {
  readonly #token: Buffer;
  readonly #onPiece: (piece: Buffer) => void;
  readonly #onMarker: (words: string[]) => void;
  #held: Buffer = Buffer.alloc(0);

  /**
   * @param token the marker's first word
   * @param onPiece gets the bytes before a marker, as they come
   * @param onMarker gets the marker's further words
   */
  constructor(token: string, onPiece: (piece: Buffer) => void, onMarker: (words: string[]) => void) {
    this.#token = Buffer.from(token);
    this.#onPiece = onPiece;
    this.#onMarker = onMarker;
  }

  push(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    for (;;) {
      const at = this.#held.indexOf(this.#token);
      if (at < 0) break;
      const end = this.#held.indexOf(0x0a, at);
      if (end < 0) {
        this.#release(at);
        return;
      }
      this.#release(at);
      const words = this.#held
        .toString("latin1", this.#token.length, end - at)
        .trim()
        .split(" ");
      this.#held = this.#held.subarray(end - at + 1);
      this.#onMarker(words);
    }
    this.#release(this.#held.length - this.#possibleMarkerStart());
  }

  /** Hands out the first bytes of what is held. */
  #release(length: number): void {
    if (length <= 0) return;
    this.#onPiece(this.#held.subarray(0, length));
    this.#held = this.#held.subarray(length);
  }

  /** How many of the last bytes could be the beginning of a marker that is still on its way. */
  #possibleMarkerStart(): number {
    const longest = Math.min(this.#held.length, this.#token.length - 1);
    for (let length = longest; length > 0; length--)
      if (this.#held.subarray(this.#held.length - length).equals(this.#token.subarray(0, length)))
        return length;
    return 0;
  }
}
