/** Which Showrunner this is. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** The version in the package's own manifest: `1.4.2`. */
export function dpkgVersion(): string {
  const { resolve } = createRequire(import.meta.url);
  const { version }: { version: string } = JSON.parse(
    readFileSync(resolve("showrunner/package.json"), "utf8"),
  );
  return version;
}
