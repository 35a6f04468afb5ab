/** Tells what a command printed that only reads, in the way in which a change's output is told: line by line. */
import { LineSplitter } from "../../base/lines.ts";
import type { Printed } from "../facts/fact.ts";
import type { TaskRun } from "./task-run.ts";

export async function tellPrinted<V>(
  { context, shown, hidden }: TaskRun<V>,
  printed: Printed,
): Promise<void> {
  if (hidden) return;
  const { run, info } = context.host;
  const splitter = new LineSplitter((stream, text) =>
    run.emit({ type: "task:output", host: info.name, task: shown.id, stream, text }),
  );
  for (const stream of ["stdout", "stderr"] as const)
    await splitter.push(stream, Buffer.from(printed[stream]));
  await splitter.end();
}
