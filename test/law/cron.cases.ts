import { crontab } from "../../src/facts/crontab.ts";
import { cron } from "../../src/modules/index.ts";
import { cases } from "../../src/testing/index.ts";

const entry = "#Ansible: backup\n15 3 * * * /usr/local/bin/backup\n";
const backup = { name: "backup", job: "/usr/local/bin/backup", minute: "15", hour: "3" };
/** A shell's word for a table, which `crontab -` then reads. */
const table = (text: string, user = "root") => `printf '%s' '${text}' | crontab -u ${user} -`;

export default cases(
  cron,
  [
    {
      name: "makes a user's first entry",
      params: backup,
      facts: [crontab.is("root", "")],
      start: "",
      changes: ["entry"],
      end: [crontab.is("root", entry), "crontab -u root -l | grep -q '^15 3 '"],
    },
    {
      name: "adds an entry to those of others",
      params: { ...backup, user: "cronlaw" },
      facts: [crontab.is("cronlaw", "MAILTO=x\n1 1 * * * true\n")],
      start: table("MAILTO=x\n1 1 * * * true\n", "cronlaw"),
      changes: ["entry"],
      end: crontab.is("cronlaw", `MAILTO=x\n1 1 * * * true\n${entry}`),
    },
    {
      name: "adds an entry behind a line that does not end",
      params: backup,
      facts: [crontab.is("root", "1 1 * * * true")],
      changes: ["entry"],
      end: crontab.is("root", `1 1 * * * true\n${entry}`),
    },
    {
      name: "has nothing to do where the entry is as it is to be",
      params: backup,
      facts: [crontab.is("root", `1 1 * * * true\n${entry}`)],
      start: table(`1 1 * * * true\n${entry}`),
      changes: [],
    },
    {
      name: "corrects an entry where it stands",
      params: { name: "backup", job: backup.job, minute: "15", weekday: "mon-fri" },
      facts: [crontab.is("root", `${entry}1 1 * * * true\n`)],
      start: table(`${entry}1 1 * * * true\n`),
      changes: ["entry"],
      end: crontab.is("root", "#Ansible: backup\n15 * * * mon-fri /usr/local/bin/backup\n1 1 * * * true\n"),
    },
    {
      name: "takes a time by its name",
      params: { name: "warm up", job: "echo 100\\% 'warm'", specialTime: "reboot" },
      facts: [crontab.is("root", "")],
      start: "",
      changes: ["entry"],
      end: crontab.is("root", "#Ansible: warm up\n@reboot echo 100\\% 'warm'\n"),
    },
    {
      name: "removes an entry, and leaves the others",
      params: { name: "backup", state: "absent" },
      facts: [crontab.is("root", `1 1 * * * true\n${entry}2 2 * * * true\n`)],
      start: table(`1 1 * * * true\n${entry}2 2 * * * true\n`),
      changes: ["entry"],
      end: crontab.is("root", "1 1 * * * true\n2 2 * * * true\n"),
    },
    {
      name: "removes the last entry",
      params: { name: "backup", state: "absent" },
      facts: [crontab.is("root", entry)],
      start: table(entry),
      changes: ["entry"],
      end: crontab.is("root", ""),
    },
    {
      name: "has nothing to remove where there is no such entry",
      params: { name: "backup", state: "absent" },
      facts: [crontab.is("root", "")],
      start: "",
      changes: [],
    },
    {
      name: "has nothing to remove where cron is not installed",
      params: { name: "backup", state: "absent" },
      facts: [crontab.is("root", undefined)],
      changes: [],
    },
    {
      name: "says that cron is not installed",
      params: backup,
      facts: [crontab.is("root", undefined)],
      changes: [],
      fails: "cron is not installed",
    },
    {
      name: "says why crontab refuses a schedule",
      params: { ...backup, minute: "99" },
      start: "",
      changes: ["entry"],
      fails: "bad minute",
      plan: "changed",
    },
  ],
  {
    setup: "apt-get install -y cron >/dev/null && useradd -m cronlaw",
    reset: "crontab -u root -r; crontab -u cronlaw -r",
  },
);
