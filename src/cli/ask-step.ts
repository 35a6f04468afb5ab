/** `--step`: asks on the terminal before each step. */
import { ShowrunnerError } from "../base/errors.ts";
import type { ConfirmStep, StepAnswer } from "../core/plays/confirm.ts";
import { sayText } from "../report/index.ts";
import { visibleLine } from "../text/controls.ts";
import { InputLines } from "./input-lines.ts";

const answers: Readonly<Record<string, StepAnswer>> = {
  y: "yes",
  yes: "yes",
  n: "no",
  no: "no",
  c: "continue",
  continue: "continue",
};

interface StepAsker {
  readonly ask: ConfirmStep;
  /** Lets go of the terminal. */
  close(): void;
}

/**
 * Asks until it is answered.
 *
 * @throws ShowrunnerError `usage`, by `ask`, where the input ends: nobody has said no, either
 */
export function stepAsker(): StepAsker {
  let lines: InputLines | undefined;
  return {
    async ask({ play, step, hosts }) {
      lines ??= new InputLines();
      for (;;) {
        // the report has stdout for itself
        sayText(
          process.stderr,
          visibleLine(`${play} / ${step} on ${hosts.join(", ")}: (y)es, (n)o, (c)ontinue? `),
        );
        const line = await lines.next();
        if (line === undefined) throw unanswered(`${play} / ${step}`);
        const answer = answers[line.trim().toLowerCase()];
        if (answer !== undefined) return answer;
      }
    },
    close: () => lines?.close(),
  };
}

function unanswered(step: string): ShowrunnerError {
  sayText(process.stderr, "\n"); // the question's line is still open
  return new ShowrunnerError("usage", `--step: the input ended before an answer to ${step}`, {
    hint: "--step asks on the terminal: where there is none, leave --step out, or answer from a file",
  });
}
