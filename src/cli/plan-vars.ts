/** The variables of a plan: those that were given on the command line, but for the values of secrets. */
import { digestOf } from "../base/digest.ts";
import { ShowrunnerError } from "../base/errors.ts";
import { declaresSecret } from "../base/schema.ts";
import { pasted } from "../base/script.ts";
import type { PlannedVariable } from "../core/plans/plan-schema.ts";
import type { Playbook } from "../core/plays/play.ts";
import { CommandLineText, type ExtraVars } from "../core/plays/vars.ts";
import { holdsSecret } from "../secrets/redact-value.ts";

/**
 * What a plan keeps of the variables: those that a play declares. Of one that is declared a secret, or that holds a
 * known one, it keeps a digest only.
 */
export function plannedVars(extra: ExtraVars, { plays }: Playbook, salt: string): PlannedVariable[] {
  return Object.entries(extra).flatMap(([name, given]): PlannedVariable[] => {
    const schemas = plays.flatMap(({ schema }) => schema.properties[name] ?? []);
    if (schemas.length === 0) return [];
    const value = plainValue(given);
    if (schemas.some(declaresSecret) || holdsSecret(value))
      return [{ name, withheld: digestOf(salt, value) }];
    return [given instanceof CommandLineText ? { name, text: given.text } : { name, value }];
  });
}

/**
 * The variables to apply a plan with: the plan's own, and again those that it withholds.
 *
 * @param given on the command line that applies it
 * @throws ShowrunnerError `usage` for one that is missing, or is not what it was
 */
export function restoredVars(
  vars: readonly PlannedVariable[],
  given: ExtraVars,
  { salt, file }: { salt: string; file: string },
): ExtraVars {
  const isWithheld = ({ withheld }: PlannedVariable) => withheld !== undefined;
  const missing = vars.filter((one) => isWithheld(one) && !(one.name in given)).map(({ name }) => name);
  if (missing.length > 0)
    throw new ShowrunnerError(
      "usage",
      `${file} does not hold the values of secrets: ${missing.join(", ")} must be given again`,
      {
        // never name=value: that would be in the shell's history, and in the list of processes
        hint: `from a file that only you can read: npx run apply ${pasted(file)} -e @secrets.yml`,
      },
    );
  const known = new Map(vars.map((one) => [one.name, one]));
  for (const [name, value] of Object.entries(given)) {
    const planned = known.get(name);
    const digest = planned && (planned.withheld ?? digestOf(salt, planned.text ?? planned.value));
    if (digest === digestOf(salt, plainValue(value))) continue;
    throw new ShowrunnerError(
      "usage",
      `-e ${name}: ${planned ? "it was another value" : "it was not given"}`,
      {
        details: [`when ${file} was made`],
        hint: "a plan is applied with the variables that it was made with; make a new plan for others",
      },
    );
  }
  return Object.fromEntries(
    vars.map((one) => [
      one.name,
      isWithheld(one) ? given[one.name] : one.text === undefined ? one.value : new CommandLineText(one.text),
    ]),
  );
}

function plainValue(given: unknown): unknown {
  return given instanceof CommandLineText ? given.text : given;
}
