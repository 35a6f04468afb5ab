/** The program that has Nginx reload, with processes that any user of the host may have. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";

/** Like Nginx's master: a reload starts another worker, and ends the old one. */
const master = `
sub worker { my $pid = fork; return $pid if $pid; $SIG{HUP} = "IGNORE"; $0 = "nginx: worker process"; sleep 60; exit }
my $worker = worker();
$SIG{HUP} = sub { my $old = $worker; $worker = worker(); kill "TERM", $old; waitpid $old, 0 };
$SIG{TERM} = sub { kill "TERM", $worker; exit };
$| = 1; print "ready\\n"; sleep 1 while 1`;

/** Another user's process may have any name: here one that reads like the end of the name and a parent. */
const impostor = `
$0 = "nginx: worker process";
open my $name, ">", "/proc/self/comm" or die; print $name "b) S $ARGV[0] x"; close $name;
$| = 1; print "ready\\n"; sleep 60`;

const started: ChildProcess[] = [];
async function start(script: string, ...words: readonly string[]): Promise<number> {
  const child = spawn("perl", ["-e", script, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  await once(child.stdout, "data");
  return child.pid ?? Number.NaN;
}
let pid = 0;
beforeAll(async () => {
  pid = await start(master);
});
afterAll(() => {
  for (const child of started) child.kill();
});

const reload = () =>
  spawnSync("perl", ["roles/nginx/files/reload", `${pid}`], { encoding: "utf8", timeout: 50_000 });

it("ends once another worker has taken over", () => {
  expect(reload()).toMatchObject({ status: 0, stderr: "" });
});

it("takes nobody's process for a worker, whatever its name is", async () => {
  await start(impostor, `${pid}`);
  expect(reload()).toMatchObject({ status: 0, stderr: "" });
});
