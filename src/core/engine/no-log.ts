/** `noLog`: what is said and kept of a task whose values nobody is to see. Its name and how it ended are. */
import { type ErrorCode, ShowrunnerError } from "../../base/errors.ts";
import { isBeyondTask } from "../../base/failure-class.ts";
import type { TaskOptions } from "../tasks/task.ts";

/** What stands in the place of all that is not shown. */
export const hiddenText = "hidden by noLog";

/** Whether a task's values are hidden: by its own option, or else by its play's. */
export function isHidden({ noLog }: Pick<TaskOptions, "noLog">, play: { readonly noLog: boolean }): boolean {
  return noLog ?? play.noLog;
}

/** Failures that come before the task itself: they say nothing of its values, and are needed to do something about them. */
const beforeTheTask: readonly ErrorCode[] = ["become.refused", "secret.unavailable", "interrupted"];

/** The failure of such a task, without what it says. */
export function hiddenFailure(error: ShowrunnerError): ShowrunnerError {
  if (isBeyondTask(error.code) || beforeTheTask.includes(error.code)) return error;
  return new ShowrunnerError(error.code, "the task failed; its details are hidden because of noLog", {
    location: error.location,
    hint: "to see the details, leave noLog out where all values may be seen",
  });
}
