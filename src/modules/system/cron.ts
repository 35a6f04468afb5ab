import { crontab } from "../../facts/crontab.ts";
import { fileWritten } from "../../facts/file-effects.ts";
import {
  change,
  defineModule,
  effects,
  fail,
  feed,
  type Module,
  type OptionalInput,
  Param,
  type RequiredInput,
  sh,
  Type,
  withDefault,
} from "../../kit/index.ts";
import { accountPattern } from "../users/names.ts";

/** A part of a schedule: `3`, `8-18/2`, `1-5`, `mon,fri`. */
const Part = Type.String({ pattern: "^[0-9A-Za-z*,/-]+$" });

const params = {
  /** What the entry is called: by this it is found again. */
  name: Type.String({ pattern: "^[^\\0\\n\\r]+$" }),
  /** The command. A % in it ends the command and begins its input, unless there is a \ before. */
  job: Type.Optional(Type.String({ pattern: "^[^\\0\\n\\r]+$" })),
  /** Whose table it is in, and who runs it. Default: "root". */
  user: withDefault(Type.String({ pattern: accountPattern }), "root"),
  /** Whether there is such an entry. Default: "present". */
  state: Param.state(),
  /** The minutes: 0 to 59. Left out: every minute. */
  minute: Type.Optional(Part),
  /** The hours: 0 to 23. Left out: every hour. */
  hour: Type.Optional(Part),
  /** The days of the month: 1 to 31. Left out: every day. */
  day: Type.Optional(Part),
  /** The months: 1 to 12. Left out: every month. */
  month: Type.Optional(Part),
  /** The days of the week: 0 (Sunday) to 6. Left out: every day. */
  weekday: Type.Optional(Part),
  /** A time by its name, in place of a schedule. */
  specialTime: Type.Optional(Param.oneOf("reboot", "hourly", "daily", "weekly", "monthly", "annually")),
};

/** What `cron` takes. */
export interface CronParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Has cron run a command at certain times, as an entry of a user's own table. What others have put there stays.
 *
 * @throws ShowrunnerError `task.failed` where cron is not installed; `change.failed` if it refuses the schedule
 *
 * @example
 * await cron({ name: "backup", job: "/usr/local/bin/backup", hour: "3", minute: "15" });
 */
export const cron: Module<CronParams, object> = defineModule({
  name: "cron",
  summary: "Has cron run a command at certain times.",
  params,
  presentNeeds: ["job"],
  onlyPresent: ["job"],
  examples: [
    `cron({ name: "backup", job: "/usr/local/bin/backup", hour: "3", minute: "15" })`,
    `cron({ name: "warm up", job: "/srv/app/warm-up", specialTime: "reboot", user: "app" })`,
    `cron({ name: "backup", state: "absent" })`,
  ],
  check({ specialTime, ...parts }) {
    if (specialTime && (parts.minute ?? parts.hour ?? parts.day ?? parts.month ?? parts.weekday))
      fail("`specialTime` is in place of `minute`, `hour`, `day`, `month` and `weekday`");
  },
  async *plan(host, p) {
    const before = await host.fact(crontab, p.user);
    if (before === undefined && p.state === "absent") return {};
    host.require(before !== undefined, "cron is not installed", 'install it before: `apt({ name: "cron" })`');
    const parts = [p.minute, p.hour, p.day, p.month, p.weekday].map((part) => part ?? "*");
    const time = p.specialTime ? `@${p.specialTime}` : parts.join(" ");
    const after = withEntry(before ?? "", p.name, p.state === "present" ? `${time} ${p.job}` : undefined);
    if (after !== (before ?? ""))
      yield change({
        what: "entry",
        diff: { path: `crontab of ${p.user}`, before: before ?? "", after },
        script: feed(after, sh`crontab -u ${p.user} -`),
        ...effects({ sets: [crontab.is(p.user, after)] }, fileWritten(`/var/spool/cron/crontabs/${p.user}`)),
      });
    return {};
  },
});

/** The table with this line under the entry's name; without both where there is none. Ansible marks its own so, too. */
function withEntry(table: string, name: string, line: string | undefined): string {
  const mark = `#Ansible: ${name}`;
  const rows = table.replace(/\n$/, "").split("\n");
  const at = table === "" ? -1 : rows.indexOf(mark);
  const entry = line === undefined ? [] : [mark, line];
  const next = at === -1 ? [...(table === "" ? [] : rows), ...entry] : rows.toSpliced(at, 2, ...entry);
  return next.length === 0 ? "" : `${next.join("\n")}\n`;
}
