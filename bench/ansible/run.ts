/** Ansible's turn: writes its files, applies the playbook until it agrees that nothing differs, and times it. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ShowrunnerError } from "../../src/base/errors.ts";
import type { Progress } from "../../src/lab/index.ts";
import { lab } from "../lab.ts";
import { lastWords, type Measured, measure } from "../measure.ts";
import type { Sample } from "../rounds.ts";
import { ansibleInventory, ansiblePlaybook } from "./playbook.ts";
import { type AnsibleFlavour, ansibleConfig, ansibleEnvironment, ansibleFiles } from "./settings.ts";

/** So often it may apply the playbook until it finds no more to change. */
const attempts = 3;

/** Ansible on this machine, ready to be run on the lab's hosts. */
export class Ansible {
  readonly #controlFolder: string;

  private constructor(controlFolder: string) {
    this.#controlFolder = controlFolder;
  }

  /** Writes its inventory, playbook and settings. */
  static async prepare(): Promise<Ansible> {
    const controlFolder = await mkdtemp(join(tmpdir(), "bench-"));
    await mkdir(ansibleFiles.folder, { recursive: true });
    await writeFile(ansibleFiles.inventory, ansibleInventory());
    await writeFile(ansibleFiles.playbook, ansiblePlaybook());
    await writeFile(ansibleFiles.config, ansibleConfig(controlFolder));
    return new Ansible(controlFolder);
  }

  /**
   * Applies the playbook until nothing changes.
   *
   * @returns how many tasks the first run changed, on all hosts together: 0 where the tools agree
   */
  async converge(flavour: AnsibleFlavour, signal: AbortSignal, progress: Progress): Promise<number> {
    let first: number | undefined;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      progress(`applying Ansible's playbook with ${flavour}`);
      const changed = changedTasks(await this.#run(flavour, signal));
      first ??= changed;
      if (changed === 0) return first;
    }
    throw new ShowrunnerError("task.failed", `Ansible still changes something in its run ${attempts}`);
  }

  /**
   * Times one run, from no connection to the end of the process.
   *
   * @returns the seconds that it took
   * @throws ShowrunnerError if it failed or changed anything
   */
  async time(flavour: AnsibleFlavour, signal: AbortSignal): Promise<Sample> {
    const run = await this.#run(flavour, signal);
    if (changedTasks(run) > 0)
      throw new ShowrunnerError("task.failed", `Ansible with ${flavour} changed something`, {
        details: lastWords(run),
      });
    return { seconds: run.seconds };
  }

  /** Removes what is of no use without the hosts. */
  async close(): Promise<void> {
    await this.#endConnections();
    await rm(this.#controlFolder, { recursive: true, force: true });
  }

  async #run(flavour: AnsibleFlavour, signal: AbortSignal): Promise<Measured> {
    const env = ansibleEnvironment(flavour);
    const run = await measure(["ansible-playbook", ansibleFiles.playbook], { env, signal });
    await this.#endConnections();
    if (run.status === 0) return run;
    throw new ShowrunnerError("task.failed", `Ansible with ${flavour} ended with status ${run.status}`, {
      details: lastWords(run),
    });
  }

  /** Ansible keeps its connections for a minute: the next run must begin with none, as the others do. */
  async #endConnections(): Promise<void> {
    await Promise.all(
      lab.hosts.map(({ address }) =>
        measure(["ssh", "-F", "none", "-O", "exit", "-S", join(this.#controlFolder, address), address]),
      ),
    );
  }
}

/** The sum over the recap's hosts, each of which must be there. */
function changedTasks(run: Measured): number {
  const recap = [...run.stdout.matchAll(/^\S+\s*: ok=\d+\s+changed=(\d+)\s+unreachable=0\s+failed=0/gm)];
  if (recap.length !== lab.hosts.length)
    throw new ShowrunnerError("task.failed", "Ansible's recap does not name every host", {
      details: lastWords(run),
    });
  return recap.reduce((sum, [, changed]) => sum + Number(changed), 0);
}
