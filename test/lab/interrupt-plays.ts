/** Something of every kind, done in some seconds: what is written in place, a command, an upload, a package, a unit. */
import { apt, command, copy, file, type Play, play, service, systemdUnit } from "showrunner";

const note = command({ argv: ["sh", "-c", "sleep 0.2; cat /srv/work/config >>/srv/work/applied"] });
const restart = service({ name: "worker", state: "restarted" });

/** Takes its time, and has children that must not outlive it. */
const build =
  "trap 'sleep 0.1; exit 1' TERM; (sleep 0.71; sleep 0.72) & sleep 0.7; wait; echo built >/srv/work/built";

/** @param large a file of some megabytes */
export function interruptPlays(large: string): Play[] {
  return [
    play(
      "work",
      { hosts: "all", become: true },
      {
        files: async () => {
          await file({ path: "/srv/work", state: "directory" });
          await copy({ dest: "/srv/work/config", content: "a = 1\n", mode: "0640" }, { notify: note });
        },
        build: () => command({ argv: ["sh", "-c", build], creates: "/srv/work/built" }, { name: "build" }),
        upload: () => copy({ src: large, dest: "/srv/work/large" }),
        packages: () => apt({ name: "tree" }),
        worker: async () => {
          await systemdUnit(
            {
              name: "worker.service",
              service: { ExecStart: "/bin/sleep infinity" },
              install: { WantedBy: "multi-user.target" },
            },
            { notify: restart },
          );
          await service({ name: "worker", state: "started", enabled: true });
        },
      },
    ),
    play(
      "afterwards",
      { hosts: "all", become: true },
      { end: () => file({ path: "/srv/work/end", state: "directory" }) },
    ),
  ];
}
