/** What `facts()` gives, with what is inside it. */
import { join } from "node:path";
import { type Field, Source } from "../../src/cli/source-file.ts";
import { fieldTable } from "./names-page.ts";

export function hostFactsPage(root: string): string {
  const source = Source.read(join(root, "src/facts/host-facts.ts"));
  const rows = source ? withInside(source, "HostFacts", "") : [];
  return [
    "## What a host is",
    '`await facts()` gives these in a step, `host.fact(hostFacts, "")` in a module; `npx run facts` prints them.',
    fieldTable(rows),
  ].join("\n\n");
}

/** The fields of an interface, each followed by those of what it holds: `memory.total`, `mounts[].path`. */
function withInside(source: Source, type: string, prefix: string): Field[] {
  return source.fieldsOf(type).flatMap((field) => {
    const name = `${prefix}${field.name}`;
    const [, record, list, one = ""] =
      /^(?:Readonly<Record<string, (\w+)>>|readonly (\w+)\[\]|(\w+))$/.exec(field.type) ?? [];
    const inner = record ?? list ?? one;
    const shape = list ? "object[]" : "object";
    const inside = withInside(source, inner, record ? `${name}[…].` : list ? `${name}[].` : `${name}.`);
    return [{ ...field, name, type: inside.length > 0 ? shape : field.type }, ...inside];
  });
}
