/**
 * All that an author of modules and facts needs, by one import: ours take it from here, yours from `showrunner`,
 * which gives the same names.
 */

// parameters, and what the types of a module's callers are made of
export { type Duration, durationForm, milliseconds } from "../core/base/duration.ts";
// errors and texts
export { formatLocation, type Location, messageOf, ShowrunnerError } from "../core/base/errors.ts";
export { regularExpression } from "../core/base/expression.ts";
export { fileProblem } from "../core/base/file-problem.ts";
export { noteFileRead } from "../core/base/files-read.ts";
export { mountedText } from "../core/base/mounted.ts";
export { oneLine } from "../core/base/one-line.ts";
export { statedRefusal } from "../core/base/refusal.ts";
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
} from "../core/base/safe-path.ts";
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
} from "../core/base/schema.ts";
// scripts
export { feed, lines, quote, rawScript, type Script, sh } from "../core/base/script.ts";
export { stagingName } from "../core/engine/write-file.ts";
// changes
export {
  type Change,
  type ChangeDefinition,
  type ChangeOutput,
  change,
  type HttpRequest,
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
// modules
export { type AnyModule, defineModule, type Module, type ModuleDefinition } from "../core/tasks/module.ts";
export {
  fail,
  type Plan,
  type PlanHost,
  type Task,
  type TaskOptions,
  type TaskResult,
} from "../core/tasks/task.ts";

// secrets
export { markOf } from "../secrets/mark.ts";
export { reveal, Secret, secret } from "../secrets/secret.ts";
