/** What is known of an exported name: its declaration, its comments and what is in it. */
import type { Class, Node, ObjectExpression } from "@babel/types";
import { commentAbove, type Docstring } from "../../src/cli/docstring.ts";
import { type Exported, type Field, Source } from "../../src/cli/source-file.ts";

export interface PublicName {
  readonly name: string;
  /** The source that declares it: an absolute path. */
  readonly file: string;
  /** Whether it is a type, or a class. */
  readonly isType: boolean;
  readonly docstring: Docstring;
  /** As one would declare it; empty where its fields say all. */
  readonly signature: string;
  readonly fields: readonly Field[];
}

/**
 * What a list of exports gives, types and values.
 *
 * @param list a file of nothing but `export … from`: an absolute path
 */
export function namesOf(list: string): PublicName[] {
  return (Source.read(list)?.exports() ?? []).map(publicName);
}

function publicName({ name, from, original }: Exported): PublicName {
  const found = Source.read(from)?.declared(original);
  if (!found) throw new Error(`${from} declares no ${original}`);
  const { source, node, docstring } = found;
  const { signature, fields } = described(source, node, original);
  return {
    name,
    file: source.file,
    isType: /^(Class|TSInterface|TSTypeAlias)Declaration$/.test(node.type),
    docstring,
    signature: renamed(signature, original, name),
    fields,
  };
}

interface Described {
  readonly signature: string;
  readonly fields: readonly Field[];
}

function described(source: Source, node: Node, name: string): Described {
  switch (node.type) {
    case "TSInterfaceDeclaration":
      return { signature: interfaceHead(source.text(node, node.body.start)), fields: source.fieldsOf(name) };
    case "TSTypeAliasDeclaration":
      return { signature: source.text(node).replace(/;$/, ""), fields: [] };
    case "ClassDeclaration":
      return { signature: source.text(node, node.body.start).trim(), fields: membersOf(source, node) };
    case "FunctionDeclaration":
    case "TSDeclareFunction":
      return { signature: functionText(source, name), fields: [] };
    case "VariableDeclarator":
      return constant(source, node.init ?? node, name, source.text(node.id));
    default:
      return { signature: "", fields: [] };
  }
}

/** Of one that takes no types and extends nothing the head says no more than its heading. */
function interfaceHead(text: string): string {
  return /^interface \w+$/.test(text) ? "" : text;
}

/** Each overload, or the function's own head where it has none. */
function functionText(source: Source, name: string): string {
  const all = source.overloads(name);
  const overloads = all.filter(({ type }) => type === "TSDeclareFunction");
  return (overloads.length > 0 ? overloads : all)
    .map((one) => source.text(one, one.type === "FunctionDeclaration" ? one.body.start : one.end).trim())
    .map((text) => text.replace(/;$/, "").replace(/^async /, ""))
    .join("\n");
}

function constant(source: Source, init: Node, name: string, declared: string): Described {
  if (declared.includes(":")) return { signature: `const ${declared}`, fields: [] };
  if (init.type === "CallExpression" && init.callee.type === "Identifier") {
    const types = init.typeParameters ? source.text(init.typeParameters) : "";
    const made = /fact$/i.test(init.callee.name) ? `Fact${types}` : `ReturnType<typeof ${init.callee.name}>`;
    return { signature: `const ${name}: ${made}`, fields: [] };
  }
  if (init.type === "ArrowFunctionExpression") {
    const head = source.text(init, init.body.start).replace(/\s*=>\s*$/, "");
    return { signature: `function ${name}${head}`, fields: [] };
  }
  const object = init.type === "TSAsExpression" ? init.expression : init;
  if (object.type === "ObjectExpression") return { signature: "", fields: propertiesOf(source, object) };
  return { signature: `const ${name}`, fields: [] };
}

function propertiesOf(source: Source, object: ObjectExpression): Field[] {
  return object.properties.flatMap((property) => {
    if (property.type === "SpreadElement" || property.key.type !== "Identifier") return [];
    const name = property.key.name;
    if (property.type === "ObjectProperty")
      return [{ name, type: literalType(property.value), description: commentAbove(property) }];
    return [methodField(source, name, property, property)];
  });
}

function literalType(value: Node): string {
  if (value.type === "StringLiteral" || value.type === "TemplateLiteral") return "string";
  return value.type === "ArrowFunctionExpression" || value.type === "Identifier" ? "function" : "object";
}

/** What users of a class see of it. */
function membersOf(source: Source, { body }: Class): Field[] {
  return body.body.flatMap((member) => {
    if (member.type === "ClassProperty" && member.key.type === "Identifier" && !member.accessibility) {
      const type = member.typeAnnotation ? source.text(member.typeAnnotation).replace(/^:\s*/, "") : "";
      return [{ name: member.key.name, type, description: commentAbove(member) }];
    }
    if (member.type !== "ClassMethod" || member.key.type !== "Identifier" || member.accessibility) return [];
    if (commentAbove(member) === "" || member.key.name === "constructor") return [];
    return [methodField(source, `${member.static ? "static " : ""}${member.key.name}`, member, member)];
  });
}

interface Method {
  readonly params: readonly Node[];
  readonly returnType?: Node | null | undefined;
}

function methodField(source: Source, name: string, { params, returnType }: Method, node: Node): Field {
  const taken = params.map((one) => source.text(one).replace(/\s+/g, " ")).join(", ");
  const type = returnType ? source.text(returnType).replace(/^:\s*/, "").replace(/\s+/g, " ") : "";
  return { name: `${name}(${taken})`, type, description: commentAbove(node) };
}

/** Under the name that users know. */
function renamed(signature: string, from: string, to: string): string {
  return from === to ? signature : signature.replace(new RegExp(`\\b${from}\\b`), to);
}
