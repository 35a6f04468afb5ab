/** For tests of modules, roles and playbooks: `import { cases } from "showrunner/testing"`. */
export type { Case, End, ModuleCase } from "./case.ts";
export { type Cases, type CasesOptions, cases, isCases, type PureCase } from "./cases.ts";
export type { ExpectedChange } from "./expected.ts";
export { forgottenFileFacts } from "./file-effects.ts";
export { holdToLaw, type LawRequest } from "./law/law.ts";
export type { LawTarget } from "./law/law-host.ts";
export type { LawOutcome, LawReport, OnlyOnHosts } from "./law/report.ts";
export { type LawRow, lawTable } from "./law/table.ts";
export { idempotenceLaw, NotGiven, type PlanCase, type Planned, planTask } from "./plan.ts";
