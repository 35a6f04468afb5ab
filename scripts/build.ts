/**
 * Builds dist: the compiled sources, the roles with their templates and files, and, in a checkout, the links that
 * make `npx run` ours.
 *
 * The new dist is made beside the old one and then takes its place, so that a command that is running meanwhile
 * never meets half of it.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "./build/bundle.ts";
import { writeValidators } from "./build/validators.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const main = join("src", "cli", "main.cjs");

await build();
linkBins();

async function build(): Promise<void> {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(tsc)) {
    // `npm ci --omit=dev` on a checkout that was built before
    if (existsSync(join(dist, main))) return;
    throw new Error("the compiler is not installed: run `npm ci` without --omit=dev");
  }
  const fresh = join(root, "node_modules", `.build-${process.pid}`);
  const old = `${fresh}.old`;
  try {
    const compiler = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", fresh], {
      cwd: root,
      stdio: "inherit",
    });
    // A type error fails the build, but what it made can still be run while the rest is being fixed.
    if (compiler.status !== 0) process.exitCode = compiler.status ?? 1;
    await bundle(root, fresh);
    writeValidators(fresh);
    copyRoleFiles(join(root, "roles"), join(fresh, "roles"));
    chmodSync(join(fresh, main), 0o755);
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(fresh, dist);
  } finally {
    for (const leftover of [fresh, old]) rmSync(leftover, { recursive: true, force: true });
  }
}

/** A role's templates and files lie beside its definition, in the package as in the sources. */
function copyRoleFiles(from: string, to: string): void {
  for (const role of readdirSync(from, { withFileTypes: true })) {
    if (!role.isDirectory()) continue;
    for (const folder of ["templates", "files"]) {
      const source = join(from, role.name, folder);
      if (existsSync(source)) cpSync(source, join(to, role.name, folder), { recursive: true });
    }
  }
}

/**
 * npm links no package's own commands, and `run` on the registry is somebody else's package. The commands stand under
 * publishConfig, from where packing takes them: where package.json itself names a bin, `npx` installs the checkout
 * into a cache of its own before it runs it, which takes seconds and can fail.
 */
function linkBins(): void {
  const { publishConfig }: { publishConfig: { bin: Record<string, string> } } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  );
  const bin = join(root, "node_modules", ".bin");
  mkdirSync(bin, { recursive: true });
  for (const [name, file] of Object.entries(publishConfig.bin)) {
    const link = join(bin, name);
    const target = relative(bin, join(root, file));
    if (isLinkTo(link, target)) continue;
    rmSync(link, { force: true });
    symlinkSync(target, link);
  }
}

function isLinkTo(link: string, target: string): boolean {
  return (
    lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(link) === target
  );
}
