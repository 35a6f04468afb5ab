/** Rows whose cells stand below each other, in the width that there is. */

/** Between two columns. */
const gap = "  ";
/** A column is not made narrower than that. */
const narrowest = 8;
/** A column is not filled up further than that: one long cell would make all rows as long. */
const furthest = 200;

/**
 * Lays rows out. Cells that are too long for the width go on below, at the ends of words; the widest columns give way
 * first.
 *
 * @param width columns of the terminal; undefined: as many as it takes
 */
export function inColumns(rows: readonly (readonly string[])[], width?: number): string[] {
  const natural: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) natural[column] = Math.max(natural[column] ?? 0, cell.length);
  const gaps = gap.length * Math.max(0, natural.length - 1);
  const widths = fitted(natural, width === undefined ? undefined : width - gaps);
  return rows.flatMap((row) => {
    const cells = row.map((cell, column) => wrapped(cell, widths[column] ?? narrowest));
    const height = cells.reduce((most, lines) => Math.max(most, lines.length), 1);
    return Array.from({ length: height }, (_, line) =>
      cells
        .map((lines, column) => (lines[line] ?? "").padEnd(Math.min(widths[column] ?? 0, furthest)))
        .join(gap)
        .trimEnd(),
    );
  });
}

/** The widths, each at most as wide as lets all of them fit. */
function fitted(natural: readonly number[], room: number | undefined): number[] {
  if (room === undefined) return [...natural];
  const sum = (most: number) => natural.reduce((all, one) => all + Math.min(one, most), 0);
  let most = Math.max(narrowest, room);
  while (most > narrowest && sum(most) > room) most--;
  return natural.map((one) => Math.min(one, most));
}

/** A text in lines; a word that is too long for one is cut. */
function wrapped(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((one) => pieces(one, width))) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function pieces(word: string, width: number): string[] {
  if (word.length <= width) return [word];
  const count = Math.ceil(word.length / width);
  return Array.from({ length: count }, (_, index) => word.slice(index * width, (index + 1) * width));
}
