/** The user's project: see core/project.ts. */
export { projectRoot } from "../core/project.ts";
