/**
 * All that an author of modules and facts needs, in one import. Our own modules import this file, users' modules import
 * `showrunner`, which exports the same names. What only modules of ours need is in `own.ts`.
 */

export { type Duration, milliseconds } from "../base/duration.ts";
export { formatLocation, type Location, messageOf, ShowrunnerError } from "../base/errors.ts";
export { regularExpression } from "../base/expression.ts";
export { fileProblem } from "../base/file-problem.ts";
export { noteFileRead } from "../base/files-read.ts";
export { oneLine } from "../base/one-line.ts";
export { statedRefusal } from "../base/refusal.ts";
export {
  type Expected,
  enterDirectoryOf,
  enterFolderBeside,
  enterNear,
  holdPath,
  requireOwnFile,
  requireOwnWay,
} from "../base/safe-path.ts";
export {
  type Input,
  type Mistake,
  type OptionalInput,
  type RequiredInput,
  refusing,
  SecretString,
  type Static,
  type TObject,
  type TProperties,
  Type,
  withDefault,
} from "../base/schema.ts";
export { feed, lines, quote, rawScript, type Script, sh } from "../base/script.ts";
export { reveal, Secret, secret } from "../base/secret.ts";
export { bytes, type Size } from "../base/size.ts";
export {
  type Change,
  type ChangeDefinition,
  type ChangeOutput,
  change,
  type TextDiff,
} from "../core/facts/change.ts";
export { type Effects, effects } from "../core/facts/effects.ts";
export { inEnvironment, proxiesOf } from "../core/facts/execution-environment.ts";
export {
  defineFact,
  type Fact,
  type FactKey,
  type FactSubject,
  type FactValue,
  factKeyId,
  nothingElse,
  type Touch,
} from "../core/facts/fact.ts";
export type { Rollback } from "../core/facts/rollback.ts";
export { defineStated } from "../core/facts/stated.ts";
export { pendingRollback } from "../core/lease/rollbacks.ts";
export type { Chosen } from "../core/tasks/alternatives.ts";
export { fail } from "../core/tasks/fail.ts";
export { type AnyModule, defineModule, type Module, type ModuleDefinition } from "../core/tasks/module.ts";
export type { Plan, PlanHost, Task, TaskOptions, TaskResult } from "../core/tasks/task.ts";
export type { HttpRequest } from "../transport/http-request.ts";
export { isOctal, mistakeInMode, showMode } from "./mode.ts";
export { Param } from "./params.ts";
export { cleanPath, mistakeInPath } from "./path.ts";
export { finishRollback } from "./rollback.ts";
