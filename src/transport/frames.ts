/** The wire form of the shell protocol: how a request is written and how an answer is cut out of the streams. */
import { quote } from "../base/script.ts";
import { tokenWord } from "./start.ts";

/** What a marker says: an answer begins, or has ended, with a status on standard output. */
export type Marker =
  | { readonly kind: "begin"; readonly id: number }
  | { readonly kind: "end"; readonly id: number; readonly status: number; readonly left: boolean };

/** A script to run, and how. */
interface Request {
  /** Its number. */
  readonly id: number;
  readonly script: string;
  /** Whether to look if the script has left processes that share the shell's streams. */
  readonly mayLeave: boolean;
}

/**
 * Requests that are sent together, a line each. A script runs through `eval` in a subshell, so that not even a syntax
 * error ends the shell, and with no standard input, so that it can't swallow the next request. Markers begin and end
 * its answer on both streams. Where one answer ends, the next one begins: both markers are one write, since each write
 * wakes up the host's sshd, and is a packet of its own.
 *
 * @param token a random word that no output contains
 */
export function encodeRequests(token: string, requests: readonly Request[]): string {
  const word = tokenWord(token);
  const beginOf = (request: Request | undefined) => (request ? `${word} > ${request.id}\\n` : "");
  const lines = requests.map((request, index) => {
    const next = beginOf(requests[index + 1]);
    const end = (status: string) =>
      `printf '${word} < ${request.id} %s %s\\n${next}' ${status}; printf '${word} < ${request.id}\\n${next}' >&2`;
    return `${runOf(request, end)}\n`;
  });
  const first = beginOf(requests[0]);
  if (first === "") return "";
  return `printf '${first}'; printf '${first}' >&2; ${lines.join("")}`;
}

/** @param end prints the end, given words of the shell for the status and for whether processes were left */
function runOf({ script, mayLeave }: Request, end: (status: string) => string): string {
  const run = `( eval ${quote(script)} ) </dev/null`;
  if (!mayLeave) return `${run}; ${end('"$?" 0')}`;
  const count = `$(${countProcesses})`;
  const left = '"$sr_status" "$((sr_idle != sr_now))"';
  return `sr_idle=\${sr_idle:-${count}}; ${run}; sr_status=$? sr_now=${count}; ${end(left)}`;
}

/**
 * How many processes have this shell's output or errors as theirs, this count's own included. Where another user's
 * streams are not to be seen, that user's processes do not count; 0 where there is no /proc.
 */
const countProcesses =
  'count=0; for at in /proc/[0-9]*/fd; do { [ "$at/1" -ef /proc/$$/fd/1 ] || [ "$at/2" -ef /proc/$$/fd/2 ]; } && count=$((count + 1)); done; echo $count';

/** A marker's line is far shorter: what is longer is something that has the token in it. Bytes. */
const longestMarker = 256;

/** Cuts a stream of bytes into answers, each ended by the token's marker line. */
export class MarkerReader {
  readonly #token: Buffer;
  readonly #onPiece: (piece: Buffer) => void;
  readonly #onMarker: (marker: Marker) => void;
  #held: Buffer = Buffer.alloc(0);

  /**
   * @param token the marker's first word
   * @param onPiece gets the bytes before a marker, as they come
   */
  constructor(token: string, onPiece: (piece: Buffer) => void, onMarker: (marker: Marker) => void) {
    this.#token = Buffer.from(token);
    this.#onPiece = onPiece;
    this.#onMarker = onMarker;
  }

  push(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    for (;;) {
      const at = this.#held.indexOf(this.#token);
      if (at < 0) break;
      const end = this.#held.subarray(at, at + longestMarker).indexOf(0x0a) + at;
      this.#release(at);
      if (end < at) {
        if (this.#held.length < longestMarker) return;
        this.#release(this.#token.length);
        continue;
      }
      const words = this.#held
        .toString("latin1", this.#token.length, end - at)
        .trim()
        .split(" ");
      this.#held = this.#held.subarray(end - at + 1);
      this.#onMarker(markerOf(words));
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

function markerOf([sign, id, status, left]: readonly string[]): Marker {
  if (sign === ">") return { kind: "begin", id: Number(id) };
  return { kind: "end", id: Number(id), status: Number(status), left: left === "1" };
}
