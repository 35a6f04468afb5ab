/**
 * The schema of a plan's file. It holds no value of a fact and no action, only digests of them (HMAC-SHA-256 under the
 * plan's own salt, cut to 128 bits). Changes are redacted in it like everything that a run says.
 */
import { type Static, Type } from "../../base/schema.ts";
import type { FactKey } from "../facts/fact.ts";

/** The field `format`, and a number that goes up when an older program would misread a plan. */
export const planFormat = { format: "showrunner plan", formatVersion: 3 } as const;

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
    stated: Type.Optional(
      Type.Array(Type.String(), { description: "what the task's author says that it may alter" }),
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
    playbookFile: Type.String({ description: "relative to the project's folder, below it" }),
    inventories: Texts,
    inventoryFiles: Type.Array(Type.String(), { description: "as playbookFile" }),
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

/** All 256 bits: of what people trust. */
function WholeDigest() {
  return Type.String({ pattern: "^[0-9a-f]{64}$" });
}

const PlannedCode = Type.Object(
  {
    commit: Type.Optional(
      Type.Object(
        {
          id: Type.String({ pattern: "^[0-9a-f]{40,64}$" }),
          changed: Type.Boolean({ description: "a file was not as the commit has it" }),
        },
        exact,
      ),
    ),
    files: Type.Record(Type.String(), WholeDigest(), {
      description:
        "by path from the project's folder: playbook, inventories and local modules, and the files that they read; HMAC-SHA-256 under the salt",
    }),
  },
  exact,
);

/** Over the digest of a plan's file: see cli/signing. */
const PlanSignature = Type.Object(
  {
    kind: Type.Enum(["ed25519", "ssh"], { description: "base64, or armoured as ssh-keygen has it" }),
    value: Type.String(),
  },
  exact,
);

export const PlanSchema = Type.Object(
  {
    format: Type.Literal(planFormat.format),
    formatVersion: Type.Literal(planFormat.formatVersion),
    showrunner: Type.String({
      description: "the version that made it: another one may do the same otherwise",
    }),
    made: Type.String({ description: "when, in UTC: 2026-01-31T12:05:09.123Z" }),
    salt: Type.String({ minLength: 32 }),
    request: PlanRequest,
    code: PlannedCode,
    hosts: Type.Record(Type.String(), PlannedHost),
    tasks: Type.Array(PlannedTask, {
      description:
        "tasks that change something, or may, or run a command whose author says that it changes nothing, and all tasks before a rest that could not be predicted; in their order",
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
    digests: Type.Object(
      { parts: Type.Record(Type.String(), WholeDigest()), digest: WholeDigest() },
      { ...exact, description: "of all the other parts: see plan-digest.ts" },
    ),
    signature: Type.Optional(PlanSignature),
  },
  exact,
);

export type PlanFile = Static<typeof PlanSchema>;
export type PlanRequest = Static<typeof PlanRequest>;
export type PlannedTask = Static<typeof PlannedTask>;
export type PlannedChange = Static<typeof PlannedChange>;
export type PlannedFact = Static<typeof PlannedFact>;
export type PlannedCode = Static<typeof PlannedCode>;
export type PlannedVariable = Static<typeof PlannedVariable>;

/** What is found out by planning; the rest of a plan is what was asked for. */
export type RecordedPlan = Pick<PlanFile, "salt" | "hosts" | "tasks" | "unforeseen">;
