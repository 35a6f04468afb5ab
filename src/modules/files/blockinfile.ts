import {
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  Param,
  type Plan,
  type RequiredInput,
  regularExpression,
  reveal,
  Secret,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { ownerParams } from "./attributes.ts";
import { replaceParams } from "./copy.ts";
import { blockInText } from "./edit-block.ts";
import { editFile } from "./edit-file.ts";
import type { FileValue } from "./put-file.ts";

const params = {
  /** The absolute path on the host. */
  path: Param.path(),
  /** The lines; with a secret, no diff is shown. */
  block: Type.Optional(Param.text()),
  /**
   * The lines before and behind the block, where {mark} becomes BEGIN and END; several blocks in a file need one
   * each. Default: "# {mark} Showrunner's block".
   */
  marker: withDefault(
    Type.String({ pattern: "^[^\\n\\r]*\\{mark\\}[^\\n\\r]*$" }),
    "# {mark} Showrunner's block",
  ),
  /** Whether the block is to be there. Default: "present". */
  state: Param.state(),
  /** An expression for lines outside of the block that it takes the place of: they are removed. */
  replaces: Type.Optional(Param.expression()),
  /** true: make the file if there is none; false: that is a failure. Default: false. */
  create: Param.flag(),
  ...ownerParams,
  /** The file's mode, such as "0644". Left out: as it is, else "0644", or "0600" for a block that is a secret. */
  mode: Type.Optional(Param.mode()),
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
      edit: (text, asRead) => {
        const { begin, end } = marks(p.marker);
        const block = {
          begin: asRead(begin),
          end: asRead(end),
          lines: linesOf(p.block ?? "").map(asRead),
          replaces: p.replaces === undefined ? undefined : regularExpression(asRead(p.replaces)),
        };
        return blockInText(text, block);
      },
      hides: p.block instanceof Secret,
    });
  },
});

function marks(marker: string) {
  return { begin: marker.replaceAll("{mark}", "BEGIN"), end: marker.replaceAll("{mark}", "END") };
}

/** None of an empty text: a block of nothing is none. */
function linesOf(block: string | Secret): string[] {
  const text = reveal(block).replace(/\r?\n$/, "");
  return text === "" ? [] : text.split(/\r?\n/);
}
