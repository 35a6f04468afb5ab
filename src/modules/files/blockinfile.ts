import {
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  type Plan,
  type RequiredInput,
  regularExpression,
  reveal,
  Secret,
  Type,
} from "../../kit/index.ts";
import { checkAttributes, ownerParams } from "./attributes.ts";
import { checkValidate, replaceParams } from "./copy.ts";
import { blockInText } from "./edit-block.ts";
import { editFile } from "./edit-file.ts";
import { Mode } from "./mode.ts";
import { checkPath } from "./paths.ts";
import type { FileValue } from "./put-file.ts";

const defaultMarker = "# {mark} Showrunner's block";

const params = {
  /** The absolute path on the host. */
  path: Type.String({ minLength: 1 }),
  /** The lines; with a secret, no diff is shown. */
  block: Type.Optional(Type.Unsafe<string | Secret>({ title: "string | Secret" })),
  /**
   * The lines before and behind the block, where {mark} becomes BEGIN and END; several blocks in a file need
   * one each.
   * @default "# {mark} Showrunner's block"
   */
  marker: Type.Optional(Type.String({ pattern: "^[^\\n\\r]*\\{mark\\}[^\\n\\r]*$", default: defaultMarker })),
  /** Whether the block is to be there (default present). */
  state: Type.Optional(Type.Union([Type.Literal("present"), Type.Literal("absent")])),
  /** An expression for lines outside of the block that it takes the place of: they are removed. */
  replaces: Type.Optional(Type.String({ minLength: 1 })),
  /** true: make the file if there is none (default: that is a failure). */
  create: Type.Optional(Type.Boolean()),
  ...ownerParams,
  /** The file's mode, such as "0644" (default: as it is, else "0644", or "0600" for a block that is a secret). */
  mode: Type.Optional(Mode),
  ...replaceParams,
};

/** What `blockinfile` takes. */
export interface BlockinfileParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Makes sure that a block of lines is in a file, between two marks, or that it is not.
 *
 * A block that is there is replaced where it stands; a new one is put at the end. What stands outside of the marks is
 * left alone, but for the lines that the block `replaces`. Symbolic links are followed.
 *
 * @example
 * await blockinfile({ path: "/etc/hosts", block: "10.0.0.11 web1\n10.0.0.12 web2", marker: "# {mark} web servers", inPlace: true });
 */
export const blockinfile: Module<BlockinfileParams, FileValue> = defineModule({
  name: "blockinfile",
  summary: "Makes sure that a block of lines is in a file, between two marks, or that it is not.",
  params,
  examples: [
    `blockinfile({ path: "/etc/hosts", block: "10.0.0.11 web1\\n10.0.0.12 web2", marker: "# {mark} web servers", inPlace: true })`,
    `blockinfile({ path: "/etc/hosts", marker: "# {mark} web servers", state: "absent" })`,
  ],
  title: ({ path }) => path,
  check(p) {
    checkPath("path", p.path);
    checkAttributes(p);
    checkValidate(p.validate);
    if (p.block !== undefined && !(typeof p.block === "string" || p.block instanceof Secret))
      fail(`block: expected a string or a secret, got ${typeof p.block}`);
    expression(p.replaces);
    const { begin, end } = marks(p.marker);
    if (p.state === "absent") {
      if (p.block !== undefined || p.replaces !== undefined)
        fail("an absent block has no lines, and replaces none");
    } else if (p.block === undefined)
      fail("block: expected its lines, got nothing", 'state: "absent" removes it');
    else if (linesOf(p.block).some((line) => line === begin || line === end))
      fail("block: one of its lines is a mark", "give a `marker` of its own");
  },
  async *plan(host, p): Plan<FileValue> {
    return yield* editFile(host, p, {
      edit: (asRead) => {
        const { begin, end } = marks(p.marker);
        const block = {
          begin: asRead(begin),
          end: asRead(end),
          lines: linesOf(p.block ?? "").map(asRead),
          replaces: expression(p.replaces === undefined ? undefined : asRead(p.replaces)),
        };
        return (text) => blockInText(text, block);
      },
      hides: p.block instanceof Secret,
    });
  },
});

function marks(marker = defaultMarker) {
  return { begin: marker.replaceAll("{mark}", "BEGIN"), end: marker.replaceAll("{mark}", "END") };
}

/** None of an empty text: a block of nothing is none. */
function linesOf(block: string | Secret): string[] {
  const text = reveal(block).replace(/\r?\n$/, "");
  return text === "" ? [] : text.split(/\r?\n/);
}

/** @throws ShowrunnerError for what is no expression */
function expression(text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined;
  try {
    return regularExpression(text);
  } catch (error) {
    return fail(`replaces: ${error instanceof Error ? error.message : String(error)}`);
  }
}
