/** What an editor shows to those who write playbooks. */
import { afterAll, describe, expect, it } from "vitest";
import { sourceComments } from "../../src/cli/comments.ts";
import { allModules, allRoles } from "../../src/cli/modules.ts";
import { taskOptionTypes } from "../../src/core/tasks/option-types.ts";
import { type LanguageService, languageService } from "./language-service.ts";

const open: LanguageService[] = [];
afterAll(() => {
  for (const service of open) service.close();
});

async function opened(text: string): Promise<LanguageService> {
  const service = await languageService(text);
  open.push(service);
  return service;
}

const allImports = `import * as modules from "../../src/index.ts";
import * as roles from "../../roles/index.ts";
`;

/** The documentation below the type. */
const documentation = (shown: string) =>
  shown
    .replace(/```[\s\S]*?```/, "")
    .replace(/\s+/g, " ")
    .trim();

interface Call {
  readonly call: string;
  readonly schema: object;
  /** What stands before the object with these properties. */
  readonly first?: string;
}

/** The properties over which an editor does not show, where a call gives them, what they are for and their default. */
async function undocumented(calls: readonly Call[]): Promise<string[]> {
  const lines = calls.flatMap(({ call, schema, first = "" }) =>
    Object.entries(propertiesOf(schema)).map(([name, inner]) => {
      const before = `${call}(${first}{ `;
      const text = `${before}${name}: ${sample(inner)} });`;
      return { what: `${call}: ${name}`, column: before.length, text, needs: defaultOf(inner) };
    }),
  );
  const service = await opened(`${allImports}${lines.map(({ text }) => text).join("\n")}`);
  const shown = await Promise.all(lines.map(({ column }, at) => service.hover(at + 2, column)));
  const isShort = (needs: string, at: number) => {
    const text = documentation(shown[at] ?? "");
    return text === "" || !text.includes(needs);
  };
  return lines.filter(({ needs }, at) => isShort(needs, at)).map(({ what }) => what);
}

function propertiesOf(schema: object): object {
  return "properties" in schema && typeof schema.properties === "object" ? (schema.properties ?? {}) : {};
}

/** How an editor shows a schema's default; nothing where there is none, or it is empty. */
function defaultOf(schema: unknown): string {
  const value = schema instanceof Object && "default" in schema ? schema.default : undefined;
  return value === undefined || typeof value === "object" ? "" : `Default: ${JSON.stringify(value)}.`;
}

/** A value that fits, by which the compiler tells parameters apart that exclude each other. */
function sample(schema: unknown): string {
  if (!(schema instanceof Object)) return "undefined as never";
  if ("anyOf" in schema && Array.isArray(schema.anyOf)) return sample(schema.anyOf[0]);
  if ("const" in schema) return JSON.stringify(schema.const);
  if ("enum" in schema && Array.isArray(schema.enum)) return JSON.stringify(schema.enum[0]);
  if ("type" in schema && schema.type === "integer") return "1";
  if ("type" in schema && schema.type === "boolean") return "true";
  return '"a"';
}

describe("an editor", () => {
  it("shows what each parameter of each module is for", async () => {
    const modules = [...(await allModules()).values()];
    expect(modules.length).toBeGreaterThan(20);
    const calls = modules.map(({ definition, schema }) => ({ call: `modules.${definition.name}`, schema }));
    expect(await undocumented(calls)).toEqual([]);
  }, 60_000);

  it("shows what each variable of each role is for", async () => {
    const roles = [...(await allRoles()).values()];
    const calls = roles.map(({ definition, schema }) => ({ call: `roles.${definition.name}`, schema }));
    expect(await undocumented(calls)).toEqual([]);
  }, 60_000);

  it("shows what each option of a task is for", async () => {
    const first = '{ dest: "/a", content: "" }, ';
    const schema = {
      properties: Object.fromEntries(Object.keys(taskOptionTypes).map((name) => [name, undefined])),
    };
    expect(await undocumented([{ call: "modules.copy", schema, first }])).toEqual([]);
  }, 60_000);

  it("shows what a result holds", async () => {
    const modules = [...(await allModules()).values()];
    const fields = modules.flatMap(({ definition: { name }, file }) =>
      sourceComments(file, name).result.map((field) => ({ what: `${name}: ${field.name}`, ...field })),
    );
    expect(fields.length).toBeGreaterThan(20);
    expect(fields.filter(({ description }) => description === "").map(({ what }) => what)).toEqual([]);
    const read = 'const path = (await modules.copy({ dest: "/a", content: "" })).value.';
    const service = await opened(`${allImports}${read}path;`);
    expect(await service.hover(2, read.length)).toContain("The file's path on the host.");
  }, 60_000);

  it("shows the same for a user's own module, which declares nothing but its parameters", async () => {
    const service = await opened(`import { defineModule, Type } from "../../src/index.ts";
const params = {
  /** The zone, as in /usr/share/zoneinfo. */
  name: Type.String(),
};
const timezone = defineModule({ name: "timezone", summary: "Sets the time zone.", params, async *plan() {} });
timezone({ name: "UTC" });
timezone({ nmae: "UTC" });`);
    expect(documentation(await service.hover(6, 11))).toBe("The zone, as in /usr/share/zoneinfo.");
    expect((await service.mistakes()).map(({ message }) => message)).toEqual([
      "Object literal may only specify known properties, and 'nmae' does not exist in type '{ name: string; }'.",
    ]);
  }, 60_000);
});

describe("the compiler", () => {
  const usual: readonly (readonly [call: string, message: RegExp])[] = [
    [`apt({ nmae: "curl" })`, /'nmae' does not exist in type 'AptParams'/],
    [`apt({ name: "curl", state: "instaled" })`, /not assignable to type .*"latest" \| "present"/],
    [`apt({ name: "curl", updateCache: "yes" })`, /Type 'string' is not assignable to type 'boolean/],
    [`copy({ dest: "/a" })`, /'CopyParams'[\s\S]*'src' is missing[\s\S]*'CopyOfSource'/],
    [
      `copy({ dest: "/a", content: "", mod: "0644" })`,
      /'mod' does not exist in type 'CopyOf\w+'\. Did you mean to write 'mode'/,
    ],
    [`copy({ content: "" })`, /'dest' is missing in type [\s\S]*'CopyParams'|'CopyOfContent'/],
    [`file({ path: "/a", mode: 644 })`, /Type 'number' is not assignable to type 'string/],
    [`service({ state: "started" })`, /Property 'name' is missing in type .*'ServiceParams'/],
    [
      `user({ name: "deploy", groups: ["adm"], shel: "/bin/sh" })`,
      /'shel' does not exist in type 'UserParams'/,
    ],
    [`command({ argv: "uptime" })`, /Type 'string' is not assignable to type 'string\[\]'/],
    [`copy({ dest: "/a", content: "" }, { notfy: [] })`, /'notfy' does not exist in type 'TaskOptions/],
    [`roles.nginx({ domian: "a.example", upstreams: [] })`, /'domian' does not exist in type 'NginxVars'/],
  ];

  it("says each usual mistake in two lines, by the names of the types", async () => {
    const calls = usual.map(([call]) => (call.startsWith("roles.") ? call : `modules.${call}`));
    const service = await opened(`${allImports}${calls.join(";\n")};`);
    const mistakes = await service.mistakes();
    for (const [at, [call, message]] of usual.entries()) {
      const said = mistakes.filter(({ line }) => line === at + 2).map((one) => one.message);
      expect(said, call).toHaveLength(1);
      expect(said[0], call).toMatch(message);
      expect(said[0]?.split("\n").length, said[0]).toBeLessThanOrEqual(2);
    }
  }, 60_000);
});
