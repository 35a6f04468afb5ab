/**
 * Gives package.json its commands while it is packed, and takes them out again; scripts/build.ts says why they do not
 * stand there in a checkout.
 */
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package.json", import.meta.url);
const manifest: { bin?: unknown; publishConfig: { bin: unknown } } = JSON.parse(readFileSync(file, "utf8"));

if (process.argv[2] === "add") manifest.bin = manifest.publishConfig.bin;
else delete manifest.bin;
writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
