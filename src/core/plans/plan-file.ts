/**
 * A plan that is kept: what a run in check mode said, and from what. A file of JSON in which no value of a fact and
 * no action stands, only digests of them (HMAC-SHA-256 under the plan's own salt, cut to 128 bits); what is shown of
 * changes is redacted like everything that a run says.
 */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { messageOf, ShowrunnerError } from "../base/errors.ts";
import { fileProblem } from "../base/file-problem.ts";
import { requireValue, type Static, Type } from "../base/schema.ts";
import type { FactKey } from "../facts/fact.ts";

/** What the field `format` says, and a number that goes up when an older program would misread a plan. */
export const planFormat = { format: "showrunner plan", formatVersion: 1 } as const;

/** See digest.ts. */
function Digest(description: string) {
  return Type.String({ pattern: "^[0-9a-f]{32}$", description });
}

const Texts = Type.Array(Type.String());
const exact = { additionalProperties: false };

const PlannedChange = Type.Object(
  {
    what: Type.String(),
    before: Type.Optional(Type.Unknown()),
    after: Type.Optional(Type.Unknown()),
    diff: Type.Optional(
      Type.Object({ path: Type.String(), before: Type.String(), after: Type.String() }, exact),
    ),
    action: Digest("what is done to the host"),
    sets: Type.Array(Digest("a fact that holds afterwards, with its key and value")),
  },
  exact,
);

const PlannedTask = Type.Object(
  {
    host: Type.String(),
    by: Type.Optional(Type.String({ description: "the host whose step it is, where it is delegated" })),
    handler: Type.Optional(Type.Boolean({ description: "it was notified" })),
    as: Type.Optional(Type.String({ description: "the user that it becomes" })),
    conditional: Type.Optional(
      Type.Boolean({
        description: "the step may not come to it, or at another time: code decides, or others run beside",
      }),
    ),
    play: Type.String(),
    step: Type.String(),
    roles: Texts,
    module: Type.String(),
    title: Type.String(),
    location: Type.Optional(Type.String()),
    status: Type.Enum(["changed", "likely", "unknown", "failed", "ok"]),
    params: Type.Optional(Digest("the task's parameters, where it may do something else")),
    reason: Type.Optional(Type.String()),
    changes: Type.Array(PlannedChange),
  },
  exact,
);

const PlannedFact = Type.Object(
  {
    fact: Type.String(),
    key: Type.Unsafe<FactKey>({ anyOf: [{ type: "string" }, { type: "object" }] }),
    as: Type.Optional(Type.String({ description: "the user that it was read as" })),
    value: Digest("of what of it lasts"),
    task: Type.Optional(Type.String({ description: "the task that was planned from it first" })),
  },
  exact,
);

const PlannedHost = Type.Object(
  {
    facts: Type.Array(PlannedFact),
    failure: Type.Optional(Type.String({ description: "why the plan for this host is not whole" })),
  },
  exact,
);

const PlannedVariable = Type.Object(
  {
    name: Type.String(),
    text: Type.Optional(Type.String({ description: "as it was typed: the schema says what is meant" })),
    value: Type.Optional(Type.Unknown()),
    withheld: Type.Optional(Digest("of a secret: it must be given again")),
  },
  exact,
);

const PlanRequest = Type.Object(
  {
    playbook: Type.String(),
    playbookFile: Type.String({ description: "relative to the project's folder, if it is below it" }),
    inventory: Type.String(),
    inventoryFile: Type.String({ description: "as playbookFile" }),
    hosts: Type.Array(Type.String(), { description: "all that the plays are about, after --limit" }),
    limit: Type.Optional(Type.String()),
    tags: Type.Optional(Texts),
    skipTags: Type.Optional(Texts),
    startAt: Type.Optional(Type.String()),
    vars: Type.Array(PlannedVariable, {
      description: "given on the command line, as far as plays declare them",
    }),
  },
  exact,
);

const PlanSchema = Type.Object(
  {
    format: Type.Literal(planFormat.format),
    formatVersion: Type.Literal(planFormat.formatVersion),
    showrunner: Type.String({
      description: "the version that made it: another one may do the same otherwise",
    }),
    made: Type.String({ description: "when, in UTC: 2026-01-31T12:05:09.123Z" }),
    salt: Type.String({ minLength: 32 }),
    request: PlanRequest,
    hosts: Type.Record(Type.String(), PlannedHost),
    tasks: Type.Array(PlannedTask, {
      description:
        "those that change something, or may, or run a command that is said to change nothing, and all before an unforeseen rest; in their order",
    }),
    unforeseen: Type.Array(
      Type.Object(
        {
          host: Type.String(),
          play: Type.String(),
          step: Type.String(),
          reason: Type.String(),
          after: Type.Integer({ description: "how many of the tasks come before" }),
        },
        exact,
      ),
      { description: "steps of which nobody can know what their rest will do" },
    ),
  },
  exact,
);

export type PlanFile = Static<typeof PlanSchema>;
export type PlanRequest = Static<typeof PlanRequest>;
export type PlannedTask = Static<typeof PlannedTask>;
export type PlannedChange = Static<typeof PlannedChange>;
export type PlannedFact = Static<typeof PlannedFact>;
export type PlannedVariable = Static<typeof PlannedVariable>;

/** What is found out by planning; the rest of a plan is what was asked for. */
export type RecordedPlan = Pick<PlanFile, "salt" | "hosts" | "tasks" | "unforeseen">;

/**
 * A plan, ready to be written.
 *
 * @param version this program's own
 */
export function planFile(
  recorded: RecordedPlan,
  request: PlanRequest,
  version: string,
  made = new Date(),
): PlanFile {
  const { salt, hosts, tasks, unforeseen } = recorded;
  return {
    ...planFormat,
    showrunner: version,
    made: made.toISOString(),
    salt,
    request,
    hosts,
    tasks,
    unforeseen,
  };
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
 * @throws ShowrunnerError `file.missing`; `plan.invalid` for what is no plan, or one of another version
 */
export function readPlan(file: string, version: string): PlanFile {
  const plan = parsed(file);
  const again = "make a new one: `npx run plan PLAYBOOK -o FILE`";
  if (!hasFormat(plan)) throw new ShowrunnerError("plan.invalid", `${file} is no plan`, { hint: again });
  const made = "showrunner" in plan ? String(plan.showrunner) : "an unknown version";
  const isOurs = "formatVersion" in plan && plan.formatVersion === planFormat.formatVersion;
  if (!isOurs || made !== version)
    throw new ShowrunnerError(
      "plan.invalid",
      `${file} was made by Showrunner ${made}, and this is ${version}: it might do the same in another way`,
      { hint: again },
    );
  return requireValue(PlanSchema, plan, { code: "plan.invalid", what: `${file} is damaged` });
}

/**
 * Takes an earlier plan away, so that nobody applies it for the one that is to come. What is no plan stays.
 *
 * @throws ShowrunnerError `usage` where it can't be
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

/** Whether it is a plan, be it of another version. */
function hasFormat(plan: unknown): plan is { readonly format: string } {
  return plan !== null && typeof plan === "object" && "format" in plan && plan.format === planFormat.format;
}

function parsed(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ShowrunnerError("file.missing", `the plan ${file} can't be read: ${fileProblem(error)}`, {
      hint: "`npx run plan PLAYBOOK -o FILE` writes one, unless there is no host that could be planned for",
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ShowrunnerError("plan.invalid", `${file} is no plan: ${messageOf(error)}`, {
      hint: "`npx run plan PLAYBOOK -o FILE` makes one",
    });
  }
}
