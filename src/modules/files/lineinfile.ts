import {
  type Chosen,
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
import { editFile } from "./edit-file.ts";
import { lineInText, lineOutOfText, type PresentLine } from "./edit-line.ts";
import { Mode } from "./mode.ts";
import { checkPath } from "./paths.ts";
import type { FileValue } from "./put-file.ts";

const params = {
  /** The absolute path on the host. */
  path: Type.String({ minLength: 1 }),
  /** The line, without its end; with a secret, no diff is shown. */
  line: Type.Optional(Type.Unsafe<string | Secret>({ title: "string | Secret" })),
  /** An expression for the line to replace, or for all lines to remove. */
  regexp: Type.Optional(Type.String({ minLength: 1 })),
  /** Whether the line is to be there (default present). */
  state: Type.Optional(Type.Union([Type.Literal("present"), Type.Literal("absent")])),
  /** An expression for the line after which to insert, or BOF or EOF; unmatched: the end (default EOF). */
  insertafter: Type.Optional(Type.String({ minLength: 1 })),
  /** An expression for the line before which to insert, or BOF; unmatched: the end of the file. */
  insertbefore: Type.Optional(Type.String({ minLength: 1 })),
  /** true: the first match counts, not the last, for all expressions. */
  firstmatch: Type.Optional(Type.Boolean()),
  /** true: \1 and \g<name> in the line stand for groups of regexp; where it matches nothing, nothing is changed. */
  backrefs: Type.Optional(Type.Boolean()),
  /** true: make the file if there is none (default: that is a failure). */
  create: Type.Optional(Type.Boolean()),
  ...ownerParams,
  /** The file's mode, such as "0644" (default: as it is, else "0644", or "0600" for a line that is a secret). */
  mode: Type.Optional(Mode),
  ...replaceParams,
};

/** What `lineinfile` takes. */
export type LineinfileParams = InsertAfter | InsertBefore;

type Common = Omit<typeof params, "insertafter" | "insertbefore">;
interface InsertAfter
  extends RequiredInput<Common>,
    OptionalInput<Common>,
    Partial<Chosen<typeof params, "insertafter", "insertbefore">> {}
interface InsertBefore
  extends RequiredInput<Common>,
    OptionalInput<Common>,
    Partial<Chosen<typeof params, "insertbefore", "insertafter">> {}

/**
 * Makes sure that a line is in a file, or that it is not, by the rules of Ansible's lineinfile.
 *
 * With `regexp` the last line that matches is replaced (with `firstmatch` the first one); where none matches, and
 * the line is not there as it stands, it is inserted after `insertafter`, before `insertbefore`, or at the end.
 * Symbolic links are followed. Expressions are JavaScript's, or spelt as in Python where that has a spelling of its own
 * (`\A`, `\Z`, `(?P<name>…)`), and see a line without its end. A task that would find something to change on each run
 * is refused.
 *
 * @example
 * await lineinfile({ path: "/etc/ssh/sshd_config", regexp: "^#?PermitRootLogin", line: "PermitRootLogin no", validate: "sshd -t -f %s" });
 */
export const lineinfile: Module<LineinfileParams, FileValue> = defineModule({
  name: "lineinfile",
  summary: "Makes sure that a line is in a file, or that it is not.",
  params,
  atMostOneOf: ["insertafter", "insertbefore"],
  examples: [
    `lineinfile({ path: "/etc/ssh/sshd_config", regexp: "^#?PermitRootLogin", line: "PermitRootLogin no", validate: "sshd -t -f %s" })`,
    `lineinfile({ path: "/etc/hosts", regexp: "\\\\sold\\\\.example$", state: "absent" })`,
  ],
  title: ({ path }) => path,
  check(p) {
    checkPath("path", p.path);
    checkAttributes(p);
    checkValidate(p.validate);
    if (p.line !== undefined && !(typeof p.line === "string" || p.line instanceof Secret))
      fail(`line: expected a string or a secret, got ${typeof p.line}`);
    if (p.line !== undefined && /[\r\n]/.test(reveal(p.line)))
      fail("line: expected one line, got several", "use a task for each, or copy for a whole file");
    for (const name of ["regexp", "insertafter", "insertbefore"] as const) expression(name, p[name]);
    if (p.state === "absent") {
      if (p.line === undefined && p.regexp === undefined) fail("expected line or regexp, got neither");
      return;
    }
    if (p.line === undefined) fail("line: expected the line that is to be there, got nothing");
    if (p.backrefs && p.regexp === undefined)
      fail("backrefs: needs regexp, whose groups the line can refer to");
  },
  async *plan(host, p): Plan<FileValue> {
    const { line, regexp, insertafter, insertbefore, firstmatch, backrefs } = p;
    return yield* editFile(host, p, {
      edit: (asRead) => {
        const read = (name: string, text: string | undefined) => expression(name, text && asRead(text));
        const wanted = {
          line: line === undefined ? undefined : asRead(reveal(line)),
          regexp: asExpression(read("regexp", regexp)),
        };
        if (p.state === "absent") return (text) => lineOutOfText(text, wanted);
        const place = {
          insertafter: read("insertafter", insertafter),
          insertbefore: read("insertbefore", insertbefore),
          firstmatch,
          backrefs,
        };
        return (text) => lineInOnce(p.path, text, { ...place, ...wanted, line: wanted.line ?? "" });
      },
      hides: line instanceof Secret,
    });
  },
});

/** @throws ShowrunnerError where the text would be edited again */
function lineInOnce(path: string, text: string, wanted: PresentLine): string {
  const after = lineInText(text, wanted);
  if (lineInText(after, wanted) === after) return after;
  return fail(
    `${path}: this would change the file again on each run`,
    "the line, once it is there, must match regexp, or no other line may",
  );
}

/** @throws ShowrunnerError for what is no expression */
function expression(name: string, text: string | undefined): RegExp | "BOF" | "EOF" | undefined {
  if (text === undefined) return undefined;
  if (name !== "regexp" && (text === "BOF" || text === "EOF")) return text;
  try {
    return regularExpression(text);
  } catch (error) {
    return fail(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function asExpression(value: RegExp | string | undefined): RegExp | undefined {
  return value instanceof RegExp ? value : undefined;
}
