/** What an opaque change touches, as the task's author says; the change itself could only say "everything". */
import { ShowrunnerError } from "../../base/errors.ts";
import type { Change } from "./change.ts";
import type { Touch } from "./fact.ts";

/** A path, with what is below it; a unit, with what its software answers; a package, with what comes along. */
export type Stated =
  | string
  | { readonly unit: string; readonly package?: never }
  | { readonly package: string; readonly unit?: never };

type Kind = "path" | "unit" | "package";

const kinds = new Map<Kind, ((name: string) => readonly Touch[])[]>();

/**
 * Says which facts belong to a kind. Each kind is defined where its facts are. Several files may define the same kind
 * if hosts have different tools for it: the task's author need not say which tool a host has.
 */
export function defineStated(kind: Kind, touches: (name: string) => readonly Touch[]): void {
  kinds.set(kind, [...(kinds.get(kind) ?? []), touches]);
}

/** The change, which touches no more than its author says; one that says itself what it touches is left as it is. */
export function narrowed(change: Change, stated: readonly Stated[] | undefined): Change {
  if (stated === undefined || !change.touches.includes("everything")) return change;
  return { ...change, touches: narrowedTouches(change.touches, stated), stated: stated.map(statedText) };
}

/** @param stated undefined where nobody has said anything */
export function narrowedTouches(
  touches: readonly Touch[],
  stated: readonly Stated[] | undefined,
): readonly Touch[] {
  if (stated === undefined) return touches;
  return touches.flatMap((touch) => (touch === "everything" ? stated.flatMap(touchesOf) : [touch]));
}

function touchesOf(stated: Stated): readonly Touch[] {
  const [kind, name] = partsOf(stated);
  const known = kinds.get(kind);
  if (!known) throw new ShowrunnerError("internal", `no facts of a ${kind} were defined`);
  return known.flatMap((touches) => touches(name));
}

function partsOf(stated: Stated): [Kind, string] {
  if (typeof stated === "string") return ["path", stated];
  return stated.unit === undefined ? ["package", stated.package] : ["unit", stated.unit];
}

/** `/etc/app.conf`, `unit app`, `package curl` */
function statedText(stated: Stated): string {
  const [kind, name] = partsOf(stated);
  return kind === "path" ? name : `${kind} ${name}`;
}
