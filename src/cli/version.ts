/** Which Showrunner this is. */
import { readFileSync } from "node:fs";

/** The version in the package's own manifest: `1.4.2`. */
export function packageVersion(): string {
  const manifest = readFileSync(new URL(import.meta.resolve("showrunner/package.json")), "utf8");
  const { version }: { version: string } = JSON.parse(manifest);
  return version;
}
