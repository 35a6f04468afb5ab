/** How a task, its changes and errors are written. */
import { formatLocation, type Location } from "../base/errors.ts";
import type { ShownChange, ShownError, ShownTask, ShownUnknown } from "../core/events/events.ts";
import type { Style } from "./style.ts";

/** `nginx › template /etc/nginx/nginx.conf`: the roles it stands in, the module, what it is about. */
export function taskText({ roles, module, title }: ShownTask): string {
  return [...roles, `${module} ${title}`.trim()].join(" › ");
}

/** An error that is told beside its task: what that is called, the message need not say again. */
export function besideTask(error: ShownError, task: ShownTask): ShownError {
  return { ...error, message: besideTitle(error.message, task) };
}

/** The same of a message by itself. */
export function besideTitle(message: string, { title }: ShownTask): string {
  return message.startsWith(`${title}: `) ? message.slice(title.length + 2) : message;
}

/** Of more changes than these a line tells the first ones, and how many there are; with `-v` all. */
const mostChanges = 10;

/** What differs, in a few words: `mode 0600 → 0644, owner`. */
export function changesText(changes: readonly ShownChange[], { all }: { all: boolean }): string {
  // of a command it need not be said that it is run
  const told = changes.filter(({ what }) => what !== "run").map(changeText);
  if (all || told.length <= mostChanges) return told.join(", ");
  return `${told.slice(0, mostChanges - 1).join(", ")} and ${told.length - mostChanges + 1} more`;
}

/** What the task's author says that it may alter: `touches nothing`, `touches /etc/app.conf, unit app`. */
export function statedText(changes: readonly ShownChange[]): string {
  const stated = changes.find((change) => change.stated !== undefined)?.stated;
  return stated === undefined ? "" : `touches ${stated.join(", ") || "nothing"}`;
}

function changeText({ what, before, after }: ShownChange): string {
  const [from, to] = [short(before), short(after)];
  return from !== undefined && to !== undefined && from !== to ? `${what} ${from} → ${to}` : what;
}

/** A value that fits into a line, or undefined. */
function short(value: unknown): string | undefined {
  if (value === undefined || value === null || typeof value === "object") return undefined;
  const text = String(value);
  return text !== "" && text.length <= 24 && !/[\n\r]/.test(text) ? text : undefined;
}

/** `message (file:line)`, and the further lines of a message that has several. */
export function errorTexts({ message, location }: ShownError, style: Style): [string, ...string[]] {
  const [first = "", ...more] = message.split("\n");
  return [location ? `${first} ${style("dim", `(${formatLocation(location)})`)}` : first, ...more];
}

/**
 * Everything an error says, below its message.
 *
 * @param task where the task stands that failed: told where the error itself is somewhere else
 */
export function errorLines({ location, details, hint }: ShownError, style: Style, task?: Location): string[] {
  const [at, from] = [location, task].map((one) => one && formatLocation(one));
  return [
    ...(at === undefined
      ? []
      : [`at ${at}${from === undefined || from === at ? "" : `, in the task at ${from}`}`]),
    ...detailLines(details),
    ...(hint === undefined ? [] : `${style("cyan", "hint:")} ${hint}`.split("\n")),
  ];
}

/** An error's details, each line by itself. */
export function detailLines(details: readonly string[]): string[] {
  return details.flatMap((detail) => detail.split("\n")).filter((line) => line.trim() !== "");
}

/** Why the rest of a step is unknown: the line that asked what nobody knows, and the task that was asked. */
export function unknownLines({ message, task, location, hint }: ShownUnknown, style: Style): string[] {
  const [asked, made] = [location, task?.location].map((one) => one && formatLocation(one));
  return [
    asked === undefined ? message : `${message} ${style("dim", `(${asked})`)}`,
    ...(made === undefined || made === asked ? [] : [`the task stands at ${made}`]),
    ...(hint === undefined ? [] : [`${style("cyan", "hint:")} ${hint}`]),
  ];
}
