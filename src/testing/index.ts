/** For tests of modules, roles and playbooks: `import { planTask } from "showrunner/testing"`. */
export { forgottenFileFacts } from "./file-effects.ts";
export { idempotenceLaw, type PlanCase, type Planned, planTask } from "./plan.ts";
