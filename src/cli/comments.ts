/**
 * The comments above a module's parameters and its result, or a role's variables, from its source: one text for
 * the editor and for `run doc`.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type ParserPlugin, parse } from "@babel/parser";
import type { Comment, Node, ObjectExpression, Program, Statement } from "@babel/types";

/** A field of what a module gives back. */
export interface ResultField {
  readonly name: string;
  /** As TypeScript writes it: `readonly string[]`. */
  readonly type: string;
  readonly description: string;
}

export interface SourceComments {
  /** By the parameter's path: `login.socket`, `upstreams[].port`. */
  readonly params: ReadonlyMap<string, string>;
  readonly result: readonly ResultField[];
}

const none: SourceComments = { params: new Map(), result: [] };

/**
 * What the comments in a file say of one definition.
 *
 * @param file where it was defined: TypeScript, or JavaScript that was made of it
 * @param name the module's or role's
 * @returns nothing where the file is not to be had or has no such definition
 */
export function sourceComments(file: string | undefined, name: string): SourceComments {
  const source = file === undefined ? undefined : Source.read(file);
  const definition = source?.definitionOf(name);
  if (source === undefined || definition === undefined) return none;
  const params = new Map<string, string>();
  const schemas = propertyOf(definition.fields, "params") ?? propertyOf(definition.fields, "vars");
  if (schemas) source.collect(schemas, "", params);
  return { params, result: definition.result === undefined ? [] : source.fieldsOf(definition.result) };
}

interface Definition {
  readonly fields: ObjectExpression;
  /** The name of the type that a module gives: the second of `Module<Params, Value>`. */
  readonly result: string | undefined;
}

/** One file, parsed. */
class Source {
  readonly #file: string;
  readonly #text: string;
  readonly #program: Program;

  private constructor(file: string, text: string, program: Program) {
    this.#file = file;
    this.#text = text;
    this.#program = program;
  }

  static read(compiled: string): Source | undefined {
    const file = originalOf(compiled);
    if (!existsSync(file)) return undefined;
    const text = readFileSync(file, "utf8");
    const plugins: ParserPlugin[] = [
      "decorators",
      ...(/\.[cm]?ts$/.test(file) ? ["typescript" as const] : []),
    ];
    return new Source(file, text, parse(text, { sourceType: "module", plugins }).program);
  }

  definitionOf(name: string): Definition | undefined {
    for (const { id, init } of this.#constants()) {
      if (init?.type !== "CallExpression" || init.callee.type !== "Identifier") continue;
      const [fields] = init.arguments;
      if (!/^define(Module|Role)$/.test(init.callee.name) || fields?.type !== "ObjectExpression") continue;
      const named = propertyOf(fields, "name");
      if (named?.type === "StringLiteral" && named.value === name) return { fields, result: valueType(id) };
    }
    return undefined;
  }

  /** Notes the comment above each property, and of what is inside it. */
  collect(schemas: Node, prefix: string, comments: Map<string, string>): void {
    const { source, value } = this.#resolve(schemas);
    if (value?.type !== "ObjectExpression") return;
    for (const property of value.properties) {
      if (property.type === "SpreadElement") source.collect(property.argument, prefix, comments);
      if (property.type !== "ObjectProperty" || property.key.type !== "Identifier") continue;
      const path = `${prefix}${property.key.name}`;
      const text = commentAbove(property);
      if (text !== "") comments.set(path, text);
      source.#collectInside(property.value, path, comments);
    }
  }

  /** `Type.Object({ … })` and `Type.Array(…)`, also within `Type.Optional(…)` and the like. */
  #collectInside(node: Node, path: string, comments: Map<string, string>): void {
    const { source, value } = this.#resolve(node);
    if (value?.type !== "CallExpression") return;
    const kind = methodName(value.callee);
    const [first] = value.arguments;
    if (kind === "Object" && first?.type === "ObjectExpression") source.collect(first, `${path}.`, comments);
    else if (kind === "Array" && first) source.#collectInside(first, `${path}[]`, comments);
    else for (const inner of value.arguments) source.#collectInside(inner, path, comments);
  }

  /** The fields of an interface that is declared here, or comes from another file of the same package. */
  fieldsOf(name: string): ResultField[] {
    for (const statement of this.#program.body) {
      const declared = declarationIn(statement);
      if (declared.type === "TSInterfaceDeclaration" && declared.id.name === name)
        return declared.body.body.flatMap((member) => this.#fieldOf(member));
    }
    const imported = this.#import(name);
    return imported?.source.fieldsOf(imported.name) ?? [];
  }

  #fieldOf(member: Node): ResultField[] {
    if (member.type !== "TSPropertySignature" && member.type !== "TSMethodSignature") return [];
    if (member.key.type !== "Identifier") return [];
    const type = member.typeAnnotation
      ? this.#text.slice(member.typeAnnotation.start ?? 0, member.typeAnnotation.end ?? 0)
      : "";
    const name = member.type === "TSMethodSignature" ? `${member.key.name}()` : member.key.name;
    return [{ name, type: type.replace(/^:\s*/, ""), description: commentAbove(member) }];
  }

  /** What a name stands for, in this file or in the one that it is imported from. */
  #resolve(node: Node): { readonly source: Source; readonly value: Node | undefined } {
    if (node.type !== "Identifier") return { source: this, value: node };
    const constant = this.#constants().find(({ id }) => id.type === "Identifier" && id.name === node.name);
    if (constant?.init) return { source: this, value: constant.init };
    const imported = this.#import(node.name);
    return imported === undefined
      ? { source: this, value: undefined }
      : imported.source.#exported(imported.name);
  }

  #exported(name: string) {
    const constant = this.#constants().find(({ id }) => id.type === "Identifier" && id.name === name);
    return { source: this, value: constant?.init ?? undefined };
  }

  #import(name: string): { readonly source: Source; readonly name: string } | undefined {
    for (const statement of this.#program.body) {
      if (statement.type !== "ImportDeclaration" || !statement.source.value.startsWith(".")) continue;
      for (const one of statement.specifiers) {
        if (one.local.name !== name || one.type !== "ImportSpecifier") continue;
        const source = Source.read(resolve(dirname(this.#file), statement.source.value));
        return (
          source && {
            source,
            name: one.imported.type === "Identifier" ? one.imported.name : one.imported.value,
          }
        );
      }
    }
    return undefined;
  }

  #constants() {
    return this.#program.body
      .map(declarationIn)
      .flatMap((one) => (one.type === "VariableDeclaration" ? one.declarations : []));
  }
}

/** The TypeScript that a compiled file of a package was made of, where the package has it. */
function originalOf(file: string): string {
  const original = file.replace(/\/dist\/(?!.*\/dist\/)/, "/").replace(/\.c?js$/, ".ts");
  return existsSync(original) ? original : file;
}

function declarationIn(statement: Statement): Node {
  return statement.type === "ExportNamedDeclaration" ? (statement.declaration ?? statement) : statement;
}

function propertyOf(object: ObjectExpression, name: string): Node | undefined {
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
function methodName(callee: Node): string | undefined {
  const named = callee.type === "MemberExpression" ? callee.property : callee;
  return named.type === "Identifier" ? named.name : undefined;
}

/** The name of the second argument of `Module<Params, Value>`. */
function valueType(id: Node): string | undefined {
  const annotation = id.type === "Identifier" ? id.typeAnnotation : undefined;
  if (annotation?.type !== "TSTypeAnnotation") return undefined;
  const type = annotation.typeAnnotation;
  const value = type.type === "TSTypeReference" ? type.typeParameters?.params[1] : undefined;
  return value?.type === "TSTypeReference" && value.typeName.type === "Identifier"
    ? value.typeName.name
    : undefined;
}

/** The documentation comment's text without its tags; empty where there is none. */
function commentAbove({ leadingComments }: { leadingComments?: Comment[] | null }): string {
  const comment = leadingComments?.findLast(
    ({ type, value }) => type === "CommentBlock" && value.startsWith("*"),
  );
  const lines = (comment?.value.slice(1) ?? "")
    .split("\n")
    .map((line) => line.replace(/^\s*\*?\s?/, "").trim());
  const tag = lines.findIndex((line) => line.startsWith("@"));
  return lines
    .slice(0, tag === -1 ? undefined : tag)
    .filter(Boolean)
    .join(" ");
}
