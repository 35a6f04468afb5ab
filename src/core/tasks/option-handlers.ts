/** The handlers among a task's options: a playbook runs without having been compiled. */
import { type ErrorCode, type Location, ShowrunnerError } from "../base/errors.ts";
import { whatItIs } from "../base/what-it-is.ts";

/** @throws ShowrunnerError for a handler that is no task: in Ansible it is a name */
export function checkHandlers(
  { notify = [] }: { readonly notify?: unknown },
  { code, what, location }: { code: ErrorCode; what: string; location: Location | undefined },
): void {
  const wrong = [notify].flat().filter((handler) => !isTask(handler));
  if (wrong.length === 0) return;
  throw new ShowrunnerError(code, `${what}: notify: expected a task, got ${whatItIs(wrong[0])}`, {
    location,
    hint: 'a handler is a task that is kept in a variable: const restart = service({ name: "nginx", state: "restarted" })',
  });
}

function isTask(value: unknown): boolean {
  return value !== null && typeof value === "object" && "claim" in value && "plan" in value;
}
