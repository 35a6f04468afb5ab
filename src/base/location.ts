/** Finds the line of the user's file that called into the SDK. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Location } from "./errors.ts";

/** The SDK's own folder (`src` in a checkout, `dist/src` when built): frames below it are not the user's. */
const sdk = `${dirname(dirname(fileURLToPath(import.meta.url)))}/`;

/**
 * The nearest caller outside the SDK.
 *
 * @returns its file (absolute path) and line, or undefined where there is no user frame
 */
export function callerLocation(): Location | undefined {
  return nearest(isUserFile);
}

/**
 * The nearest file outside the SDK that calls into it, a library's too: roles may come with a package.
 *
 * @returns its absolute path
 */
export function callerFile(): string | undefined {
  return nearest((file) => !file.startsWith(sdk))?.file;
}

/**
 * The file that calls into this one, ours too: where something is defined, its comments stand.
 *
 * @param file the `import.meta.url` of the file that asks
 * @returns the caller's absolute path
 */
export function callerOf(file: string): string | undefined {
  const asking = [fileURLToPath(file), fileURLToPath(import.meta.url)];
  return nearest((one) => !asking.includes(one))?.file;
}

function nearest(wanted: (file: string) => boolean): Location | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 30;
    Error.prepareStackTrace = (_, frames) => frames;
    const frames = new Error().stack as unknown;
    return Array.isArray(frames) ? firstFrame(frames, wanted) : undefined;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function firstFrame(frames: NodeJS.CallSite[], wanted: (file: string) => boolean): Location | undefined {
  for (const frame of frames) {
    const name = frame.getFileName();
    if (!name || name.startsWith("node:")) continue;
    const file = name.startsWith("file://") ? fileURLToPath(name) : name;
    if (!wanted(file)) continue;
    return { file, line: frame.getLineNumber() ?? 1 };
  }
  return undefined;
}

/** Whether a file is the user's: neither the SDK's nor a library's. */
export function isUserFile(file: string): boolean {
  return !file.startsWith(sdk) && !file.includes("/node_modules/");
}
