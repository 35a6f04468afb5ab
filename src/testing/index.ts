/** For tests of modules, roles and playbooks: `import { planTask } from "showrunner/testing"`. */
export { idempotenceLaw, type PlanCase, type Planned, planTask } from "./plan.ts";
