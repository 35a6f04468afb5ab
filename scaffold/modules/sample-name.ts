import {
  change,
  defineModule,
  effects,
  fileWritten,
  type Module,
  type OptionalInput,
  Param,
  type RequiredInput,
  Type,
  withDefault,
} from "showrunner";
import { sampleNameText } from "../facts/sample-name.ts";

const params = {
  /** What the file says: one line. */
  text: Type.String({ pattern: "^[^\\n]+$" }),
  /** The file. Its folder must be there. Default: "/etc/sample-name". */
  path: withDefault(Param.path(), "/etc/sample-name"),
};

/** What `sampleName` takes. */
export interface SampleNameParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/** What `sampleName` gives. */
export interface SampleNameValue {
  /** Where the line stands. */
  readonly path: string;
}

/**
 * Keeps a line in a file of its own.
 *
 * @example
 * await sampleName({ text: "hello" });
 */
export const sampleName: Module<SampleNameParams, SampleNameValue> = defineModule({
  name: "sampleName",
  summary: "Keeps a line in a file of its own.",
  params,
  examples: [`sampleName({ text: "hello" })`],
  // read facts, compare, and yield one change a difference: a plan can run nothing itself
  async *plan(host, { text, path }) {
    const before = await host.fact(sampleNameText, path);
    if (before !== text) {
      const content = Buffer.from(`${text}\n`);
      yield change({
        what: "text",
        before,
        after: text,
        action: { kind: "write", path, content, mode: "0644", owner: "root", group: "root" },
        // what holds afterwards, and what else may be another: of a file, all of that is `fileWritten`
        ...effects(fileWritten(path, { content }), { sets: [sampleNameText.is(path, text)] }),
      });
    }
    return { path };
  },
});
