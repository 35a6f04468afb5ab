/** Finds the line of the user's file that called into the SDK. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Location } from "./errors.ts";

const here = fileURLToPath(import.meta.url);

/**
 * The SDK's own folder, with a slash at its end: `src` in a checkout, `dist/src` when built, wherever in it the bundle
 * has this code. Frames below it are not the user's.
 */
export const sdkFolder: string = here.slice(0, here.lastIndexOf("/src/") + "/src/".length);

/**
 * The nearest caller outside the SDK.
 *
 * @returns its file (absolute path) and line, or undefined where there is no user frame
 */
export function callerLocation(): Location | undefined {
  return nearest(isUserFile);
}

/**
 * The same, where a function of the SDK is mostly called by the user's own code: then one frame is looked at.
 *
 * @param called that function
 */
export function locationOfCall(called: (...given: never[]) => unknown): Location | undefined {
  return firstFrame(framesOf(traced(1, called)), isUserFile) ?? callerLocation();
}

/**
 * The nearest file outside the SDK that calls into it, a library's too: roles may come with a package.
 *
 * @returns its absolute path
 */
export function callerFile(): string | undefined {
  return nearest((file) => !file.startsWith(sdkFolder))?.file;
}

/**
 * The file that calls into this one, ours too: where something is defined, its comments stand.
 *
 * @param file the `import.meta.url` of the file that asks
 * @returns the caller's absolute path
 */
export function callerOf(file: string): string | undefined {
  const asking = [fileURLToPath(file), here];
  return nearest((one) => !asking.includes(one))?.file;
}

/**
 * Where something is being defined: the place is looked up only if somebody asks, since that takes a while.
 *
 * @param file the `import.meta.url` of the file that asks
 * @returns gives the file that calls into that one, ours too
 */
export function definitionPlace(file: string): () => Location | undefined {
  const asking = [fileURLToPath(file), fileURLToPath(import.meta.url)];
  const trace = traced(10);
  return () => firstFrame(framesOf(trace), (one) => !asking.includes(one));
}

/** How many callers are looked at: mostly the first few will do, and each costs time in every task. */
const depths = [6, 50];

function nearest(wanted: (file: string) => boolean): Location | undefined {
  for (const depth of depths) {
    const frames = framesOf(traced(depth));
    const found = firstFrame(frames, wanted);
    if (found || frames.length < depth) return found;
  }
  return undefined;
}

/**
 * Holds the frames of its callers, which are made out only when `framesOf` asks.
 *
 * @param below only those that have called this function
 */
function traced(depth: number, below?: (...given: never[]) => unknown): { readonly stack?: string } {
  const { stackTraceLimit } = Error;
  const trace: { stack?: string } = {};
  try {
    Error.stackTraceLimit = depth;
    Error.captureStackTrace(trace, below);
    return trace;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function framesOf(trace: { readonly stack?: string }): readonly NodeJS.CallSite[] {
  const { prepareStackTrace } = Error;
  try {
    Error.prepareStackTrace = (_, frames) => frames;
    const frames = trace.stack as unknown;
    return Array.isArray(frames) ? frames : [];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}

function firstFrame(
  frames: readonly NodeJS.CallSite[],
  wanted: (file: string) => boolean,
): Location | undefined {
  for (const frame of frames) {
    const file = fileOf(frame.getFileName());
    if (file === undefined || !wanted(file)) continue;
    return { file, line: frame.getLineNumber() ?? 1 };
  }
  return undefined;
}

/** The paths of all files that were met: they are few, and every task meets the same ones. */
const files = new Map<string, string | undefined>();

/** The absolute path of a frame's file; undefined for what is no file. */
function fileOf(name: string | null | undefined): string | undefined {
  if (!name) return undefined;
  if (files.has(name)) return files.get(name);
  const file = name.startsWith("node:") ? undefined : name.startsWith("file://") ? fileURLToPath(name) : name;
  files.set(name, file);
  return file;
}

/** Whether a file is of the build that runs, its roles included. */
export function isBundled(file: string): boolean {
  return sdkFolder.endsWith("/dist/src/") && file.startsWith(`${dirname(sdkFolder)}/`);
}

/** Whether a file is the user's: neither the SDK's nor a library's. */
export function isUserFile(file: string): boolean {
  return !file.startsWith(sdkFolder) && !file.includes("/node_modules/");
}
