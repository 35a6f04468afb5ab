/**
 * All that an author of modules and facts needs, by one import: ours take it from here, yours from `showrunner`,
 * which gives the same names.
 */

// parameters, and what the types of a module's callers are made of
export { type Duration, durationForm, milliseconds } from "../base/duration.ts";
// errors and texts
export { formatLocation, type Location, messageOf, ShowrunnerError } from "../base/errors.ts";
export { regularExpression } from "../base/expression.ts";
export { fileProblem } from "../base/file-problem.ts";
export { noteFileRead } from "../base/files-read.ts";
export { mountedText } from "../base/mounted.ts";
export { oneLine } from "../base/one-line.ts";
export { statedRefusal } from "../base/refusal.ts";
// scripts that work where somebody else may turn names
export {
  type Expected,
  enterDirectoryOf,
  enterFolderBeside,
  enterNear,
  holdPath,
  requireOwnFile,
  requireOwnWay,
  stateWord,
} from "../base/safe-path.ts";
export {
  type Input,
  type OptionalInput,
  type RequiredInput,
  SecretString,
  type Static,
  type TObject,
  type TProperties,
  Type,
  withDefault,
} from "../base/schema.ts";
// scripts
export { feed, lines, quote, rawScript, type Script, sh } from "../base/script.ts";
export { reveal, Secret, secret } from "../base/secret.ts";
export { stagingName } from "../core/engine/write-file.ts";
// changes
export {
  type Change,
  type ChangeDefinition,
  type ChangeOutput,
  change,
  type TextDiff,
} from "../core/facts/change.ts";
// facts
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
export { defineStated } from "../core/facts/stated.ts";
export { proxiesOf, surrounded } from "../core/facts/surroundings.ts";
export type { Chosen } from "../core/tasks/alternatives.ts";
export { fail } from "../core/tasks/fail.ts";
// modules
export { type AnyModule, defineModule, type Module, type ModuleDefinition } from "../core/tasks/module.ts";
export type { Plan, PlanHost, Task, TaskOptions, TaskResult } from "../core/tasks/task.ts";
// secrets
export { markOf } from "../secrets/mark.ts";
export type { HttpRequest } from "../transport/http-request.ts";
