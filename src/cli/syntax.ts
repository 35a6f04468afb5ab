/** What pieces of TypeScript are, as their syntax alone tells. */
import type { Node, ObjectExpression, Statement } from "@babel/types";

export function declarationIn(statement: Statement): Node {
  return statement.type === "ExportNamedDeclaration" ? (statement.declaration ?? statement) : statement;
}

/** `export { Type };`, of something that a package gives. */
export function givesAsItIs(statement: Statement, name: string): boolean {
  if (statement.type !== "ExportNamedDeclaration" || statement.source) return false;
  return statement.specifiers.some((one) => nameIn(one.exported) === name);
}

/** `"a" | "b"`, or what is likely such a list. */
export function areWords(type: Node): boolean {
  if (type.type === "TSUnionType") return type.types.every(areWords);
  return type.type === "TSLiteralType" || type.type === "TSIndexedAccessType";
}

export function nameIn(node: {
  readonly type: string;
  readonly name?: string;
  readonly value?: string;
}): string {
  return node.name ?? node.value ?? "";
}

export function propertyOf(object: ObjectExpression, name: string): Node | undefined {
  for (const property of object.properties)
    if (
      property.type === "ObjectProperty" &&
      property.key.type === "Identifier" &&
      property.key.name === name
    )
      return property.value;
  return undefined;
}

/** `Object` of `Type.Object`. */
export function methodName(callee: Node): string | undefined {
  const named = callee.type === "MemberExpression" ? callee.property : callee;
  return named.type === "Identifier" ? named.name : undefined;
}

/** The name of the second argument of `Module<Params, Value>`. */
export function valueType(id: Node): string | undefined {
  const annotation = id.type === "Identifier" ? id.typeAnnotation : undefined;
  if (annotation?.type !== "TSTypeAnnotation") return undefined;
  const type = annotation.typeAnnotation;
  const value = type.type === "TSTypeReference" ? type.typeParameters?.params[1] : undefined;
  return value?.type === "TSTypeReference" && value.typeName.type === "Identifier"
    ? value.typeName.name
    : undefined;
}

export function oneLine(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\s+/g, " ")
    .replace(/^\| /, "")
    .trim();
}
