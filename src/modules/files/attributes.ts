/** Owner, group and mode: what a file is to have, and the changes that give it them. */

import { attributesSet } from "../../facts/file-effects.ts";
import type { FileState } from "../../facts/files.ts";
import {
  type Change,
  change,
  type Expected,
  holdPath,
  lines,
  Param,
  type Plan,
  type PlanHost,
  rawScript,
  type Script,
  sh,
  Type,
} from "../../kit/index.ts";
import { requireAccounts } from "./accounts.ts";
import { chmodOperand, resolveMode } from "./mode.ts";

/** What a task wants of a file; what is left out stays as it is. */
export interface Attributes {
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** Octal or symbolic. */
  readonly mode?: string | undefined;
}

/** Parameters of every module that writes files; the mode of each has a comment of its own. */
export const ownerParams = {
  /** The owner's user name. */
  owner: Type.Optional(Param.account()),
  /** The group's name. */
  group: Type.Optional(Param.account()),
};

/** A state that has a mode: a file, a directory, a device. */
export type ModeState = Extract<FileState, { mode: string }>;

/** The state with the wanted attributes. */
export function withAttributes<S extends ModeState>(state: S, { owner, group, mode }: Attributes): S {
  return {
    ...state,
    owner: owner ?? state.owner,
    group: group ?? state.group,
    mode: mode === undefined ? state.mode : resolveMode(mode, state.mode, state.type === "directory"),
  };
}

/** Whether nothing of the wanted attributes differs. */
export function hasAttributes(state: ModeState, wanted: Attributes): boolean {
  const { owner, group, mode } = withAttributes(state, wanted);
  return owner === state.owner && group === state.group && mode === state.mode;
}

/** `0644 root:root` */
export function showState(state: ModeState): string {
  return `${state.mode} ${state.owner}:${state.group}`;
}

/** What `chown` is to be told, or undefined where neither is wanted. */
export function chownOperand(owner: string | undefined, group: string | undefined): string | undefined {
  if (owner === undefined) return group === undefined ? undefined : `:${group}`;
  return group === undefined ? owner : `${owner}:${group}`;
}

/**
 * Gives what stands at a path the wanted attributes.
 *
 * @returns whether anything differed
 */
export async function* setAttributes(
  host: PlanHost,
  path: string,
  now: ModeState,
  wanted: Attributes,
): Plan<boolean> {
  const then = withAttributes(now, wanted);
  const ownership = ownershipChange(path, now, then);
  if (ownership) {
    await requireAccounts(host, wanted);
    yield ownership;
  }
  if (now.mode !== then.mode)
    yield change({
      what: "mode",
      before: now.mode,
      after: then.mode,
      // an ACL that went with its owner was a part of the mode
      script: chmod(path, { ...then, mode: now.owner === then.owner ? now.mode : undefined }, then.mode),
      ...attributesSet(path, then),
    });
  return ownership !== undefined || now.mode !== then.mode;
}

function ownershipChange(path: string, now: ModeState, then: ModeState): Change | undefined {
  const owner = now.owner === then.owner ? undefined : then.owner;
  const group = now.group === then.group ? undefined : then.group;
  const operand = chownOperand(owner, group);
  if (operand === undefined) return undefined;
  return change({
    what: owner === undefined ? "group" : group === undefined ? "owner" : "owner and group",
    before: `${now.owner}:${now.group}`,
    after: `${then.owner}:${then.group}`,
    script: chown(path, now, operand),
    // chown takes the set-id bits away, and chmod is asked to bring them back
    ...attributesSet(path, { ...then, mode: now.mode }),
  });
}

function chmod(path: string, now: Expected, mode: string): Script {
  return lines(holdPath(path, now), sh`chmod -- ${chmodOperand(mode)} "$sr_held"`);
}

function chown(path: string, now: ModeState, operand: string): Script {
  const bits = Number.parseInt(now.mode, 8);
  const special = [...(bits & 0o4000 ? ["u+s"] : []), ...(bits & 0o2000 ? ["g+s"] : [])].join(",");
  return lines(
    holdPath(path, now),
    operand.startsWith(":") ? rawScript(":") : sh`sr_take_rights "$sr_held"`,
    sh`chown -- ${operand} "$sr_held"`,
    special === "" ? rawScript("") : sh`[ $? = 0 ] && chmod -- ${special} "$sr_held"`,
  );
}
