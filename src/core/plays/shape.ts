/** Checks the shape of plays and playbooks: a playbook may run without having been through the compiler. */
import { type Location, ShowrunnerError } from "../../base/errors.ts";
import { whatItIs } from "../../base/what-it-is.ts";

/** @throws ShowrunnerError `playbook.invalid` for what could be no play */
export function validateShape(
  name: unknown,
  options: unknown,
  steps: unknown,
  location: Location | undefined,
): void {
  const usage = 'play("web servers", { hosts: "web" }, { base: async () => { … } })';
  const mistake = (message: string, hint = usage) =>
    new ShowrunnerError("playbook.invalid", message, { location, hint });
  if (typeof name !== "string") throw mistake(`play: expected its name first, got ${whatItIs(name)}`);
  const what = `play "${name}"`;
  if (!isRecord(options)) throw mistake(`${what}: expected its options, got ${whatItIs(options)}`);
  if (typeof options["hosts"] !== "string")
    throw mistake(`${what}: hosts: expected a host pattern, got ${whatItIs(options["hosts"])}`);
  const { vars = {} } = options;
  if (!isRecord(vars)) throw mistake(`${what}: vars: expected schemas by name, got ${whatItIs(vars)}`);
  for (const [variable, schema] of Object.entries(vars))
    if (!isRecord(schema))
      throw mistake(
        `${what}: vars: ${variable}: expected a type, got ${whatItIs(schema)}`,
        `${variable}: Type.String()`,
      );
  if (!isRecord(steps)) throw mistake(`${what}: expected its steps by name, got ${whatItIs(steps)}`);
  for (const [step, body] of Object.entries(steps))
    if (typeof body !== "function")
      throw mistake(
        `${what}: step ${step}: expected a function with its body, got ${whatItIs(body)}`,
        `${step}: () => …, so that the body runs when its turn comes`,
      );
}

/** @throws ShowrunnerError `playbook.invalid` for what is no list of plays */
export function validatePlays(plays: unknown, location: Location | undefined): void {
  const wrong = [plays].flat().filter((one) => !isPlay(one));
  if (Array.isArray(plays) && wrong.length === 0) return;
  const odd = Array.isArray(plays) ? wrong[0] : plays;
  const got = isPlay(odd) ? "a play" : whatItIs(odd);
  throw new ShowrunnerError(
    "playbook.invalid",
    `playbook: expected a list of plays, got ${Array.isArray(plays) ? `one with ${got}` : got}`,
    { location, hint: "playbook([play(…), play(…)])" },
  );
}

function isPlay(value: unknown): boolean {
  return isRecord(value) && typeof value["runStep"] === "function";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
