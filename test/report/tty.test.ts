import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/core/events/events.ts";
import { HostRows } from "../../src/report/rows.ts";
import { Screen } from "../../src/report/screen.ts";
import { plain } from "../../src/report/style.ts";
import { ttyReporter } from "../../src/report/tty.ts";
import { at, broken, end, ended, start, task } from "./events.ts";

const frame = { columns: 60, rows: 24, now: 6_000, spinner: "*" };

function rowsAfter(events: readonly RunEvent[], shape = frame): string[] {
  const rows = new HostRows(plain);
  for (const event of events) rows.tell(at(event));
  return rows.draw(shape);
}

function working(host: string, step = "nginx"): RunEvent {
  return { type: "host:step", host, play: "web servers", step };
}

describe("the rows", () => {
  it("say of each host what it does, for how long, and what a long command printed last", () => {
    const apt = task("apt", "nginx", ["nginx"]);
    const lines = rowsAfter([
      ...start(["web1", "web2", "db1", "db2"]),
      working("web1"),
      { type: "task:start", host: "web1", step: "nginx", task: apt },
      {
        type: "task:output",
        host: "web1",
        task: apt.id,
        stream: "stdout",
        text: "10%\r\u001b[1mSetting up\u001b[0m",
      },
      working("web2"),
      { type: "host:step:end", host: "web2", play: "web servers", step: "nginx" },
      { type: "host:failed", host: "db1", step: "base", error: broken },
    ]);
    expect(lines).toEqual(
      [
        "* web1  nginx › nginx › apt nginx  5 s  Setting up",
        "✔ web2  done",
        "✖ db1   failed: content: ended with status 1",
        "· db2",
        "  web servers · nginx (step 2 of 2) · 1 of 4 hosts at work · 5 s",
      ].map((line) => (line.length > 59 ? `${line.slice(0, 58)}…` : line)),
    );
  });

  it("forget a task that ended", () => {
    const apt = task("apt", "nginx");
    const [line] = rowsAfter([
      ...start(["web1"]),
      working("web1"),
      { type: "task:start", host: "web1", step: "nginx", task: apt },
      ended("web1", apt),
    ]);
    expect(line).toBe("* web1  nginx");
  });

  it.each([1, 2, 3, 5, 10, 24, 50])("are never taller than a terminal of %i lines, nor wider", (height) => {
    const hosts = Array.from({ length: 60 }, (_, number) => `host-with-a-long-name-${number}`);
    const events: RunEvent[] = [...start(hosts)];
    for (const host of hosts) {
      const shown = task("command", "x".repeat(200));
      events.push(working(host), { type: "task:start", host, step: "nginx", task: shown });
      events.push({ type: "task:output", host, task: shown.id, stream: "stdout", text: "y".repeat(500) });
    }
    const lines = rowsAfter(events, { ...frame, columns: 80, rows: height });
    expect(lines.length).toBeLessThanOrEqual(height);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  it("leave out the hosts that do nothing where there is no room, and count them", () => {
    const hosts = Array.from({ length: 30 }, (_, number) => `web${number}`);
    const lines = rowsAfter([...start(hosts), working("web7"), working("web20")], { ...frame, columns: 80 });
    expect(lines).toEqual([
      expect.stringContaining("web7"),
      expect.stringContaining("web20"),
      "  and 28 hosts: 28 waiting",
      expect.stringContaining("2 of 30 hosts at work"),
    ]);
  });
});

describe("the screen", () => {
  function recorded() {
    const written: string[] = [];
    return { written, screen: new Screen({ write: (text: string) => written.push(text) }) };
  }

  it("redraws its lines, keeps permanent lines above, and shows the cursor again", () => {
    const { written, screen } = recorded();
    screen.draw(["a", "b", "c"]);
    screen.draw(["a", "B"], ["said"]);
    screen.end();
    screen.end();
    expect(written).toEqual([
      "\u001b[?25l\u001b[?7la\nb\nc\u001b[?7h",
      "\u001b[?25l\r\u001b[2A\u001b[0Jsaid\n\u001b[?7la\nB\u001b[?7h",
      "\r\u001b[1A\u001b[0J\u001b[?25h",
    ]);
  });

  it("writes nothing where nothing is new", () => {
    const { written, screen } = recorded();
    screen.draw(["a"]);
    screen.draw(["a"]);
    expect(written).toHaveLength(1);
    screen.end();
  });
});

describe("the report on a terminal", () => {
  it("leaves what changed and the recap, and no rows, and takes no signal", async () => {
    let text = "";
    const listeners = process.listenerCount("SIGINT");
    const stream = { write: (piece: string) => (text += piece), isTTY: true, columns: 60, rows: 20 };
    const reporter = ttyReporter(stream, { verbose: false, diff: false, style: plain });
    const apt = task("apt", "a title that is much too long for a terminal which has sixty columns");
    for (const event of [
      ...start(["web1", "web2"]),
      ended("web1", apt, { status: "changed" }),
      end({ web1: { changed: 1 }, web2: {} }),
    ] as const)
      reporter.subscribe(at(event));
    expect(process.listenerCount("SIGINT")).toBe(listeners);
    await reporter.close();
    const shown = afterErasing(text);
    expect(shown).toContain("    changed      web1  apt a title that is much too long fo…\n");
    expect(shown).toMatch(/1 task changed something\n$/);
    expect(shown).not.toContain("at work");
  });

  it("closes where the run never began", async () => {
    const reporter = ttyReporter({ write: () => undefined }, { verbose: false, diff: false, style: plain });
    await expect(reporter.close()).resolves.toBeUndefined();
  });
});

const control = "\u001b";

/** What is left on the screen: each erasing takes away the lines it goes up over. */
function afterErasing(text: string): string {
  const pieces = new RegExp(
    `\\r(?:${control}\\[(\\d+)A)?${control}\\[0J|${control}\\[\\?\\d+[hl]|\\n|[^\\n\\r${control}]+`,
    "g",
  );
  const lines = [""];
  for (const [piece, up] of text.matchAll(pieces)) {
    if (piece.startsWith("\r")) lines.splice(lines.length - 1 - Number(up ?? 0), lines.length, "");
    else if (piece === "\n") lines.push("");
    else if (!piece.startsWith(control)) lines.push((lines.pop() ?? "") + piece);
  }
  return lines.join("\n");
}
