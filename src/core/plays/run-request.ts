/** What a run of plays is asked for. */
import type { Duration } from "../../base/duration.ts";
import type { HostInfo } from "../../base/host.ts";
import type { Become, Connect } from "../../transport/transport.ts";
import type { RunOptions } from "../engine/run-state.ts";
import type { RunFiles, Subscriber } from "../events/events.ts";
import type { ConfirmStep } from "./confirm.ts";
import type { RunHooks } from "./run-hooks.ts";
import type { PlaysRequest } from "./select-plays.ts";
import type { ExtraVars } from "./vars.ts";

/** How the engine connects to a host, and as which user. */
export interface HostAccess {
  readonly connect: Connect;
  /** Whether tasks run as another user where neither they nor their play say so. Default false. */
  readonly become?: boolean | undefined;
  /** The name of that user, also for a play with `become: true`. Default root. */
  readonly becomeUser?: string | undefined;
  readonly becomePassword?: Become["password"];
  /** The program that changes the user. Default sudo. */
  readonly becomeMethod?: Become["method"];
  /**
   * Whether one run at a time may change the host, with handlers that outlive a killed run. Default true; the control
   * machine itself, which many runs use at once, is better off without.
   */
  readonly lease?: boolean | undefined;
  /**
   * Whether facts are read before tasks ask for them. Default true; on the control machine itself that saves nothing,
   * and a step's code may change the machine at any moment.
   */
  readonly readsAhead?: boolean | undefined;
}

export interface RunRequest extends RunOptions, PlaysRequest {
  /** The names of the playbook and the inventory in the output. */
  readonly name: string;
  readonly inventoryName: string;
  /** What the user gave as `-i`, for commands that messages tell to run. Default: nothing. */
  readonly givenInventories?: readonly string[];
  readonly access: (host: HostInfo) => HostAccess;
  readonly extraVars?: ExtraVars;
  /** How many hosts are worked on at a time. Default 20. */
  readonly forks?: number;
  /** How long to wait for a host that another run is changing. Default 10 s. */
  readonly waitLease?: Duration;
  /** Ends the other run's commands on such a host instead, and those that a dead run left behind. */
  readonly takeOver?: boolean;
  /**
   * Whether the project has a playbook of this name: handlers that another playbook left are reported only for a while.
   */
  readonly hasPlaybook?: ((name: string) => boolean) | undefined;
  /** Asked before each step of each batch. Default: nobody is asked. */
  readonly confirmStep?: ConfirmStep | undefined;
  readonly subscribers?: readonly Subscriber[];
  /** Hooks that keep a plan, or hold the run to a plan. */
  readonly hooks?: RunHooks | undefined;
  /**
   * The file in which runs of this playbook on this inventory note what they read, so that the next run reads that
   * early. Made if it does not exist; an invalid file counts as missing. Default: no such file is kept.
   */
  readonly readHistory?: string | undefined;
  /** Where long output of commands waits until it is read, in a file without a name. Default: in memory. */
  readonly outputFolder?: string | undefined;
  /** What the run is part of, for its journal. Default: nothing else. */
  readonly purpose?: "plan" | "apply" | undefined;
  /** Where the playbook and the inventory are, for its journal. */
  readonly files?: RunFiles | undefined;
  /**
   * Stops the run: running tasks are cut off, and the summary says what was done. Its exit code is 99, or that of the
   * ShowrunnerError which is the signal's reason.
   */
  readonly signal?: AbortSignal;
}
