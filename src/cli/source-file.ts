/** A source file, read for its comments: definitions of modules and roles, interfaces, and whatever it exports. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type ParserPlugin, parse } from "@babel/parser";
import type {
  Node,
  ObjectExpression,
  Program,
  TSExpressionWithTypeArguments,
  TSIndexedAccessType,
} from "@babel/types";
import { commentAbove, type Docstring, docstringAbove } from "./docstring.ts";
import {
  areWords,
  declarationIn,
  givesAsItIs,
  methodName,
  nameIn,
  oneLine,
  propertyOf,
  valueType,
} from "./syntax.ts";

/** A field of an interface. */
export interface Field {
  /** `path`, `backup?`, `json()` */
  readonly name: string;
  /** As TypeScript writes it: `readonly string[]`. */
  readonly type: string;
  readonly description: string;
}

/** A call of `defineModule` or `defineRole`. */
interface Definition {
  readonly fields: ObjectExpression;
  readonly docstring: Docstring;
  /** The name of the type that a module gives: the second of `Module<Params, Value>`. */
  readonly result: string | undefined;
}

/** Something with a name at the top of a file. */
interface Declared {
  readonly source: Source;
  readonly node: Node;
  readonly docstring: Docstring;
}

/** One name that a file gives to others. */
export interface Exported {
  readonly name: string;
  /** The file that it is taken from, and its name there; a package's name where it comes from one. */
  readonly from: string;
  readonly original: string;
}

/** One file, parsed. */
export class Source {
  readonly file: string;
  readonly #text: string;
  readonly #program: Program;

  private constructor(file: string, text: string, program: Program) {
    this.file = file;
    this.#text = text;
    this.#program = program;
  }

  static readonly #read = new Map<string, Source>();

  /** @returns undefined where the file is not to be had */
  static read(compiled: string): Source | undefined {
    const file = originalOf(compiled);
    const known = Source.#read.get(file);
    if (known || !existsSync(file)) return known;
    const text = readFileSync(file, "utf8");
    const plugins: ParserPlugin[] = [
      "decorators",
      ...(/\.[cm]?ts$/.test(file) ? ["typescript" as const] : []),
    ];
    const source = new Source(file, text, parse(text, { sourceType: "module", plugins }).program);
    Source.#read.set(file, source);
    return source;
  }

  /** The text of a piece of this file. */
  text(node: { readonly start?: number | null; readonly end?: number | null }, end = node.end): string {
    return this.#text.slice(node.start ?? 0, end ?? 0).trim();
  }

  /** The module or role of a name. */
  definitionOf(name: string): Definition | undefined {
    for (const statement of this.#program.body) {
      const declaration = declarationIn(statement);
      if (declaration.type !== "VariableDeclaration") continue;
      for (const { id, init } of declaration.declarations) {
        if (init?.type !== "CallExpression" || init.callee.type !== "Identifier") continue;
        const [fields] = init.arguments;
        if (!/^define(Module|Role)$/.test(init.callee.name) || fields?.type !== "ObjectExpression") continue;
        const named = propertyOf(fields, "name");
        if (named?.type === "StringLiteral" && named.value === name)
          return { fields, docstring: docstringAbove(statement), result: valueType(id) };
      }
    }
    return undefined;
  }

  /** The comment above each parameter or variable of a definition, and of what is inside it, by its path. */
  parameters({ fields }: Definition): Map<string, string> {
    const comments = new Map<string, string>();
    const schemas = propertyOf(fields, "params") ?? propertyOf(fields, "vars");
    if (schemas) this.#collect(schemas, "", comments);
    return comments;
  }

  #collect(schemas: Node, prefix: string, comments: Map<string, string>): void {
    const { source, value } = this.#resolve(schemas);
    if (value?.type !== "ObjectExpression") return;
    for (const property of value.properties) {
      if (property.type === "SpreadElement") source.#collect(property.argument, prefix, comments);
      if (property.type !== "ObjectProperty" || property.key.type !== "Identifier") continue;
      const path = `${prefix}${property.key.name}`;
      const text = commentAbove(property);
      if (text !== "") comments.set(path, text);
      source.#collectInside(property.value, path, comments);
    }
  }

  /** `Type.Object({ … })`, `Type.Array(…)` and `Type.Record(…)`, also within `Type.Optional(…)` and the like. */
  #collectInside(node: Node, path: string, comments: Map<string, string>): void {
    const { source, value } = this.#resolve(node);
    // the alternatives of a union
    if (value?.type === "ArrayExpression")
      for (const one of value.elements) if (one) source.#collectInside(one, path, comments);
    if (value?.type !== "CallExpression") return;
    const kind = methodName(value.callee);
    const [first, second] = value.arguments;
    if (kind === "Object" && first) source.#collect(first, `${path}.`, comments);
    else if (kind === "Array" && first) source.#collectInside(first, `${path}[]`, comments);
    else if (kind === "Record" && second) source.#collectInside(second, `${path}.NAME`, comments);
    else for (const inner of value.arguments) source.#collectInside(inner, path, comments);
  }

  /** What a name stands for, in this file or in the one that it is imported from. */
  #resolve(node: Node): { readonly source: Source; readonly value: Node | undefined } {
    if (node.type !== "Identifier") return { source: this, value: node };
    const found = this.declared(node.name);
    const value = found?.node.type === "VariableDeclarator" ? found.node.init : undefined;
    return { source: found?.source ?? this, value: value ?? undefined };
  }

  /** The fields of an interface or of an object's type, with those of the interfaces that it extends. */
  fieldsOf(name: string): Field[] {
    const found = this.declared(name);
    return found ? found.source.#fieldsIn(found.node) : [];
  }

  #fieldsIn(node: Node): Field[] {
    switch (node.type) {
      case "TSInterfaceDeclaration": {
        const own = node.body.body.flatMap((member) => this.#fieldOf(member));
        return [...own, ...(node.extends ?? []).flatMap((one) => this.#inherited(one))];
      }
      case "TSTypeAliasDeclaration":
        return this.#fieldsIn(node.typeAnnotation);
      case "TSTypeLiteral":
        return node.members.flatMap((member) => this.#fieldOf(member));
      case "TSTypeReference":
        return node.typeName.type === "Identifier" ? this.fieldsOf(node.typeName.name) : [];
      default:
        return [];
    }
  }

  /** Of `extends Base`, or `extends Omit<Base, "name">`. */
  #inherited(node: TSExpressionWithTypeArguments): Field[] {
    if (node.expression.type !== "Identifier") return [];
    if (node.expression.name !== "Omit") return this.fieldsOf(node.expression.name);
    const [base, left] = node.typeParameters?.params ?? [];
    const fields = base ? this.#fieldsIn(base) : [];
    return fields.filter(({ name }) => !this.text(left ?? {}).includes(`"${name.replace("?", "")}"`));
  }

  #fieldOf(member: Node): Field[] {
    if (member.type !== "TSPropertySignature" && member.type !== "TSMethodSignature") return [];
    if (member.key.type !== "Identifier") return [];
    const annotation = member.typeAnnotation?.type === "TSTypeAnnotation" ? member.typeAnnotation : undefined;
    const description = commentAbove(member);
    const type = annotation ? this.typeText(annotation.typeAnnotation) : "";
    const mark = member.optional ? "?" : "";
    if (member.type === "TSPropertySignature")
      return [{ name: `${member.key.name}${mark}`, type, description }];
    const types = member.typeParameters ? oneLine(this.text(member.typeParameters)) : "";
    const parameters = member.parameters.map((one) => oneLine(this.text(one))).join(", ");
    return [{ name: `${member.key.name}${mark}${types}(${parameters})`, type, description }];
  }

  /** A type on one line; a name of this project's that stands for a few words is written out. */
  typeText(type: Node): string {
    if (type.type === "TSTypeReference" && type.typeName.type === "Identifier") {
      const found = this.declared(type.typeName.name);
      if (found?.node.type === "TSTypeAliasDeclaration" && areWords(found.node.typeAnnotation))
        return found.source.typeText(found.node.typeAnnotation);
    }
    if (type.type === "TSIndexedAccessType") return this.#listedWords(type) ?? oneLine(this.text(type));
    if (type.type === "TSUnionType") return type.types.map((one) => this.typeText(one)).join(" | ");
    return oneLine(this.text(type));
  }

  /** `"linear" | "free"` of `(typeof strategies)[number]` */
  #listedWords(type: TSIndexedAccessType): string | undefined {
    const list =
      type.objectType.type === "TSParenthesizedType" ? type.objectType.typeAnnotation : type.objectType;
    if (list.type !== "TSTypeQuery" || list.exprName.type !== "Identifier") return undefined;
    const { value } = this.#resolve(list.exprName);
    const array = value?.type === "TSAsExpression" ? value.expression : value;
    if (array?.type !== "ArrayExpression") return undefined;
    return array.elements
      .flatMap((one) => (one?.type === "StringLiteral" ? [`"${one.value}"`] : []))
      .join(" | ");
  }

  /** What a name of this file stands for, in whatever file of the same package it is declared. */
  declared(name: string): Declared | undefined {
    for (const statement of this.#program.body) {
      const declaration = declarationIn(statement);
      const nodes = declaration.type === "VariableDeclaration" ? declaration.declarations : [declaration];
      const node = nodes.find((one) => "id" in one && one.id?.type === "Identifier" && one.id.name === name);
      if (node) return { source: this, node, docstring: docstringAbove(statement) };
    }
    const passedOn = this.#program.body.find((statement) => givesAsItIs(statement, name));
    if (passedOn) return { source: this, node: passedOn, docstring: docstringAbove(passedOn) };
    const imported = [...this.#imports(), ...this.exports()].find((one) => one.name === name);
    return imported && Source.read(imported.from)?.declared(imported.original);
  }

  /** All declarations of a function's name: its overloads, and then the one with the body. */
  overloads(name: string): readonly Node[] {
    return this.#program.body
      .map(declarationIn)
      .filter((one) => one.type === "TSDeclareFunction" || one.type === "FunctionDeclaration")
      .filter((one) => one.id?.name === name);
  }

  /** What a list of exports gives: `export … from`, with what these pass on. */
  exports(): Exported[] {
    return this.#program.body.flatMap((statement) => {
      if (statement.type === "ExportAllDeclaration")
        return Source.read(this.#path(statement.source.value))?.exports() ?? [];
      if (statement.type !== "ExportNamedDeclaration" || !statement.source) return [];
      const from = this.#path(statement.source.value);
      return statement.specifiers.flatMap((one) =>
        one.type === "ExportSpecifier"
          ? [{ name: nameIn(one.exported), from, original: nameIn(one.local) }]
          : [],
      );
    });
  }

  #imports(): Exported[] {
    return this.#program.body.flatMap((statement) => {
      if (statement.type !== "ImportDeclaration" || !statement.source.value.startsWith(".")) return [];
      const from = this.#path(statement.source.value);
      return statement.specifiers.flatMap((one) =>
        one.type === "ImportSpecifier"
          ? [{ name: one.local.name, from, original: nameIn(one.imported) }]
          : [],
      );
    });
  }

  #path(specifier: string): string {
    return specifier.startsWith(".") ? resolve(dirname(this.file), specifier) : specifier;
  }
}

/** The TypeScript that a compiled file of a package was made of, where the package has it. */
function originalOf(file: string): string {
  const original = file.replace(/\/dist\/(?!.*\/dist\/)/, "/").replace(/\.c?js$/, ".ts");
  return existsSync(original) ? original : file;
}
