/** What `new` writes: the templates of the folder `scaffold`, under a name of the user's own, where it belongs. */
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { messageOf, ShowrunnerError } from "../base/errors.ts";
import { fileProblem } from "../base/file-problem.ts";
import { projectRoot } from "../base/project.ts";
import { writeNewFiles } from "./new-files.ts";

export const kinds = ["module", "fact", "role", "playbook"] as const;
export type Kind = (typeof kinds)[number];

/** A name in the ways in which files, folders and code spell it. */
interface Spelt {
  /** `log-rotation`. */
  readonly kebab: string;
  /** `logRotation`. */
  readonly camel: string;
  /** `LogRotation`. */
  readonly pascal: string;
}

/** Where templates go, and what their imports become: in a user's project, or in Showrunner's own checkout. */
interface Layout {
  /** The path of what stands at this path in the folder `scaffold`, from the project's folder. */
  place(template: string, folder: string): string;
  /** Where a name comes from that is imported from the package. */
  source(specifier: string, name: string): string;
}

/** The package is installed there, and imported by its name. */
const ofProject: Layout = { place: (template) => template, source: (specifier) => specifier };

/** These names of the public API are of facts; modules and facts take all others from the kit. */
const ofFacts = ["fileWritten"];

const ofCheckout: Layout = {
  place(template, folder) {
    const [top = "", ...rest] = template.split("/");
    if (top === "facts") return posix.join("src/facts", ...rest);
    if (top === "modules") return posix.join("src/modules", folder, ...rest);
    if (top === "test") return posix.join("test/law", ...rest);
    return template;
  },
  source(specifier, name) {
    if (specifier === "showrunner/testing") return "src/testing/index.ts";
    return ofFacts.includes(name) ? "src/facts/file-effects.ts" : "src/kit/index.ts";
  },
};

/** The templates of each kind. */
const templates: Readonly<Record<Kind, readonly string[]>> = {
  module: ["facts/sample-name.ts", "modules/sample-name.ts", "test/sample-name.cases.ts"],
  fact: ["facts/sample-name.ts"],
  role: ["roles/sample-name/index.ts", "roles/sample-name/templates/sample-name.conf.ejs"],
  playbook: ["playbooks/sample-name.ts"],
};

/** What a user's project needs once. */
const runner = "test/cases.test.ts";

interface Written {
  /** From the project's folder. */
  readonly files: readonly string[];
  /** What to do next. */
  readonly next: readonly string[];
}

/**
 * Writes what a new module, fact, role or playbook begins with. Nothing that is there is overwritten.
 *
 * @param kind what is to be made
 * @param given its name; of a module in Showrunner's own checkout with its folder: `net/ping`
 * @param root the project's folder
 * @param taken the names that modules and roles have already
 * @returns the files that were written
 * @throws ShowrunnerError `usage` for a name that can't be one, a file that is there, or one that can't be written
 */
export function scaffold(
  kind: Kind,
  given: string,
  root: string,
  taken: ReadonlySet<string> = new Set(),
): Written {
  const isOwn = nameOfPackage(root) === "showrunner";
  const layout = isOwn ? ofCheckout : ofProject;
  const [name = "", folder = ""] = given.split("/").reverse();
  if (kind === "module" && isOwn && folder === "")
    throw new ShowrunnerError("usage", `${given}: the folder of the module is missing`, {
      hint: `name it, one of ${foldersOf(join(root, "src/modules")).join(", ")} or a new one: util/${name}`,
    });
  if (given.includes("/") && !(kind === "module" && isOwn && /^[a-z][a-z0-9-]*\/[^/]+$/.test(given)))
    throw notName(given);
  const spelt = spell(name);
  if (templates[kind].some((template) => hasBeside(readTemplate(template), spelt.camel)))
    throw new ShowrunnerError(
      "usage",
      `a ${kind} can't be called ${spelt.camel}: its code has something of that name`,
      {
        hint: "choose another name, or add a word to it",
      },
    );
  if (taken.has(spelt.camel))
    throw new ShowrunnerError("usage", `there is a ${kind} ${spelt.camel} already`, {
      hint: "choose another name; `npx run doc` lists those that are taken",
    });
  const wanted = templates[kind].map((template) => ({
    template,
    path: named(layout.place(template, folder), spelt),
  }));
  const existing = wanted.find(({ path }) => isThere(join(root, path)));
  if (existing)
    throw new ShowrunnerError("usage", `${existing.path} is there already: nothing was written`, {
      hint: "choose another name, or take the file away",
    });
  const extra = kind === "module" && !isOwn && !isThere(join(root, runner));
  const all = extra ? [...wanted, { template: runner, path: runner }] : wanted;
  const place = (template: string) => named(layout.place(template, folder), spelt);
  writeNewFiles(
    root,
    all.map(({ template, path }) => ({
      path,
      text: relocated(named(readTemplate(template), spelt), template, path, { layout, place }),
    })),
  );
  return { files: all.map(({ path }) => path), next: nextSteps(kind, spelt, isOwn) };
}

/** Whether anything is there, be it a link that leads nowhere: no file could be made under that name. */
function isThere(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function readTemplate(template: string): string {
  return readFileSync(join(packageFolder(), "scaffold", template), "utf8");
}

/** Whether a template that has the new name as a name of code has this one, too. */
function hasBeside(text: string, name: string): boolean {
  const imported = [...text.matchAll(/^import \{([^}]*)\}/gm)].flatMap(
    ([, list = ""]) => list.match(/\w+/g) ?? [],
  );
  const own = [...text.matchAll(/^(?:export )?const (\w+)/gm)].map(([, one = ""]) => one);
  const names = [...imported, ...own];
  return names.includes("sampleName") && names.includes(name);
}

function nextSteps(kind: Kind, { camel, kebab }: Spelt, isOwn: boolean): string[] {
  switch (kind) {
    case "module":
      if (isOwn)
        return [
          "export it from src/modules/index.ts",
          "npx vitest run --project unit test/law     its cases, without a host",
          `npm run law -- ${camel}     the same on throw-away hosts`,
        ];
      return [
        "node --import jiti/register --test test/*.test.ts     its cases, without a host",
        `npx showrunner law ${camel} -i LAB     the same on throw-away hosts: an inventory with \`lab\`, after npx showrunner lab up -i LAB`,
        `npx showrunner doc ${camel}`,
      ];
    case "fact":
      return [`host.fact(${camel}Text, path) in a module's plan, readFact(${camel}Text, path) in a step`];
    case "role":
      return [`npx showrunner doc ${camel}`, `await ${camel}({ text: "hello" }) in a step of a playbook`];
    case "playbook":
      return [`npx showrunner playbook ${kebab} --check`];
  }
}

/** @throws ShowrunnerError `usage` */
function spell(name: string): Spelt {
  if (!/^[a-z][a-z0-9]*([A-Z][a-z0-9]*|-[a-z][a-z0-9]*)*$/.test(name)) throw notName(name);
  const words = name
    .replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    .split("-")
    .filter((word) => word !== "");
  const pascal = words.map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`).join("");
  const camel = `${pascal[0]?.toLowerCase()}${pascal.slice(1)}`;
  if (isReserved(camel))
    throw new ShowrunnerError("usage", `${name} is a word of JavaScript, and can't be a name`, {
      hint: "add a word to it",
    });
  return { kebab: words.join("-"), camel, pascal };
}

function notName(name: string): ShowrunnerError {
  return new ShowrunnerError("usage", `${JSON.stringify(name)} can't be a name`, {
    hint: "a name is of letters and digits and begins with a small letter: logRotation, or log-rotation",
  });
}

/** Whether no variable can be called so. */
function isReserved(name: string): boolean {
  try {
    new Function(`"use strict"; const ${name} = 0;`);
    // a module that exports `then` is taken for a promise where it is imported
    return ["await", "eval", "arguments", "then"].includes(name);
  } catch {
    return true;
  }
}

function named(text: string, { kebab, camel, pascal }: Spelt): string {
  return text
    .replaceAll("sample-name", kebab)
    .replaceAll("sampleName", camel)
    .replaceAll("SampleName", pascal);
}

interface Places {
  readonly layout: Layout;
  place(template: string): string;
}

/** The same text with imports that are right where it goes. */
function relocated(text: string, template: string, path: string, { layout, place }: Places): string {
  if (layout === ofProject || !/^(facts|modules|test)\//.test(template)) return text;
  const from = (target: string) => {
    const way = relative(dirname(path), target);
    return way.startsWith(".") ? way : `./${way}`;
  };
  return text.replaceAll(/import \{([^}]*)\} from "([^"]+)";/g, (whole, list: string, specifier: string) => {
    if (specifier.startsWith(".")) {
      const target = posix.join(posix.dirname(template), specifier);
      return whole.replace(specifier, from(place(target)));
    }
    if (!specifier.startsWith("showrunner")) return whole;
    const names = list
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
    const sources = [...new Set(names.map((name) => layout.source(specifier, name)))];
    return sources
      .map((source) => {
        const some = names.filter((name) => layout.source(specifier, name) === source);
        return `import { ${some.join(", ")} } from "${from(source)}";`;
      })
      .join("\n");
  });
}

function nameOfPackage(root: string): string | undefined {
  const file = join(root, "package.json");
  if (!existsSync(file)) return undefined;
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, "utf8"));
    const isNamed = typeof manifest === "object" && manifest !== null && "name" in manifest;
    return isNamed && typeof manifest.name === "string" ? manifest.name : undefined;
  } catch (error) {
    const why = error instanceof SyntaxError ? messageOf(error) : fileProblem(error);
    throw new ShowrunnerError("usage", `the project's package.json can't be read: ${why}`, { cause: error });
  }
}

/** Where this package lies: the templates are files of it. */
function packageFolder(): string {
  return projectRoot(import.meta.dirname);
}

function foldersOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}
