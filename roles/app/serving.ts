/** Releases of an application: written, put into service, started, and put back where they do not serve. */
import { basename } from "node:path";
import {
  command,
  copy,
  file,
  fileState,
  fileText,
  flushHandlers,
  http,
  messageOf,
  readFact,
  release,
  rollback,
  ShowrunnerError,
  service,
} from "showrunner";
import { appPaths } from "./paths.ts";
import { type Prepared, prepareRelease, releaseName } from "./preparing.ts";
import { restartOf } from "./unit.ts";

/** An application that the role has installed, as far as its releases go. */
export interface Served extends Prepared {
  readonly listen?: string;
  readonly health?: string;
  readonly keep: number;
}

type Started = Pick<Served, "name" | "listen" | "health">;

/**
 * Brings out a new release, and nothing else: user, environment and units stay as the role has made them. Where the release
 * does not serve, the one that did is put back, and the host fails.
 */
export async function bringOut(served: Served): Promise<void> {
  const version = await releaseName(served);
  await prepareRelease(served, version);
  await putIntoService(served, version);
  await start(served);
}

/** The release serves from the next restart on. */
export async function putIntoService({ name, keep }: Pick<Served, "name" | "keep">, version: string) {
  await release({ path: appPaths(name).root, name: version, keep }, { notify: restartOf(name) });
}

/**
 * Goes on once the application runs and its health check answers, and notes that its release has served. Where a release
 * does not serve, the one that did is put back, and the host fails.
 */
export async function start(vars: Started): Promise<void> {
  const { name } = vars;
  const { root, current, served } = appPaths(name);
  const release = await releaseAt(current);
  let other: Failure | undefined;
  try {
    other = await serve(vars);
  } catch (error) {
    const before = (await readFact(fileText, served))?.trim() ?? "";
    if (before === "" || before === release) throw error;
    throw await putBack(vars, root, before, error);
  }
  await copy({ dest: served, content: `${release}\n`, mode: "0644" });
  if (other) throw other.error;
}

async function releaseAt(current: string): Promise<string> {
  const link = await readFact(fileState, current);
  return link.type === "link" ? basename(link.target) : "";
}

/** @returns the error that the host fails with */
async function putBack(
  vars: Started,
  root: string,
  before: string,
  cause: unknown,
): Promise<ShowrunnerError> {
  const { name } = vars;
  const details = cause instanceof ShowrunnerError ? cause.details : [];
  const hint = `see: journalctl -u ${name}`;
  try {
    await rollback({ path: root, name: before, discard: true }, { notify: restartOf(name) });
    await serve(vars);
  } catch (error) {
    const also = `${before}, which served before, does not serve either: ${messageOf(error)}`;
    const message = `the new release of ${name} does not serve: ${messageOf(cause)}`;
    return new ShowrunnerError("task.failed", message, { details: [...details, also], hint });
  }
  const message = `the new release of ${name} does not serve, and ${before} serves again: ${messageOf(cause)}`;
  return new ShowrunnerError("task.failed", message, { details, hint });
}

interface Failure {
  readonly error: unknown;
}

/** @returns the failure of a handler, where the application serves all the same: then it was another's */
async function serve({ name, listen, health }: Started): Promise<Failure | undefined> {
  // who brings out a release wants it to serve
  await file({ path: appPaths(name).outOfService, state: "absent" });
  if (listen !== undefined) await service({ name: `${name}.socket`, enabled: true });
  await service({ name, enabled: true });
  // a restart also starts it for the first time
  const failure = await failureOf(flushHandlers());
  if (failure && health === undefined) throw failure.error;
  await service({ name, state: "started" });
  if (health !== undefined) await answers(name, health);
  return failure;
}

/** Waits for the health check. Where it does not answer, the failure has what the application said last. */
async function answers(name: string, health: string): Promise<void> {
  try {
    // where no worker could start (the database was away), gunicorn waits 30 s before it ends and is restarted
    await http({ url: health, status: 200, timeout: "2s" }, { name: "health", retries: 60, delay: "1s" });
  } catch (error) {
    if (!(error instanceof ShowrunnerError) || error.code !== "task.failed") throw error;
    const { code, message, location, hint, details } = error;
    throw new ShowrunnerError(code, message, {
      location,
      hint: hint ?? `see: journalctl -u ${name}`,
      details: [...details, ...(await lastWords(name))],
      cause: error,
    });
  }
}

/** The end of the unit's journal; nothing where it can't be read: that is not why the host fails. */
async function lastWords(name: string): Promise<string[]> {
  const read = 'journalctl -u "$1" -n 30 -o cat -q --no-pager | tail -c 4096';
  try {
    const argv = ["sh", "-c", read, "sh", `${name}.service`];
    const { value } = await command({ argv, readOnly: true }, { name: "journal", timeout: "10s" });
    const lines = value.stdout.trim().split("\n").filter(Boolean);
    return lines.length === 0 ? [] : [`the last lines of ${name}'s journal:`, ...lines];
  } catch (error) {
    if (error instanceof ShowrunnerError && error.code.startsWith("task.")) return [];
    throw error;
  }
}

async function failureOf(work: PromiseLike<unknown>): Promise<Failure | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return { error };
  }
}
