/** The user's project: see core/base/project.ts. */
export { projectRoot } from "../core/base/project.ts";
