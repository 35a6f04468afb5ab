/** Whether the machine has something else to do: then only ratios of CPU say anything. */
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** So much of the machine may be busy with others before it is told. */
const tolerated = 0.1;

/**
 * Looks for two seconds how busy the machine is. Nothing of the bench's own may be at work meanwhile.
 *
 * @returns a warning, or undefined on a quiet machine
 */
export async function busyWarning(when: string): Promise<string | undefined> {
  const before = spent();
  await sleep(2000);
  const after = spent();
  const share = 1 - (after.idle - before.idle) / (after.all - before.all);
  if (share <= tolerated) return undefined;
  return `this machine was busy with something else ${when} (${(share * 100).toFixed(0)} % of its CPUs): of the ratios of time none says much, the one of CPU does`;
}

function spent(): { idle: number; all: number } {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return { idle: sum(times.map(({ idle }) => idle)), all: sum(times.flatMap((one) => Object.values(one))) };
}
