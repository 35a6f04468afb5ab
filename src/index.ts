/** The public API of Showrunner. */

export type { ErrorCode } from "./base/errors.ts";
export type { HostInfo, InventoryView, Traffic } from "./base/host.ts";
export type { RunEvent, TaskStatus, TimedEvent } from "./core/events/events.ts";
export {
  type Play,
  type Playbook,
  type PlayOptions,
  play,
  playbook,
  type StepContext,
} from "./core/plays/play.ts";
export type { RunSummary } from "./core/plays/run.ts";
export { type StepOptions, step } from "./core/plays/step.ts";
export { type BackgroundOptions, background, type Job } from "./core/steps/background.ts";
export { type Batch, type BatchResult, batch } from "./core/steps/batch.ts";
export { flushHandlers } from "./core/steps/flush-handlers.ts";
export { on } from "./core/steps/on.ts";
export { once } from "./core/steps/once.ts";
export { oncePerRun } from "./core/steps/once-per-run.ts";
export { defineRole, type Role, type RoleContext, type RoleDefinition } from "./core/steps/role.ts";
export { type Account, accounts } from "./facts/accounts.ts";
export { type AddressHolder, addressHolder } from "./facts/address-holder.ts";
export { clockOffset } from "./facts/clock.ts";
export {
  attributesSet,
  contentAltered,
  directoryMade,
  fileFacts,
  fileRemoved,
  fileWritten,
  linkMade,
  type WrittenFile,
} from "./facts/file-effects.ts";
export { directoryNames, emptyDirectory } from "./facts/file-tree.ts";
export { type FileState, file as fileState, fileContent, fileHash, fileText } from "./facts/files.ts";
export { hostFacts } from "./facts/host.ts";
export type { HostFacts } from "./facts/host-facts.ts";
export { ipv6 } from "./facts/ipv6.ts";
export { type Listener, portListeners } from "./facts/listeners.ts";
export { type SshdValues, sshdSettings } from "./facts/sshd.ts";
export { sysctlSettable, sysctlValue } from "./facts/sysctl.ts";
export { inventory, type TrafficRule } from "./inventory/index.ts";
export * from "./kit/index.ts";
export type { Attributes } from "./modules/files/attributes.ts";
export { type Edit, type EditFile, editFile } from "./modules/files/edit-file.ts";
export { localDigest } from "./modules/files/local-digest.ts";
export * from "./modules/index.ts";
export { checkReplicationPassword } from "./modules/mysql/replication-password.ts";
export {
  defineReporter,
  type ReporterBody,
  type ReporterContext,
  type ReporterDefinition,
} from "./report/index.ts";
export { type PlaybookRun, runPlaybook } from "./run-playbook.ts";
export { secretFrom } from "./secrets/sources.ts";
export { type CommandTransport, defineTransport, type Transport } from "./transport/custom.ts";
export type { ConnectionSettings } from "./transport/settings.ts";
export type { Connection, RemoteProcess } from "./transport/transport.ts";
