/** A file that is known by two names, one of which leads through a symbolic link. */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { batch } from "../../../src/core/steps/batch.ts";
import { fileText } from "../../../src/facts/files.ts";
import { blockinfile, copy, file, lineinfile, readFact, template } from "../../../src/modules/index.ts";
import { runLocal, temporaryDirectory } from "./local-run.ts";

const base = temporaryDirectory();
let count = 0;
let at = "";
const real = (name: string) => join(at, "real", name);
const linked = (name: string) => join(at, "link", name);

beforeEach(() => {
  at = join(base, String(++count));
  mkdirSync(join(at, "real/d"), { recursive: true });
  symlinkSync("real", join(at, "link"));
  writeFileSync(real("x"), "x\n");
  writeFileSync(real("d/f"), "f\n");
});

const put = (dest: string, content: string) => copy({ dest, content });

it("is read again under the one after it was written under the other", async () => {
  const body = () => batch([put(real("a"), "1\n"), put(linked("a"), "2\n"), put(real("a"), "1\n")]);
  const expected = ["changed", "changed", "changed"];
  expect((await runLocal(body, { check: true })).statuses).toEqual(expected);
  expect((await runLocal(body)).statuses).toEqual(expected);
  expect(readFileSync(real("a"), "utf8")).toBe("1\n");
});

it("is not there under the one once it was removed under the other", async () => {
  const body = () => batch([file({ path: linked("x"), state: "absent" }), put(real("x"), "x\n")]);
  expect((await runLocal(body, { check: true })).statuses).toEqual(["changed", "changed"]);
  expect((await runLocal(body)).statuses).toEqual(["changed", "changed"]);
  expect(existsSync(real("x"))).toBe(true);
});

it("is gone with its directory, and no plan takes it for there", async () => {
  const body = async () => {
    await batch([put(real("d/f"), "f\n"), file({ path: linked("d"), state: "absent" })]);
    await put(real("d/f"), "f\n");
  };
  for (const check of [true, false]) {
    const ran = await runLocal(body, { check });
    expect(ran.statuses).toEqual(["ok", "changed", "failed"]);
    expect(ran.error?.message).toBe(`the directory ${real("d")} does not exist on the host`);
  }
});

it("is edited in one place by lines that go to both", async () => {
  const line = (path: string, text: string) => lineinfile({ path, line: text });
  const body = () => batch([line(real("x"), "a"), line(linked("x"), "b"), line(real("x"), "a")]);
  for (const check of [true, false])
    expect((await runLocal(body, { check })).statuses).toEqual(["changed", "changed", "ok"]);
  expect(readFileSync(real("x"), "utf8")).toBe("x\na\nb\n");
});

it("is looked for where the link leads once it was turned", async () => {
  mkdirSync(join(at, "other"));
  const body = async () => {
    await put(linked("x"), "x\n");
    await file({ path: join(at, "link"), state: "link", src: "other" });
    await put(linked("x"), "new\n");
    await put(join(at, "other/x"), "new\n");
    await put(real("x"), "x\n");
  };
  expect((await runLocal(body)).statuses).toEqual(["ok", "changed", "changed", "ok", "ok"]);
  expect(readFileSync(join(at, "other/x"), "utf8")).toBe("new\n");
});

it("costs no round trip of its own", async () => {
  const body = () => batch([put(real("x"), "x\n"), put(linked("x"), "x\n"), put(real("d/f"), "f\n")]);
  expect(await runLocal(body)).toMatchObject({ statuses: ["ok", "ok", "ok"], roundTrips: 1 });
});

/** What a run takes the text behind two links for, after a task has followed them. */
async function textsAfter(task: () => PromiseLike<unknown>): Promise<(string | undefined)[]> {
  symlinkSync("x", real("first"));
  symlinkSync("first", real("second"));
  const names = ["x", "first", "second"].map(real);
  const texts: (string | undefined)[] = [];
  await runLocal(async () => {
    for (const name of names) await readFact(fileText, name);
    await task();
    for (const name of names) texts.push(await readFact(fileText, name));
  });
  return texts;
}

it.each<[string, () => PromiseLike<unknown>, string]>([
  ["copy", () => copy({ dest: real("second"), content: "new\n", follow: true }), "new\n"],
  ["template", () => template({ src: join(at, "t.ejs"), dest: real("second"), follow: true }), "from t\n"],
  ["lineinfile", () => lineinfile({ path: real("second"), line: "y" }), "x\ny\n"],
  [
    "blockinfile",
    () => blockinfile({ path: real("second"), block: "y", marker: "# {mark}" }),
    "x\n# BEGIN\ny\n# END\n",
  ],
])("is known anew under every link on the way once %s has followed them", async (_, task, text) => {
  writeFileSync(join(at, "t.ejs"), "from t\n");
  expect(await textsAfter(task)).toEqual([text, text, text]);
});

it("is known anew under a link that led nowhere once touching it has made it", async () => {
  symlinkSync("later", real("early"));
  const found: (string | undefined)[] = [];
  await runLocal(async () => {
    found.push(await readFact(fileText, real("early")));
    await file({ path: real("early"), state: "touch" });
    found.push(await readFact(fileText, real("early")));
  });
  expect(found).toEqual([undefined, ""]);
});
