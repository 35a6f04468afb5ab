/** The client's XML output: the one format of it that tells NULL, tabs and line breaks from each other. */

/** A row, by column name. NULL is null. */
export type Row = Readonly<Record<string, string | null>>;

/** One result set's rows. */
export type ResultSet = readonly Row[];

/** Reads what `mariadb --xml` printed: one result set for each statement that gave one, empty ones too. */
export function parseResultSets(xml: string): ResultSet[] {
  return [...xml.matchAll(/<resultset [^>]*?>(.*?)<\/resultset>/gs)].map(([, body = ""]) =>
    [...body.matchAll(/<row>(.*?)<\/row>/gs)].map(([, row = ""]) => parseRow(row)),
  );
}

function parseRow(row: string): Row {
  const fields = row.matchAll(/<field name="([^"]*)"(?: xsi:nil="true" \/>|>(.*?)<\/field>)/gs);
  return Object.fromEntries(
    [...fields].map(([, name = "", value]) => [decode(name), value === undefined ? null : decode(value)]),
  );
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function decode(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (whole, name: string) => entities[name] ?? whole);
}
