/** The public API of Showrunner. */
export { type BackgroundOptions, background, type Job } from "./core/background.ts";
export { type Batch, type BatchResult, batch } from "./core/batch.ts";
export { type Change, type ChangeDefinition, type ChangeOutput, change } from "./core/change.ts";
export { on, once } from "./core/delegate.ts";
export type { Duration } from "./core/duration.ts";
export { type ErrorCode, type Location, ShowrunnerError } from "./core/errors.ts";
export type { RunEvent, TaskStatus, TimedEvent } from "./core/events.ts";
export { defineFact, type Fact, type FactKey, type FactValue, type Touch } from "./core/fact.ts";
export { flushHandlers } from "./core/flush-handlers.ts";
export type { HostInfo, InventoryView } from "./core/host.ts";
export { type AnyModule, defineModule, type Module, type ModuleDefinition } from "./core/module.ts";
export { type Play, type Playbook, type PlayOptions, play, playbook, type StepContext } from "./core/play.ts";
export { defineRole, type Role, type RoleContext, type RoleDefinition } from "./core/role.ts";
export type { RunSummary } from "./core/run.ts";
export { type Input, SecretString, type Static, Type, withDefault } from "./core/schema.ts";
export { feed, lines, quote, type Script, sh } from "./core/script.ts";
export { type StepOptions, step } from "./core/step.ts";
export { fail, type PlanHost, type Task, type TaskOptions, type TaskResult } from "./core/task.ts";
export { type HostFacts, hostFacts } from "./facts/host.ts";
export { inventory } from "./inventory/index.ts";
export * from "./modules/index.ts";
export {
  defineReporter,
  type ReporterBody,
  type ReporterContext,
  type ReporterDefinition,
} from "./report/index.ts";
export { type PlaybookRun, runPlaybook } from "./run-playbook.ts";
export { Secret, secret } from "./secrets/secret.ts";
export { secretFrom } from "./secrets/sources.ts";
export { type CommandTransport, defineTransport, type Transport } from "./transport/custom.ts";
export type { ConnectionSettings } from "./transport/settings.ts";
export type { Connection, RemoteProcess } from "./transport/transport.ts";
