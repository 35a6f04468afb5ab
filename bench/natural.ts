/** The same 60 tasks as in `playbook.ts`, in the natural style: each awaited before the next one is made. */
import { apt, command, copy, file, lineinfile, play, playbook, service, template, user } from "showrunner";
import * as work from "./work.ts";

const owner = { owner: "root", group: "root" };

/** All of them, one after the other. */
export async function everything(): Promise<void> {
  for (const name of work.packages) await apt({ name });
  for (const path of work.directories)
    await file({ path, state: "directory", mode: work.directoryMode, ...owner });
  for (const { path, content } of work.files)
    await copy({ dest: path, content, mode: work.fileMode, ...owner });
  for (const { dest, ...vars } of work.sites)
    await template({ src: work.siteTemplate, dest, vars, mode: work.fileMode, ...owner });
  for (const { path, key, line } of work.lines)
    await lineinfile({ path, regexp: `^${key}=`, line, create: true, mode: work.fileMode });
  for (const name of work.services) await service({ name, state: "started", enabled: true });
  for (const { name, home, shell } of work.users) await user({ name, home, shell });
  for (const { argv, creates } of work.commands) await command({ argv: [...argv], creates });
}

export default playbook([play("bench", { hosts: "all", become: true }, { everything })]);
