/** `run new module|fact|role|playbook NAME` */
import { Argument, type Command } from "commander";
import { projectRoot } from "../../base/project.ts";
import { say } from "../../report/index.ts";
import { allModules, allRoles } from "../modules.ts";
import { type Kind, kinds, scaffold } from "../scaffold.ts";
import { indented } from "../text.ts";

export function configure(command: Command): void {
  command
    .description(
      "Writes what a new module (with its fact and its cases), fact, role or playbook begins with. It works as it is. Nothing that is there is overwritten.",
    )
    .addArgument(new Argument("<kind>", "what to write").choices(kinds))
    .argument("<name>", "its name: logRotation, or log-rotation")
    .action(async (kind: Kind, name: string) => {
      const { files, next } = scaffold(kind, name, projectRoot(), await taken(kind));
      say(process.stdout, "Written:", ...indented(files), "", "Next:", ...indented(next));
    });
}

/** The names that would mean something else from now on. */
async function taken(kind: Kind): Promise<ReadonlySet<string>> {
  if (kind === "module") return new Set((await allModules()).keys());
  if (kind === "role") return new Set((await allRoles()).keys());
  return new Set();
}
