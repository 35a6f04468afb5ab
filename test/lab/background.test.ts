/** Work in the background on real hosts, whose connections are cut. */
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { secret } from "../../src/base/secret.ts";
import { play } from "../../src/core/plays/play.ts";
import { background } from "../../src/core/steps/background.ts";
import { run as runInside } from "../../src/lab/index.ts";
import { command, debug, shell } from "../../src/modules/index.ts";
import { testLab } from "./support.ts";

const lab = testLab("labjobs", 88, ["one"]);
const poll = { poll: "200ms" } as const;

/** Waits until the test lets it go on, so that no clock decides whether it still runs. */
const waitsForGo = "until [ -e /tmp/go ]; do sleep 0.1; done";

/** Ends every connection of the user, from the host's side. */
const cut = "for pid in $(pgrep -u deploy sshd); do kill -9 $pid; done; sleep 1";

beforeAll(() => lab.up(), 180_000);
afterAll(() => lab.down(), 60_000);
beforeEach(() => onHost("rm -f /tmp/go"));

function onHost(script: string): Promise<string> {
  return runInside(lab.spec, "one", ["sh", "-c", script]);
}

it.each([
  ["root", true],
  ["the connection's user", false],
])(
  "a job of %s goes on while the connection is cut, and is found again",
  { timeout: 60_000 },
  async (_, become) => {
    const token = secret("job-token-7");
    const ran = await lab.run([
      play(
        "jobs",
        { hosts: "all", become },
        {
          s: async () => {
            const job = await background(
              shell(
                { cmd: `${waitsForGo}; echo "survived $(id -un)"; echo err >&2; [ "$TOKEN" = job-token-7 ]` },
                { environment: { TOKEN: token } },
              ),
              poll,
            );
            expect(await onHost("ps -eo args")).not.toContain("job-token");
            await shell({ cmd: cut }, { become: true, ignoreUnreachable: true });
            expect(job.finished()).toBe(false);
            const lease = become ? "/run/showrunner/lease" : "/tmp/showrunner-$(id -u deploy)/lease";
            await vi.waitFor(
              async () =>
                expect(await onHost(`flock -n ${lease} echo free || echo held`), "taken again").toBe(
                  "held\n",
                ),
              { timeout: 15_000, interval: 200 },
            );
            await onHost(": >/tmp/go");
            const { value } = await job.wait();
            expect(value).toEqual({
              stdout: `survived ${become ? "root" : "deploy"}\n`,
              stderr: "err\n",
              status: 0,
            });
            await command({ argv: ["true"] });
          },
        },
      ),
    ]);
    expect(ran.errors).toEqual([]);
    expect(ran.statuses).toEqual([
      expect.stringMatching(/^one shell for pid.*: failed$/),
      expect.stringMatching(/^one shell until .*: changed$/),
      "one command true: changed",
    ]);
    expect(await onHost("find / -xdev -path '*showrunner*jobs*' 2>/dev/null; :")).toBe("");
  },
);

it("a job of a run that lost its host is joined by the next run", { timeout: 60_000 }, async () => {
  const plays = (end: () => Promise<unknown>) => [
    play(
      "jobs",
      { hosts: "all", become: true },
      {
        s: async () => {
          const job = await background(shell({ cmd: `date +%N; ${waitsForGo}; echo done` }), poll);
          await end();
          const { value } = await job.wait();
          expect(value.stdout).toMatch(/^\d+\ndone\n$/);
        },
      },
    ),
  ];
  const first = await lab.run(plays(async () => shell({ cmd: cut })));
  expect(first.totals.unreachable).toBe(1);
  const second = await lab.run(plays(() => onHost(": >/tmp/go")));
  expect(second.errors).toEqual([]);
  expect(second.of("message").map(({ text }) => text)).toEqual([expect.stringContaining("joining it")]);
});

it("a task that has changed nothing by its changedWhen leaves no pending handler on the host", async () => {
  let pending = "";
  const ran = await lab.run([
    play(
      "handlers",
      { hosts: "all", become: true },
      {
        s: async () => {
          await shell(
            { cmd: "ls /var/lib/showrunner/owed | wc -l" },
            {
              changedWhen: ({ value }) => value.stdout !== "1\n",
              notify: debug({ message: "not told" }),
            },
          );
          pending = await onHost("ls /var/lib/showrunner/owed 2>/dev/null; :");
        },
      },
    ),
  ]);
  expect(ran.statuses).toEqual([expect.stringMatching(/: ok$/)]);
  expect(pending).toBe("");
});
