import {
  type Chosen,
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
} from "../../kit/index.ts";
import { ownerParams } from "./attributes.ts";
import { replaceParams } from "./copy.ts";
import { editFile } from "./edit-file.ts";
import { lineInText, lineOutOfText, type PresentLine } from "./edit-line.ts";
import type { FileValue } from "./put-file.ts";

const params = {
  /** The absolute path on the host. */
  path: Param.path(),
  /** The line, without its end; with a secret, no diff is shown. */
  line: Type.Optional(Param.text()),
  /** An expression for the line to replace, or for all lines to remove. */
  regexp: Type.Optional(Param.expression()),
  /** Whether the line is to be there. Default: "present". */
  state: Param.state(),
  /** An expression for the line after which to insert, or BOF or EOF; unmatched: the end. Left out: EOF. */
  insertafter: Type.Optional(Param.expression()),
  /** An expression for the line before which to insert, or BOF; unmatched: the end of the file. */
  insertbefore: Type.Optional(Param.expression()),
  /** true: the first match counts, not the last, for all expressions. Default: false. */
  firstmatch: Param.flag(),
  /**
   * true: \1 and \g<name> in the line stand for groups of regexp; where it matches nothing, nothing is changed.
   * Default: false.
   */
  backrefs: Param.flag(),
  /** true: make the file if there is none; false: that is a failure. Default: false. */
  create: Param.flag(),
  ...ownerParams,
  /** The file's mode, such as "0644". Left out: as it is, else "0644", or "0600" for a line that is a secret. */
  mode: Type.Optional(Param.mode()),
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
    if (p.line !== undefined && /[\r\n]/.test(reveal(p.line)))
      fail("line: expected one line, got several", "use a task for each, or copy for a whole file");
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
      edit: (text, asRead) => {
        const wanted = {
          line: line === undefined ? undefined : asRead(reveal(line)),
          regexp: regexp === undefined ? undefined : regularExpression(asRead(regexp)),
        };
        if (p.state === "absent") return lineOutOfText(text, wanted);
        const place = {
          insertafter: placeOf(insertafter, asRead),
          insertbefore: placeOf(insertbefore, asRead),
          firstmatch,
          backrefs,
        };
        return lineInOnce(p.path, text, { ...place, ...wanted, line: wanted.line ?? "" });
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

function placeOf(
  text: string | undefined,
  asRead: (text: string) => string,
): RegExp | "BOF" | "EOF" | undefined {
  if (text === undefined || text === "BOF" || text === "EOF") return text;
  return regularExpression(asRead(text));
}
