/**
 * Puts the sources and the libraries that they use into few files: what a run reads is read in a moment, and what it
 * does not use is not read. CommonJS, since that can be loaded at once when a name is first used, on every Node.js;
 * `dist/src/*.js` give programs the same as ECMAScript modules.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { OutputChunk, Plugin } from "rolldown";
import { lazyNamesText, optionalFiles } from "./lazy-names.ts";
import { publicNames } from "./public-names.ts";

/** What programs import, by the paths that package.json names. */
const entrances = {
  "src/index": "src/index.ts",
  "src/modules/index": "src/modules/index.ts",
  "src/testing/index": "src/testing/index.ts",
  "roles/index": "roles/index.ts",
};

/** What Node.js is started with. */
const programmes = { "src/cli/main": "src/cli/main.ts", "src/lab/package-proxy": "src/lab/package-proxy.ts" };

/**
 * What is in one file, with all that it imports and that is in no file before: what comes before Node.js is told to keep
 * what it compiles (in the programme's own file it would be run by whoever needs it, too), what every command needs, and
 * what every run of a playbook needs.
 */
const together = {
  first: Object.values(programmes),
  program: ["src/cli/program.ts"],
  common: ["src/cli/commands/playbook.ts", "src/cli/sdk.ts"],
};

/** Not in the bundle: jiti has files of its own beside it, the other is compiled where it is installed. */
const external = ["jiti", "cpu-features"];

/**
 * @param root the checkout
 * @param folder where the files go
 */
export async function bundle(root: string, folder: string): Promise<void> {
  const { rolldown } = await import("rolldown"); // like the compiler, not there with --omit=dev
  const libraries = librariesOf(root);
  const input = {
    ...programmes,
    ...entrances,
    ...optionalFiles(root),
  };
  const built = await rolldown({
    input,
    cwd: root,
    platform: "node",
    external,
    resolve: { alias: { showrunner: join(root, "src/index.ts") } },
    transform: { target: "node20" },
    // no file of ours is imported for what it does, only for what it gives
    treeshake: {
      moduleSideEffects: [
        { test: /\/node_modules\//, sideEffects: true },
        { test: /\/(src|roles)\/(?!cli\/main|lab\/package-proxy)/, sideEffects: false },
      ],
    },
    preserveEntrySignatures: "allow-extension",
    checks: { ineffectiveDynamicImport: false },
    plugins: [lazily(root, libraries), ssh2()],
  });
  const { output } = await built.write({
    dir: folder,
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "src/chunks/[name].cjs",
    sourcemap: true,
    strict: true,
    comments: false,
    codeSplitting: {
      groups: [{ name: chunkOf(root), debugName: "common", includeDependenciesRecursively: false }],
    },
  });
  await built.close();
  const vendor = await bundleLibraries(root, join(folder, "vendor"), libraries);
  for (const [name, list] of Object.entries(entrances))
    writeEntrance(join(folder, `${name}.js`), join(root, list));
  writeFileSync(
    join(folder, "vendor", "licences.txt"),
    licences([...output, ...vendor].filter((one) => one.type === "chunk")),
  );
}

/** Each for itself, as `require` knows it. */
async function bundleLibraries(root: string, folder: string, names: readonly string[]) {
  const { rolldown } = await import("rolldown");
  const built = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, name])),
    cwd: root,
    platform: "node",
  });
  const { output } = await built.write({
    dir: folder,
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name].cjs",
    comments: false,
  });
  await built.close();
  return output;
}

/** The names in `src/base/library.ts`. */
function librariesOf(root: string): string[] {
  const text = readFileSync(join(root, "src/base/library.ts"), "utf8");
  return [...text.matchAll(/require\("([^"]+)"\)/g)].flatMap(([, name = ""]) =>
    external.includes(name) ? [] : [name],
  );
}

/** Gives the two files that load others by name their texts for the bundle. */
function lazily(root: string, libraries: readonly string[]): Plugin {
  return {
    name: "lazily",
    load(id) {
      return id === join(root, "src/cli/sdk.ts")
        ? { code: lazyNamesText(root), moduleType: "ts" }
        : undefined;
    },
    transform(code, id) {
      if (id !== join(root, "src/base/library.ts")) return undefined;
      const text = code.replace(/require\("([^"]+)"\)/g, (whole, name: string) =>
        libraries.includes(name) ? `require("../../vendor/${name}.cjs")` : whole,
      );
      return { code: text, map: null };
    },
  };
}

/** What ssh2 was compiled to where it is installed is used from there; what only servers and proxies need is left out. */
function ssh2(): Plugin {
  return {
    name: "ssh2",
    resolveId(source) {
      return source.endsWith("/sshcrypto.node")
        ? { id: `ssh2/lib/protocol/${source.replace("./", "")}`, external: true }
        : undefined;
    },
    load(id) {
      return /\/ssh2\/lib\/(http-agents|server)\.js$/.test(id) ? "module.exports = {};" : undefined;
    },
  };
}

/** Which file a source goes into, where that is not left to rolldown. */
function chunkOf(root: string): (id: string, graph: Graph) => string | null {
  const own = Object.values(programmes).map((file) => join(root, file));
  let sets: (readonly [name: string, ids: Set<string>])[] | undefined;
  return (id, graph) => {
    sets ??= Object.entries(together).map(([name, files]) => [
      name,
      closure(
        files.map((file) => join(root, file)),
        graph,
      ),
    ]);
    if (own.includes(id)) return null;
    return sets.find(([, ids]) => ids.has(id))?.[0] ?? null;
  };
}

interface Graph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/** The files, and what they import. */
function closure(files: readonly string[], graph: Graph): Set<string> {
  const found = new Set<string>();
  const visit = (id: string) => {
    if (found.has(id)) return;
    found.add(id);
    graph.getModuleInfo(id)?.importedIds.forEach(visit);
  };
  files.forEach(visit);
  return found;
}

/** An ECMAScript module of the same exports, for `import`. */
function writeEntrance(file: string, list: string): void {
  const names = [...publicNames(list).keys()].sort();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `import all from "./index.cjs";\nexport const { ${names.join(", ")} } = all;\n`);
}

/** What the licences of the libraries in the bundle say: each wants to go with every copy. */
function licences(chunks: readonly OutputChunk[]): string {
  const packages = chunks
    .flatMap(({ moduleIds }) => moduleIds)
    .flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []);
  return [...new Set(packages)].sort().map(licenceOf).join("\n");
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  /** As packages wrote it once. */
  readonly licenses?: readonly { readonly type: string }[];
}

function licenceOf(folder: string): string {
  const {
    name,
    version,
    license,
    licenses = [],
  }: Manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const kind = license ?? licenses.map(({ type }) => type).join(" or ");
  if (kind === "") throw new Error(`${name} ${version} is in the bundle and names no licence`);
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  const text = file === undefined ? "(it comes without a text)\n" : readFileSync(join(folder, file), "utf8");
  return `==== ${name} ${version}: ${kind}\n${text}`;
}
