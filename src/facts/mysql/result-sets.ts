/** The client's XML output: the one format of it that tells NULL, tabs and line breaks from each other. */

/** A row, by column name. NULL is null. */
export type Row = Readonly<Record<string, string | null>>;

/** One result set's rows. */
export type ResultSet = readonly Row[];

/** Reads what `mariadb --xml` printed: one result set for each statement that gave one, empty ones too. */
export function parseResultSets(xml: string): ResultSet[] {
  return [...elements(xml, "resultset")].map(({ body }) =>
    [...elements(body, "row")].map((row) => parseRow(row.body)),
  );
}

function parseRow(row: string): Row {
  return Object.fromEntries(
    [...elements(row, "field")].map(({ head, body }) => {
      const [, name = ""] = /^ name="([^"]*)"/.exec(head) ?? [];
      return [decode(name), head.endsWith("/") ? null : decode(body)];
    }),
  );
}

/**
 * The elements of a name, one after the other, none within another. Values have no `<` in them, and attributes no `>`.
 * Looks at each character once: a regular expression would begin anew wherever an element has no end.
 */
function* elements(xml: string, name: string): Generator<{ readonly head: string; readonly body: string }> {
  const [begin, end] = [`<${name}`, `</${name}>`];
  for (let from = 0; ; ) {
    const at = xml.indexOf(begin, from);
    const headEnd = at < 0 ? -1 : xml.indexOf(">", at);
    if (headEnd < 0) return;
    const head = xml.slice(at + begin.length, headEnd);
    const isEmpty = head.endsWith("/");
    const bodyEnd = isEmpty ? headEnd + 1 : xml.indexOf(end, headEnd);
    if (bodyEnd < 0) return;
    yield { head, body: isEmpty ? "" : xml.slice(headEnd + 1, bodyEnd) };
    from = isEmpty ? bodyEnd : bodyEnd + end.length;
  }
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function decode(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (whole, name: string) => entities[name] ?? whole);
}
