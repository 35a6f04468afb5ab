/** What changes in a file, line by line. */
import { createHash } from "node:crypto";
import { cut } from "../base/cut.ts";
import { library } from "../base/library.ts";
import type { ShownChange } from "../core/events/events.ts";
import type { TextDiff } from "../core/facts/change.ts";
import { visibleLine } from "../text/controls.ts";
import type { Style } from "./style.ts";

/** More lines than this of one file are cut: a screen is no place for them. */
const mostLines = 400;
/** And more characters of a line than this. */
const longestLine = 4 * 1024;
/** Lines that are taken away or added until the search for fewer is given up: it takes the square of that. */
const mostEdits = 500;

/** The unified diffs of changes that have one. */
export function diffLines(changes: readonly ShownChange[], style: Style): string[] {
  return changes.flatMap((change) => oneDiff(change, style));
}

function oneDiff({ what, before, after, diff }: ShownChange, style: Style): string[] {
  if (!diff) {
    if (before === undefined && after === undefined) return [];
    return [
      ...(before === undefined
        ? []
        : marked("-", `${what}: ${show(before)}`).map((line) => style("red", line))),
      ...(after === undefined
        ? []
        : marked("+", `${what}: ${show(after)}`).map((line) => style("green", line))),
    ];
  }
  const { createTwoFilesPatch, FILE_HEADERS_ONLY } = library.diff();
  const path = visibleLine(diff.path); // a newline in a name would begin another header
  const patch = createTwoFilesPatch(path, path, diff.before, diff.after, "before", "after", {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
    maxEditLength: mostEdits,
  });
  if (patch === undefined)
    return [style("bold", path), `… too different to be shown line by line: ${sizes(diff)}`];
  const lines = patch.trimEnd().split("\n");
  const shown = lines
    .slice(0, mostLines)
    .map((line) => colour(cut(line.replaceAll("\t", "  "), longestLine), style));
  const left = lines.length - shown.length;
  return left > 0 ? [...shown, style("dim", `… ${left} more lines`)] : shown;
}

/** What tells two texts apart by itself. */
function sizes({ before, after }: TextDiff): string {
  const side = (text: string) => {
    const hash = createHash("sha256").update(text).digest("hex");
    return `${Buffer.byteLength(text)} bytes (SHA-256 ${hash.slice(0, 12)})`;
  };
  return `before ${side(before)}, after ${side(after)}`;
}

/** Each line with its mark, as in a diff: without one it would look like a line of the report. */
function marked(mark: "+" | "-", text: string): string[] {
  return text.split("\n").map((line, index) => `${mark} ${index === 0 ? "" : "  "}${line}`);
}

function colour(line: string, style: Style): string {
  if (line.startsWith("+++") || line.startsWith("---")) return style("bold", line);
  if (line.startsWith("+")) return style("green", line);
  if (line.startsWith("-")) return style("red", line);
  return line.startsWith("@@") ? style("cyan", line) : line;
}

function show(value: unknown): string {
  return cut(typeof value === "string" ? value : (JSON.stringify(value) ?? String(value)), longestLine);
}
