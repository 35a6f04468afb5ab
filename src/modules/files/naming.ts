/** Changes of a part of a task say which part they are about. */
import type { Plan } from "../../kit/index.ts";

/** The same plan, with a name behind what each of its changes is about: `content`, say, becomes `content app.conf`. */
export async function* naming<V>(name: string, plan: Plan<V>): Plan<V> {
  let next = await plan.next();
  while (!next.done) {
    const output = yield { ...next.value, what: `${next.value.what} ${name}` };
    next = await plan.next(output);
  }
  return next.value;
}
