/** A schema as the rows of a table: what the parameters of a module or the variables of a role are. */

export interface SchemaRow {
  /** `name`, and of what is inside another parameter its path: `upstreams[].port`, `backends.NAME.port`. */
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  /** As JSON. */
  readonly default: string | undefined;
  readonly description: string;
  /** Whether the value is kept out of all that is shown. */
  readonly secret: boolean;
}

/** The rows of an object's schema, in the order it was written, with what is inside below it. */
export function schemaRows(schema: unknown, prefix = ""): SchemaRow[] {
  if (!isRecord(schema) || !isRecord(schema["properties"])) return [];
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(schema["properties"]).flatMap(([key, inner]) => {
    if (!isRecord(inner)) return [];
    const name = prefix + key;
    const row: SchemaRow = {
      name,
      type: typeText(inner),
      required: required.includes(key) && inner["default"] === undefined,
      default: inner["default"] === undefined ? undefined : JSON.stringify(inner["default"]),
      description: typeof inner["description"] === "string" ? inner["description"] : "",
      secret: inner["secret"] === true,
    };
    return [row, ...inside(inner, name)];
  });
}

function inside(schema: Record<string, unknown>, name: string): SchemaRow[] {
  const { anyOf, patternProperties } = schema;
  const [values] = isRecord(patternProperties) ? Object.values(patternProperties) : [];
  const rows = [
    schemaRows(schema, `${name}.`),
    schemaRows(schema["items"], `${name}[].`),
    schemaRows(values, `${name}.NAME.`),
    alternatives(Array.isArray(anyOf) ? anyOf : [], name),
  ];
  return rows.find((some) => some.length > 0) ?? [];
}

/** Of a choice of objects, the rows of all; what one of them requires, another may not have. */
function alternatives(schemas: readonly unknown[], name: string): SchemaRow[] {
  const choice = schemas
    // one with a title is called by that
    .map((one) => (isRecord(one) && "title" in one ? [] : schemaRows(one, `${name}.`)))
    .filter((rows) => rows.length > 0);
  const rows = new Map<string, SchemaRow>();
  for (const row of choice.flat()) if (!rows.has(row.name)) rows.set(row.name, row);
  return [...rows.values()].map((row) => (choice.length > 1 ? { ...row, required: false } : row));
}

/**
 * A schema as TypeScript writes the type of what is taken: `string`, `"present" | "absent"`, `Record<string, integer>`.
 * What has rows of its own is `object`; a schema's title goes before all else.
 */
function typeText(schema: unknown): string {
  if (!isRecord(schema)) return "any";
  if (typeof schema["title"] === "string") return schema["title"];
  if (schema["secret"] === true) return "string | Secret";
  if ("const" in schema) return JSON.stringify(schema["const"]);
  if (Array.isArray(schema["enum"])) return schema["enum"].map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(schema["anyOf"])) return [...new Set(schema["anyOf"].map(typeText))].join(" | ");
  if (isRecord(schema["patternProperties"])) {
    const [values] = Object.values(schema["patternProperties"]);
    return `Record<string, ${typeText(values)}>`;
  }
  if (schema["type"] === "array") {
    const item = typeText(schema["items"]);
    return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
  }
  return typeof schema["type"] === "string" ? schema["type"] : "any";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
