/** What is planned along as soon as a task has to wait for its host: the rest of its batch. */
import type { HostContext } from "./context.ts";

/** Plans something; never rejects. */
type PlanAhead = () => Promise<void>;

const plans = new WeakMap<HostContext, Set<PlanAhead>>();

/**
 * From now on, has something planned whenever a task of this context asks the host for what is not known.
 *
 * @returns ends it
 */
export function onWaiting(context: HostContext, plan: PlanAhead): () => void {
  const all = plans.get(context) ?? new Set();
  plans.set(context, all.add(plan));
  return () => void all.delete(plan);
}

/** A task has to wait: what is planned now, if anything, asks for its facts in the same round trip. */
export function planAhead(context: HostContext): Promise<unknown> | undefined {
  const all = plans.get(context);
  return all && Promise.all([...all].map((plan) => plan()));
}
