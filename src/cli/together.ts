/** Which parameters of a module go together, in sentences. */
import type { AnyModule } from "../core/tasks/module.ts";

export function together({ definition }: AnyModule): string[] {
  const { oneOf = [], atMostOneOf = [], needs = {} } = definition;
  const { presentNeeds = [], onlyPresent = [], onlyAbsent = [] } = definition;
  return [
    ...sentence("Give exactly one of", oneOf),
    ...sentence("Give at most one of", atMostOneOf),
    ...Object.entries(needs).flatMap(([name, other]) => sentence(`\`${name}\` needs`, [String(other)])),
    ...sentence("Needed, unless `state` is `absent`:", presentNeeds),
    ...sentence("Only with `state` `present`:", onlyPresent),
    ...sentence("Only with `state` `absent`:", onlyAbsent),
  ];
}

function sentence(start: string, names: readonly PropertyKey[]): string[] {
  return names.length === 0 ? [] : [`${start} ${names.map((name) => `\`${String(name)}\``).join(", ")}.`];
}
