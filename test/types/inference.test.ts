/** What users write is inferred, and misuse does not compile: `tsc` holds every `@ts-expect-error` of this file. */

import {
  background,
  batch,
  change,
  command,
  copy,
  defineFact,
  defineModule,
  defineRole,
  http,
  lineinfile,
  nothingElse,
  on,
  once,
  play,
  type Secret,
  SecretString,
  secret,
  sh,
  step,
  type Task,
  Type,
  waitFor,
  withDefault,
} from "showrunner";
import { describe, expectTypeOf, it } from "vitest";

const greeting = defineRole({
  name: "greeting",
  vars: {
    text: Type.String(),
    times: withDefault(Type.Integer(), 1),
    mood: Type.Optional(Type.Union([Type.Literal("calm"), Type.Literal("loud")])),
    password: SecretString(),
  },
  async run({ vars }) {
    expectTypeOf(vars.text).toEqualTypeOf<string>();
    expectTypeOf(vars.mood).toEqualTypeOf<"calm" | "loud" | undefined>();
    expectTypeOf(vars.password).toEqualTypeOf<string | Secret>();
    return vars.times;
  },
});

const level = defineFact<string, number>({
  name: "types.level",
  restsOn: (name) => [`/etc/levels/${name}`],
  script: (names) => sh`level ${names}`,
  parse: (_, names) => new Map(names.map((name) => [name, 1])),
});

const raise = defineModule({
  name: "raise",
  summary: "Raises a level.",
  params: { name: Type.String(), to: Type.Integer() },
  async *plan(host, p) {
    expectTypeOf(p).toEqualTypeOf<{ name: string; to: number }>();
    const now = await host.fact(level, p.name);
    expectTypeOf(now).toEqualTypeOf<number>();
    if (now !== p.to)
      yield change({ what: "level", script: sh`raise ${p.name} ${p.to}`, sets: [level.is(p.name, p.to)] });
    // @ts-expect-error a fact is asked with its own kind of key
    await host.fact(level, 7);
    // @ts-expect-error a fact's value has the fact's type
    level.is(p.name, "high");
    return { was: now };
  },
});

defineFact<string, number>({ ...level.source, name: "types.same", restsOn: nothingElse });
// @ts-expect-error files are named by a function of the key
defineFact<string, number>({ ...level.source, name: "types.wrong", restsOn: ["/etc/levels"] });

/** Never run: only compiled. */
function compiledOnly(): void {
  // @ts-expect-error a misspelt parameter
  raise({ nam: "a", to: 1 });
  // @ts-expect-error a parameter of the wrong type
  raise({ name: "a", to: "1" });
  // @ts-expect-error a missing parameter
  raise({ name: "a" });
  copy({ dest: "/a", content: "x" });
  copy({ dest: "/a", src: "x" });
  // @ts-expect-error of what exactly one is needed, none is given
  copy({ dest: "/a" });
  // @ts-expect-error of what exactly one is needed, two are given
  copy({ dest: "/a", content: "x", src: "x" });
  // @ts-expect-error a port and a path are two things to wait for
  waitFor({ port: 80, path: "/a" });
  http({ url: "http://a/" });
  // @ts-expect-error a request has one body
  http({ url: "http://a/", method: "POST", body: "x", json: {} });
  const pick = defineModule({
    name: "pick",
    summary: "Has both.",
    params: {
      one: Type.Optional(Type.String()),
      other: Type.Optional(Type.String()),
      most: Type.Optional(Type.String()),
      rest: Type.Optional(Type.String()),
    },
    oneOf: ["one", "other"],
    atMostOneOf: ["most", "rest"],
    async *plan() {},
  });
  pick({ one: "a", rest: "b" });
  // @ts-expect-error neither of two, of which one is needed
  pick({ rest: "b" });
  // @ts-expect-error both of two, of which one may be there
  pick({ one: "a", rest: "b", most: "c" });
  const wrapped = (p: Parameters<typeof copy>[0]) => copy({ ...p, owner: "root" });
  wrapped({ dest: "/a", content: "x" });
  // @ts-expect-error a line has one place
  lineinfile({ path: "/a", line: "x", insertafter: "BOF", insertbefore: "BOF" });
  // @ts-expect-error a misspelt option
  raise({ name: "a", to: 1 }, { notfy: raise({ name: "b", to: 1 }) });
  // @ts-expect-error a handler is a task, not a name
  raise({ name: "a", to: 1 }, { notify: "restart nginx" });
  raise(
    { name: "a", to: 1 },
    { environment: { PATH: "/opt/bin", TOKEN: secret("x") }, cwd: "/srv", umask: "027" },
  );
  // @ts-expect-error a variable is text or a secret
  raise({ name: "a", to: 1 }, { environment: { PORT: 80 } });
  // @ts-expect-error a umask is text: as a number it would not say in which base
  raise({ name: "a", to: 1 }, { umask: 27 });
  raise(
    { name: "a", to: 1 },
    { changedWhen: false, failedWhen: ({ value, failed }) => failed || value.was > 7 },
  );
  const touches = ["/etc/app", { unit: "app" }, { package: "curl" }] as const;
  raise({ name: "a", to: 1 }, { touches });
  raise({ name: "a", to: 1 }, { touches: [] });
  // @ts-expect-error what is touched is a list
  raise({ name: "a", to: 1 }, { touches: "/etc/app" });
  // @ts-expect-error a kind that there is not
  raise({ name: "a", to: 1 }, { touches: [{ file: "/etc/app" }] });
  // @ts-expect-error each stands by itself
  raise({ name: "a", to: 1 }, { touches: [{ unit: "app", package: "app" }] });
  // @ts-expect-error a result's value has the module's type
  raise({ name: "a", to: 1 }, { changedWhen: ({ value }) => value.is > 1 });
  // @ts-expect-error a condition is true or false, at once
  raise({ name: "a", to: 1 }, { failedWhen: async () => true });
  // @ts-expect-error a condition is no text
  raise({ name: "a", to: 1 }, { changedWhen: "value.was == 1" });
  // @ts-expect-error a variable's type is made by Type
  play("p", { hosts: "all", vars: { port: String } }, { one: async () => undefined });
  // @ts-expect-error a misspelt role variable
  greeting({ txt: "hi", password: "x" });
  // @ts-expect-error a value that is none of the choices
  greeting({ text: "hi", mood: "merry", password: "x" });
  // @ts-expect-error a command's words are a list
  command({ argv: "uptime" });
  // @ts-expect-error an undefined value can't be quoted into a script
  sh`echo ${undefined}`;
  const hidden: Secret | undefined = undefined;
  // @ts-expect-error a secret has no place on a command line
  sh`login ${hidden}`;

  play(
    "p",
    { hosts: "all", vars: { port: Type.Integer() } },
    {
      one: async ({ vars }) => {
        expectTypeOf(vars).toEqualTypeOf<{ port: number }>();
        // @ts-expect-error a variable that the play does not declare
        vars.prot;
      },
      two: async () => {
        const result = await raise({ name: "a", to: 1 });
        expectTypeOf(result.value).toEqualTypeOf<{ was: number }>();
        // @ts-expect-error a result has no such field
        result.value.is;
        const [first, second] = await batch([raise({ name: "a", to: 1 }), command({ argv: ["true"] })]);
        expectTypeOf(first.value.was).toEqualTypeOf<number>();
        expectTypeOf(second.value.stdout).toEqualTypeOf<string>();
        const job = await background(raise({ name: "a", to: 1 }), { poll: "1s" });
        expectTypeOf((await job.wait()).value).toEqualTypeOf<{ was: number }>();
        // @ts-expect-error a task's time limit is an option of the task
        await background(raise({ name: "a", to: 1 }), { timeout: "1h" });
        // @ts-expect-error what is awaited has run already
        await background(await raise({ name: "a", to: 1 }));
        expectTypeOf(await once(async () => 7)).toEqualTypeOf<number>();
        expectTypeOf(await on("a", async () => "x")).toEqualTypeOf<string>();
        expectTypeOf(await greeting({ text: "hi", password: "x" })).toEqualTypeOf<number>();
      },
    },
  );
  play(
    "p",
    { hosts: "all", tags: ["web"], vars: { port: Type.Integer() } },
    {
      one: step({ tags: ["config"] }, async ({ vars }) => {
        expectTypeOf(vars).toEqualTypeOf<{ port: number }>();
        // @ts-expect-error a variable that the play does not declare
        vars.prot;
      }),
    },
  );
  // @ts-expect-error tags are a list
  step({ tags: "config" }, async () => undefined);
  // @ts-expect-error a misspelt step option
  step({ tag: ["config"] }, async () => undefined);
  // @ts-expect-error a step's body is asynchronous: it must return what it awaits
  play("p", { hosts: "all" }, { one: () => 7 });
  play("p", { hosts: "all", serial: [1, "25%"], strategy: "free" }, { one: async () => undefined });
  // @ts-expect-error a share is a number with a percent sign
  play("p", { hosts: "all", serial: "half" }, { one: async () => undefined });
  // @ts-expect-error an order that there is not
  play("p", { hosts: "all", order: "random" }, { one: async () => undefined });
  // @ts-expect-error a misspelt play option
  play("p", { host: "all" }, { one: async () => undefined });
}

describe("types", () => {
  it("refuse what is misspelt, missing or of the wrong kind", () => {
    expectTypeOf(compiledOnly).toBeFunction();
  });

  it("say what a task gives", () => {
    expectTypeOf<Task<{ was: number }>>(raise({ name: "a", to: 1 }));
  });
});
