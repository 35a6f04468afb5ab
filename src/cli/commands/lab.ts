/** `run lab up|down|status|ssh|reset|stop|start` */
import { spawn } from "node:child_process";
import type { Command } from "commander";
import type { Progress } from "../../lab/index.ts";
import { say, styleFor } from "../../report/index.ts";
import { findInventory } from "../inventories.ts";
import { labSpec } from "../lab-spec.ts";
import { inventoryOption } from "../options.ts";
import { sshArguments } from "../ssh-arguments.ts";
import { table } from "../text.ts";

interface Flags {
  readonly inventory?: readonly string[];
}

export function configure(command: Command, exitWith: (code: number) => void): void {
  command.description(
    "Makes an inventory's hosts on this machine, as throw-away systems to run against, and takes them down again.",
  );
  const sub = (usage: string, description: string) =>
    inventoryOption(command.command(usage).description(description).copyInheritedSettings(command));

  sub("up", "makes and starts the hosts; those that run stay as they are").action(async (flags: Flags) => {
    const { up, spec } = await open(flags);
    await up(spec, progress);
  });
  sub("down", "removes the hosts and all that was made for them").action(async (flags: Flags) => {
    const { down, spec } = await open(flags);
    await down(spec, progress);
  });
  sub("reset [hosts...]", "gives the named hosts, or all, a fresh disk").action(
    async (hosts: readonly string[], flags: Flags) => {
      const { reset, spec } = await open(flags);
      await reset(spec, hosts.length > 0 ? hosts : undefined, progress);
    },
  );
  sub("stop <host>", "powers a host off")
    .option("--sudden", "as if its plug were pulled")
    .action(async (host: string, flags: Flags & { sudden?: boolean }) => {
      const { stop, spec } = await open(flags);
      await stop(spec, host, { sudden: flags.sudden ?? false });
      progress(`${host} is off`);
    });
  sub("start <host>", "powers a host on").action(async (host: string, flags: Flags) => {
    const { start, spec } = await open(flags);
    await start(spec, host);
    progress(`${host} is on, and answers`);
  });
  sub("status", "says which hosts run").action(async (flags: Flags) => {
    const { status, spec } = await open(flags);
    const { hosts, network, suite } = await status(spec);
    const style = styleFor(process.stdout);
    const rows = hosts.map(({ name, address, state, answers }) => [
      name,
      address,
      state === "running" ? style("green", state) : style("yellow", state),
      state === "running" ? (answers ? "answers" : "does not answer yet") : "",
    ]);
    say(process.stdout, `lab ${spec.name}: ${suite} on ${network}`, ...table(rows));
  });
  sub("ssh <host> [command...]", "opens a shell on a host, or runs a command there").action(
    async (host: string, words: readonly string[], flags: Flags) => {
      const { inventory, root } = await findInventory(flags.inventory);
      exitWith(await ssh([...sshArguments(inventory.host(host), root), ...words]));
    },
  );
}

async function open({ inventory }: Flags) {
  const spec = labSpec(await findInventory(inventory));
  return { spec, ...(await import("../../lab/index.ts")) };
}

const progress: Progress = (line) => say(process.stdout, line);

function ssh(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn("ssh", args, { stdio: "inherit" });
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? 255));
  });
}
