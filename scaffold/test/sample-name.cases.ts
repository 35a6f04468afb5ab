import { cases } from "showrunner/testing";
import { sampleNameText } from "../facts/sample-name.ts";
import { sampleName } from "../modules/sample-name.ts";

const path = "/etc/sample-name";

/** `facts` is where a case begins without a host, `start` where it begins on a real one. */
export default cases(
  sampleName,
  [
    {
      name: "writes the line where there is none",
      params: { text: "hello" },
      facts: [sampleNameText.is(path, undefined)],
      start: "",
      changes: [{ what: "text", before: undefined, after: "hello" }],
      end: [sampleNameText.is(path, "hello"), `grep -qx hello ${path}`],
    },
    {
      name: "writes another line",
      params: { text: "hello" },
      facts: [sampleNameText.is(path, "good bye")],
      start: `echo good bye >${path}`,
      changes: ["text"],
      end: sampleNameText.is(path, "hello"),
    },
    {
      name: "leaves the line alone that is wanted",
      params: { text: "hello" },
      facts: [sampleNameText.is(path, "hello")],
      start: `echo hello >${path}`,
      changes: [],
    },
    {
      name: "takes one line only",
      params: { text: "two\nlines" },
      facts: [],
      changes: [],
      fails: "text",
    },
  ],
  { reset: `rm -rf ${path}` },
);
