/** What each of a task's options may be. */
import {
  anything,
  duration,
  flag,
  listOf,
  oneOrMore,
  text,
  timeLimit,
  type,
  user,
  wholeNumber,
} from "../../base/option-types.ts";

/** In Ansible it is a name. */
const handler = type(
  "a task",
  (value) => value !== null && typeof value === "object" && "claim" in value && "plan" in value,
  'a handler is a task that is kept in a variable: const restart = service({ name: "nginx", state: "restarted" })',
);

const question = type("a function of the result", (value) => typeof value === "function");

const condition = type(
  "true, false or a function of the result",
  (value) => typeof value === "boolean" || typeof value === "function",
);

const touched = type(
  'absolute paths, { unit: "…" } and { package: "…" }',
  isTouched,
  "no patterns: a directory stands for all that is below it. `touches: []` says that the task alters nothing that other tasks look at",
);

function isTouched(value: unknown): boolean {
  // a pattern would be believed as a name that nothing has, so that everything stayed certain
  if (typeof value === "string") return value.startsWith("/") && !/[*?[]/.test(value);
  if (value === null || typeof value !== "object") return false;
  const [[kind, name] = [], ...more] = Object.entries(value);
  return (
    (kind === "unit" || kind === "package") &&
    typeof name === "string" &&
    /^[^\s*?[\]=/]+$/.test(name) &&
    more.length === 0
  );
}

export const taskOptionTypes = {
  name: text,
  become: user,
  notify: oneOrMore(handler),
  retries: wholeNumber({ from: 0 }),
  delay: duration,
  until: question,
  changedWhen: condition,
  failedWhen: condition,
  touches: listOf(touched),
  timeout: timeLimit,
  ignoreErrors: flag,
  ignoreUnreachable: flag,
  noLog: flag,
  throttle: wholeNumber({ from: 1 }),
  // see validateExecutionEnvironment
  environment: anything,
  cwd: anything,
  umask: anything,
};

/** Whether there is an option of this name: for who gives it as a module's parameter, as in Ansible. */
export function isTaskOption(name: string): boolean {
  return Object.hasOwn(taskOptionTypes, name);
}
