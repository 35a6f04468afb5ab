import { describe, expect, it } from "vitest";
import type { RunEvent, ShownError } from "../../src/core/events/events.ts";
import { jsonlReporter } from "../../src/report/jsonl.ts";
import { plainReporter } from "../../src/report/plain.ts";
import { plain, type Style } from "../../src/report/style.ts";
import { at, broken, end, ended, start, task, written } from "./events.ts";

function report(
  events: readonly RunEvent[],
  { verbose = false, diff = false, style = plain }: { verbose?: boolean; diff?: boolean; style?: Style } = {},
): string {
  let text = "";
  const stream = { write: (piece: string) => (text += piece) };
  const reporter = plainReporter(stream, { verbose, diff, style });
  for (const event of events) reporter.subscribe(at(event));
  return text;
}

const apt = task("apt", "nginx", ["nginx"]);
const conf = task("template", "/etc/nginx/nginx.conf", ["nginx"]);

describe("the plain report", () => {
  it("has a line for each change and none for unchanged tasks, below play and step", () => {
    const text = report([
      ...start(["web1", "db1"]),
      ended("web1", apt),
      ended("web1", conf, {
        status: "changed",
        seconds: 2.5,
        changes: [written, { what: "mode", before: "0600", after: "0644" }],
      }),
      ended("db1", apt),
    ]);
    expect(text).toBe(`Playbook site on 2 hosts of inventory/lab.ts

Play web servers (web1, db1)
  nginx
    changed      web1  nginx › template /etc/nginx/nginx.conf: content, mode 0600 → 0644 (2.5 s)
`);
  });

  it("tells the first of many changes, and all where more is asked for", () => {
    const files = Array.from({ length: 12 }, (_, index) => ({ what: `created ${index}`, before: "absent" }));
    const changed = ended("web1", task("copy", "/srv/app"), { status: "changed", changes: files });
    expect(report([...start(["web1"]), changed])).toContain(
      ": created 0, created 1, created 2, created 3, created 4, created 5, created 6, created 7, created 8 and 3 more\n",
    );
    expect(report([...start(["web1"]), changed], { verbose: true })).toContain("created 10, created 11\n");
  });

  it("names a step again where hosts are at different ones, and the batch where there are several", () => {
    const changed = { status: "changed", changes: [] } as const;
    const step = { type: "step:start", play: "web servers", hosts: ["web1"] } as const;
    const text = report([
      ...start(["web1", "web2"]),
      { ...step, step: "base", batch: { number: 2, of: 3 } },
      ended("web1", apt, { ...changed, step: "base" }),
      ended("web2", apt, { ...changed, step: "app" }),
      ended("web1", apt, { ...changed, step: "base" }),
    ]);
    expect(text.split("\n").slice(3, -1)).toEqual([
      "  nginx",
      "  base (batch 2 of 3)",
      "    changed      web1  nginx › apt nginx",
      "  app (batch 2 of 3)",
      "    changed      web2  nginx › apt nginx",
      "  base (batch 2 of 3)",
      "    changed      web1  nginx › apt nginx",
    ]);
  });

  it("tells a mistake in the playbook once, however many hosts come to it", () => {
    const names = Array.from({ length: 40 }, (_, index) => `web${index + 1}`);
    const mistake = {
      ...broken,
      code: "vars.invalid",
      message: 'the play "web": vars has no domain',
    } as const;
    const failed = (host: string, error: ShownError): RunEvent => ({
      type: "host:failed",
      host,
      step: "nginx",
      error,
    });
    const conf = task("template", "/etc/nginx/nginx.conf");
    const undefinedName = {
      ...mistake,
      code: "template.invalid",
      message: "there is no variable x",
    } as const;
    const text = report([
      ...start(names),
      ...names.map((host) => failed(host, host === "web3" ? { ...mistake, message: "another" } : mistake)),
      { type: "step:start", play: "web servers", step: "nginx", hosts: names },
      ...names.flatMap((host) => [
        ended(host, conf, { status: "failed", error: undefinedName }),
        failed(host, undefinedName),
      ]),
      { type: "play:end", play: "web servers" },
    ]);
    const where = "(playbooks/site.ts:12)";
    expect(text.split("\n").slice(3, -1)).toEqual([
      "  nginx",
      `    failed       web1   step nginx: the play "web": vars has no domain ${where}`,
      `    failed       web3   step nginx: another ${where}`,
      "                 web1   the same on web2, web4, web5, web6, web7 and 33 more",
      "  nginx",
      `    failed       web1   template /etc/nginx/nginx.conf: there is no variable x ${where}`,
      "                 web1   the same on web2, web3, web4, web5, web6 and 34 more",
    ]);
  });

  it("tells each host's own failure, even where others say the same", () => {
    const hosts = ["web1", "web2"];
    const text = report([
      ...start(hosts),
      ...hosts.map((host): RunEvent => ({ type: "host:failed", host, step: "nginx", error: broken })),
    ]);
    expect(text.match(/ended with status 1/g)).toHaveLength(2);
  });

  it("says why a run stopped, and what was left", () => {
    const text = report([
      ...start(["web1", "web2"]),
      {
        type: "run:stopped",
        play: "web servers",
        reason: "1 of 1 hosts failed in batch 1 of 2",
        untouched: ["web2"],
        plays: ["databases"],
      },
    ]);
    expect(text).toContain(
      'the run stops here: 1 of 1 hosts failed in batch 1 of 2; not touched: web2; not begun: play "databases"',
    );
  });

  it("with -v has those that are ok too, what commands print, and round trips", () => {
    const text = report(
      [
        ...start(["web1"]),
        { type: "task:start", host: "web1", step: "nginx", task: apt },
        {
          type: "task:output",
          host: "web1",
          task: apt.id,
          stream: "stdout",
          text: "Unpacking \u001b[31mnginx\r",
        },
        ended("web1", apt),
        end({ web1: { ok: 1 } }),
      ],
      { verbose: true },
    );
    expect(text).toContain("                 web1  │ Unpacking nginx\n");
    expect(text).toContain("    ok           web1  nginx › apt nginx\n");
    expect(text).toContain(
      "host  ok  changed  failed  unreachable  round trips\nweb1   1        0       0            0            3\n",
    );
  });

  it("with --diff shows the lines of files and the values of the rest", () => {
    const text = report(
      [
        ...start(["web1"]),
        ended("web1", conf, {
          status: "changed",
          changes: [written, { what: "mode", before: "0600", after: "0644" }],
        }),
      ],
      { diff: true },
    );
    expect(text).toContain(
      `: content, mode 0600 → 0644
      --- /etc/motd	before
      +++ /etc/motd	after
      @@ -1,2 +1,2 @@
      -old
      +new
       same
      - mode: 0600
      + mode: 0644
`.replaceAll("\t", "  "),
    );
  });

  it("tells a failure in a line, and all of it once in the recap, for all its hosts", () => {
    const fails = (host: string): RunEvent[] => [
      ended(host, conf, { status: "failed", error: broken }),
      { type: "host:failed", host, step: "nginx", error: broken },
    ];
    const text = report([
      ...start(["web1", "web2"]),
      ...fails("web1"),
      ...fails("web2"),
      end({ web1: { ok: 2, failed: 1 }, web2: { failed: 1 } }, 2),
    ]);
    expect(text.match(/failed {7}web1/g)).toHaveLength(1);
    expect(text).toContain(
      "failed       web1  nginx › template /etc/nginx/nginx.conf: content: ended with status 1 (playbooks/site.ts:12)\n",
    );
    expect(text).toContain(`
web1, web2 failed: nginx › nginx › template /etc/nginx/nginx.conf
  content: ended with status 1
  at playbooks/site.ts:12
  nginx: [emerg] unknown directive
  hint: look at the file

host  ok  changed  failed  unreachable
web1   2        0       1            0
web2   0        0       1            0

2 hosts in 12 s: nothing changed, 2 failed
`);
  });

  it("tells an ignored failure with its details, since the recap leaves it out", () => {
    const text = report([
      ...start(["web1"]),
      ended("web1", conf, { status: "failed", reason: "ignored", error: broken }),
      end({ web1: { ignored: 1 } }),
    ]);
    expect(text).toContain(
      "(playbooks/site.ts:12) (ignored)\n                 web1  nginx: [emerg] unknown directive\n",
    );
    expect(text).not.toContain("web1 failed:");
    expect(text).toContain(
      "host  ok  changed  failed  unreachable  ignored\nweb1   0        0       0            0        1\n",
    );
    expect(text).toContain("nothing changed, 1 ignored\n");
  });

  it("tells what an interrupt cut off as that, in a line without advice", () => {
    const error = { ...broken, code: "host.lost" as const, message: "cut off", hint: undefined, details: [] };
    const text = report([
      ...start(["web1"]),
      ended("web1", conf, { status: "failed", reason: "interrupted", error }),
      end({ web1: {} }, 99),
    ]);
    expect(text).toContain("    interrupted  web1  nginx › template /etc/nginx/nginx.conf: cut off\n");
    expect(text).not.toMatch(/unreachable {2}web1|hint/);
  });

  it("tells the task's line too, where what is wrong is somewhere else", () => {
    const location = { file: "/srv/nginx.conf.ejs", line: 7 };
    const error = { ...broken, code: "template.invalid" as const, location, details: [] };
    const text = report([
      ...start(["web1"]),
      ended("web1", { ...conf, location: { file: "/srv/site.ts", line: 3 } }, { status: "failed", error }),
      { type: "host:failed", host: "web1", step: "base", error },
      end({ web1: { failed: 1 } }, 2),
    ]);
    expect(text).toContain("  at /srv/nginx.conf.ejs:7, in the task at /srv/site.ts:3\n");
  });

  it("tells a host that was not reached, and how many", () => {
    const error = {
      ...broken,
      code: "host.unreachable" as const,
      message: "nothing listens there",
      location: undefined,
    };
    const text = report([
      ...start(["web1"]),
      { type: "host:unreachable", host: "web1", step: "base", error },
      end({ web1: { unreachable: 1 } }, 4),
    ]);
    expect(text).toContain("    unreachable  web1  step base: nothing listens there\n");
    const byTask = report([
      ...start(["web1"]),
      ended("web1", conf, { status: "failed", error }),
      { type: "host:unreachable", host: "web1", step: "base", error },
      end({ web1: { unreachable: 1 } }, 4),
    ]);
    expect(byTask).toContain(
      "    unreachable  web1  nginx › template /etc/nginx/nginx.conf: nothing listens there\n",
    );
    expect(byTask).not.toMatch(/^ +failed/m);
    expect(text).toContain("1 host in 12 s: nothing changed, 1 host unreachable\n");
  });

  it("in check mode says what would change, what is likely and what is unknown", () => {
    const text = report([
      ...start(["web1"], true),
      ended("web1", apt, { status: "changed", changes: [{ what: "installed" }] }),
      ended("web1", conf, { status: "likely", changes: [written] }),
      ended("web1", task("service", "nginx"), { status: "unknown", reason: "a package may start it" }),
      {
        type: "host:step:end",
        host: "web1",
        play: "web servers",
        step: "nginx",
        unknown: {
          message: "what command id gives is unknown",
          task: { label: "command id", location: { file: "/srv/site.ts", line: 3 } },
          location: { file: "/srv/site.ts", line: 5 },
          hint: "give it `readOnly: true`",
        },
      },
      end({ web1: { ok: 1, changed: 1, likely: 1, unknown: 2 } }),
    ]);
    expect(text).toContain("(check mode: nothing is changed)");
    expect(text).toContain("    would change  web1  nginx › apt nginx: installed\n");
    expect(text).toContain("    likely        web1  nginx › template /etc/nginx/nginx.conf: content\n");
    expect(text).toContain("    unknown       web1  service nginx: a package may start it\n");
    expect(text).toContain(
      [
        "    unknown       web1  the rest of step nginx: what command id gives is unknown (/srv/site.ts:5)",
        "                  web1  the task stands at /srv/site.ts:3",
        "                  web1  hint: give it `readOnly: true`\n",
      ].join("\n"),
    );
    expect(text).toContain(
      "host  ok  would change  likely  unknown\nweb1   1             1       1        2\n",
    );
    expect(text).toContain("1 task would change something, 1 likely, 2 unknown\n");
  });

  it("shows a message whose lines have tabs as a table, with nothing in it that moves the cursor", () => {
    const text = report([
      ...start(["web1"]),
      { type: "message", host: "web1", text: "name\twhat\nlonger\tone\u001b[2J" },
      { type: "message", host: "web1", text: "a\tb\nno table" },
    ]);
    expect(text).toContain(
      [
        "                 web1",
        "      name    what",
        "      longer  one",
        "                 web1  a  b",
      ].join("\n"),
    );
  });

  it("shows a message with very many tabs line by line, and not as a table", () => {
    const rows = Array.from({ length: 999 }, () => "a\tb");
    const text = report([
      ...start(["web1"]),
      { type: "message", host: "web1", text: [...rows, "\t".repeat(65_536)].join("\n") },
    ]);
    // a table would be as wide as it has columns, in each of its rows
    expect(text.length).toBeLessThan(2 * 65_536);
    expect(text).toContain("web1  a  b\n");
  });

  it("shows warnings, messages line by line, retries and handlers", () => {
    const wait = task("waitFor", "port 80");
    const text = report([
      ...start(["web1"]),
      { type: "warning", text: "host keys are not checked" },
      { type: "message", host: "web1", text: "one\n\u001b[2Jtwo" },
      { type: "task:start", host: "web1", step: "nginx", task: wait },
      {
        type: "task:retry",
        host: "web1",
        task: wait.id,
        attempt: 1,
        attempts: 5,
        reason: "port 80: refused",
      },
      { type: "host:step", host: "web1", play: "web servers", step: "handlers" },
      ended("web1", task("service", "nginx"), {
        step: "handlers",
        status: "changed",
        changes: [{ what: "reloaded" }],
      }),
    ]);
    expect(text).toContain("    warning  host keys are not checked\n");
    expect(text).toContain("                 web1  one\n                 web1  two\n");
    expect(text).toContain("    retry        web1  waitFor port 80: refused (try 1 of 5)\n");
    expect(text).toContain("  handlers\n    changed      web1  service nginx: reloaded\n");
  });

  it("has colours only where they are asked for, and the columns stand straight with them", () => {
    const style: Style = (colour, text) => `<${colour}>${text}</>`;
    const text = report([...start(["web1"]), ended("web1", apt, { status: "changed" })], { style });
    expect(text).toContain("    <yellow>changed</>      web1  nginx › apt nginx\n");
  });
});

it("jsonl has each event as it is, one a line", () => {
  const events = [...start(["web1"]), end({ web1: { ok: 1 } })].map((event) => at(event));
  let text = "";
  const reporter = jsonlReporter({ write: (piece: string) => (text += piece) });
  for (const event of events) reporter.subscribe(event);
  expect(
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual(events);
});
