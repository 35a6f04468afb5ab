import { isUtf8 } from "node:buffer";
import { posix } from "node:path";
import { regularExpression } from "../../core/base/expression.ts";
import { Type } from "../../core/base/schema.ts";
import { defineModule } from "../../core/tasks/module.ts";
import { fail, type Plan } from "../../core/tasks/task.ts";
import { file, fileContent, fileHash } from "../../facts/files.ts";
import { reveal, Secret } from "../../secrets/secret.ts";
import { attributeParams, checkAttributes, setAttributes } from "./attributes.ts";
import { literalContent } from "./content.ts";
import { checkValidate, writeParams } from "./copy.ts";
import { lineInText, lineOutOfText } from "./edit-line.ts";
import { checkPath, cleanPath, followLinks } from "./paths.ts";
import { type FileValue, putFile } from "./put-file.ts";

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
export const lineinfile = defineModule({
  name: "lineinfile",
  summary: "Makes sure that a line is in a file, or that it is not.",
  params: {
    path: Type.String({ minLength: 1, description: "the absolute path on the host" }),
    line: Type.Optional(
      Type.Unsafe<string | Secret>({
        description: "the line, without its end; with a secret, no diff is shown",
      }),
    ),
    regexp: Type.Optional(
      Type.String({
        minLength: 1,
        description: "an expression for the line to replace, or for all lines to remove",
      }),
    ),
    state: Type.Optional(
      Type.Union([Type.Literal("present"), Type.Literal("absent")], {
        description: "whether the line is to be there (default present)",
      }),
    ),
    insertafter: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "an expression for the line after which to insert, or BOF or EOF; unmatched: the end (default EOF)",
      }),
    ),
    insertbefore: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "an expression for the line before which to insert, or BOF; unmatched: the end of the file",
      }),
    ),
    firstmatch: Type.Optional(
      Type.Boolean({ description: "true: the first match counts, not the last, for all expressions" }),
    ),
    backrefs: Type.Optional(
      Type.Boolean({
        description:
          "true: \\1 and \\g<name> in the line stand for groups of regexp; where it matches nothing, nothing is changed",
      }),
    ),
    create: Type.Optional(
      Type.Boolean({ description: "true: make the file if there is none (default: that is a failure)" }),
    ),
    ...attributeParams(
      'the file\'s mode, such as "0644" (default: as it is, else "0644", or "0600" for a line that is a secret)',
    ),
    validate: writeParams.validate,
    backup: writeParams.backup,
    inPlace: writeParams.inPlace,
  },
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
    const given = cleanPath(p.path);
    await Promise.all([
      host.fact(file, given),
      host.fact(file, posix.dirname(given)),
      host.fact(fileHash, given),
      host.fact(fileContent, given),
    ]);
    const path = await followLinks(host, given);
    const [state, old] = await Promise.all([host.fact(file, path), host.fact(fileContent, path)]);
    if (state.type !== "absent" && state.type !== "file") fail(`${path} is no file, but a ${state.type}`);
    const absent = p.state === "absent";
    if (state.type === "absent") {
      if (absent) return { path };
      host.require(p.create === true, `${path} does not exist on the host`, "create: true makes it");
    }

    const encoding = old === undefined || isUtf8(old) ? "utf8" : "latin1";
    // bytes that are no text stay as they are: each is then a letter of its own, in the file and in the line
    const asRead = (text: string) => Buffer.from(text).toString(encoding);
    const line = p.line === undefined ? undefined : asRead(reveal(p.line));
    const [regexp, insertafter, insertbefore] = (["regexp", "insertafter", "insertbefore"] as const).map(
      (name) => expression(name, p[name] === undefined ? undefined : asRead(p[name])),
    );
    const edit = (text: string): string =>
      absent
        ? lineOutOfText(text, { line, regexp: asExpression(regexp) })
        : lineInText(text, {
            line: line ?? "",
            regexp: asExpression(regexp),
            insertafter,
            insertbefore,
            firstmatch: p.firstmatch,
            backrefs: p.backrefs,
          });
    const before = old?.toString(encoding) ?? "";
    const after = edit(before);
    if (edit(after) !== after)
      fail(
        `${path}: this would change the file again on each run`,
        "the line, once it is there, must match regexp, or no other line may",
      );
    if (after === before && state.type === "file") {
      yield* setAttributes(host, path, state, p);
      return { path };
    }
    const bytes = Buffer.from(after, encoding);
    const hides = p.line instanceof Secret;
    const content = { ...literalContent(bytes), secret: hides, ownerOnly: hides };
    return yield* putFile(host, { ...p, path, content, old });
  },
});

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
