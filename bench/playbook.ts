/** The play of 60 tasks, none of which waits for another's result: so they are one batch. */
import {
  apt,
  batch,
  command,
  copy,
  file,
  lineinfile,
  play,
  playbook,
  service,
  template,
  user,
} from "showrunner";
import * as work from "./work.ts";

const owner = { owner: "root", group: "root" };

export default playbook([
  play(
    "bench",
    { hosts: "all", become: true },
    {
      everything: () =>
        batch([
          ...work.packages.map((name) => apt({ name })),
          ...work.directories.map((path) =>
            file({ path, state: "directory", mode: work.directoryMode, ...owner }),
          ),
          ...work.files.map(({ path, content }) =>
            copy({ dest: path, content, mode: work.fileMode, ...owner }),
          ),
          ...work.sites.map(({ dest, ...vars }) =>
            template({ src: work.siteTemplate, dest, vars, mode: work.fileMode, ...owner }),
          ),
          ...work.lines.map(({ path, key, line }) =>
            lineinfile({ path, regexp: `^${key}=`, line, create: true, mode: work.fileMode }),
          ),
          ...work.services.map((name) => service({ name, state: "started", enabled: true })),
          ...work.users.map(({ name, home, shell }) => user({ name, home, shell })),
          ...work.commands.map(({ argv, creates }) => command({ argv: [...argv], creates })),
        ]),
    },
  ),
]);
