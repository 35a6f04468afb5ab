/** A plan's file: how it is made, written and read. Its schema is in plan-schema.ts. */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { messageOf, ShowrunnerError } from "../../base/errors.ts";
import { readUserFileNow } from "../../base/user-file.ts";
import { requireValue } from "../../base/validate-value.ts";
import { alteredParts, planDigests } from "./plan-digest.ts";
import { type PlanFile, PlanSchema, planFormat, type RecordedPlan } from "./plan-schema.ts";

/**
 * A plan, ready to be signed and written.
 *
 * @param asked what was asked for, and the code that it was planned from
 * @param version the version of this program
 */
export function planFile(
  recorded: RecordedPlan,
  { request, code }: Pick<PlanFile, "request" | "code">,
  version: string,
  made = new Date(),
): PlanFile {
  const { salt, hosts, tasks, unforeseen } = recorded;
  const parts = {
    ...planFormat,
    showrunner: version,
    made: made.toISOString(),
    salt,
    request,
    code,
    hosts,
    tasks,
    unforeseen,
  };
  // as it will be read: JSON has no undefined
  return { ...parts, digests: planDigests(JSON.parse(JSON.stringify(parts))) };
}

/** A plan's salt. */
export function newSalt(): string {
  return randomBytes(32).toString("hex");
}

/**
 * Writes a plan: whole or not at all, for its owner's eyes only.
 *
 * @throws ShowrunnerError `usage` where the file can't be written
 */
export function writePlan(file: string, plan: PlanFile): void {
  const beside = join(dirname(file), `.${basename(file)}.${randomBytes(4).toString("hex")}`);
  try {
    const descriptor = openSync(beside, "wx", 0o600);
    try {
      writeSync(descriptor, `${JSON.stringify(plan, undefined, 2)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new ShowrunnerError("usage", `the plan can't be written: ${messageOf(error)}`);
  }
}

/**
 * Reads a plan.
 *
 * @param version this program's own
 * @throws ShowrunnerError `file.missing`; `plan.invalid` for what is no plan, one of another version, or one that was altered
 */
export function readPlan(file: string, version: string): PlanFile {
  const plan = parsed(file);
  const again = "make a new one: `npx run plan PLAYBOOK -o FILE`";
  if (!hasFormat(plan)) throw new ShowrunnerError("plan.invalid", `${file} is no plan`, { hint: again });
  const made = "showrunner" in plan ? String(plan.showrunner) : "an unknown version";
  const isOurs = "formatVersion" in plan && plan.formatVersion === planFormat.formatVersion;
  if (!isOurs && made === version)
    throw new ShowrunnerError("plan.invalid", `${file} has another format than this program reads`, {
      hint: again,
    });
  if (made !== version)
    throw new ShowrunnerError(
      "plan.invalid",
      `${file} was made by Showrunner ${made}, and this is ${version}, which might make the same changes in another way`,
      { hint: again },
    );
  const checked = requireValue(PlanSchema, plan, { code: "plan.invalid", what: `${file} is damaged` });
  requireUnaltered(checked, file, again);
  return checked;
}

function requireUnaltered({ digests, signature: _, ...parts }: PlanFile, file: string, hint: string): void {
  const altered = alteredParts(parts, digests);
  if (altered.length === 0) return;
  throw new ShowrunnerError("plan.invalid", `${file} was altered after it was made`, {
    details: [`not as it was written: ${altered.join(", ")}`],
    hint: `a plan is not edited; ${hint}`,
  });
}

/**
 * Removes an earlier plan, so that nobody applies it in place of the new one. A file that is no plan stays.
 *
 * @throws ShowrunnerError `usage` where it can't be removed
 */
export function removePlan(file: string): void {
  if (!isPlan(file)) return;
  try {
    rmSync(file);
  } catch (error) {
    throw new ShowrunnerError("usage", `the earlier plan ${file} can't be removed: ${messageOf(error)}`);
  }
}

function isPlan(file: string): boolean {
  try {
    return hasFormat(parsed(file));
  } catch {
    return false;
  }
}

/** Whether a value is a plan, of whatever version. */
function hasFormat(plan: unknown): plan is { readonly format: string } {
  return plan !== null && typeof plan === "object" && "format" in plan && plan.format === planFormat.format;
}

function parsed(file: string): unknown {
  const bytes = readUserFileNow(
    file,
    (why) =>
      new ShowrunnerError("file.missing", `the plan ${file} can't be read: ${why}`, {
        hint: "`npx run plan PLAYBOOK -o FILE` writes one, unless there is no host that could be planned for",
      }),
  );
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new ShowrunnerError("plan.invalid", `${file} is no plan: ${messageOf(error)}`, {
      hint: "`npx run plan PLAYBOOK -o FILE` makes one",
    });
  }
}
