/**
 * What `import … from "showrunner"` gives a user's file: the very modules that this process runs on. A second copy
 * would have classes and a current host of its own. Each is loaded when it is first imported.
 *
 * The build puts another text in this file's place (scripts/build/lazy-names.ts), which does the same name by name: a
 * module that no playbook uses is not read.
 */
export const sdk: Readonly<Record<string, () => Promise<object>>> = {
  showrunner: () => import("../index.ts"),
  "showrunner/modules": () => import("../modules/index.ts"),
  "showrunner/roles": () => import("../../roles/index.ts"),
  "showrunner/testing": () => import("../testing/index.ts"),
};
