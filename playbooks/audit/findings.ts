/** What all controls of a host find, and how that is shown. */
import { type Area, type Finding, isFinding } from "./control.ts";
import { exceptions } from "./exceptions.ts";

/** A control's finding on a host. */
export interface Found extends Finding {
  readonly id: string;
  readonly asks: string;
}

/** What an area's controls find on the current host. */
export async function findingsOf<F>({ name, read, controls }: Area<F>): Promise<Found[]> {
  const facts = await read();
  const asks = `${controls.length} controls`;
  if (typeof facts === "string") return [{ id: name, asks, verdict: "not applicable", why: facts }];
  if (isFinding(facts)) return [{ id: name, asks, ...facts }];
  return controls.map(({ id, asks, find }) => ({ id, asks, ...excepted(id, find(facts)) }));
}

/** What does not hold, and need not. */
function excepted(id: string, finding: Finding): Finding {
  const why = exceptions[id];
  if (finding.verdict !== "does not hold" || why === undefined) return finding;
  return { verdict: "excepted", why: `${finding.why}: ${why}` };
}

/** Rows with tabs between their cells, which reporters show as a table. */
export function tableOf(found: readonly Found[]): string {
  const rows = found.map(({ id, asks, verdict, why }) => [id, asks, verdict, why]);
  const all = [["control", "what it asks", "verdict", "why"], ...rows];
  // a host says what stands in the cells
  return all.map((row) => row.map((cell) => cell.replaceAll(/\s+/g, " ")).join("\t")).join("\n");
}
