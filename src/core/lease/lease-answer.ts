/** What a host answers when it is asked for the lease. See keeper-script.ts for its words. */
import { ShowrunnerError } from "../../base/errors.ts";
import { type Keeper, noAnswer } from "./keeper.ts";
import { holderFrom, isDead, type LeaseHolder } from "./lease-holder.ts";
import { described, orphanTexts } from "./lease-text.ts";

/** The lease is ours: taken just now, or held already under another name of the same host. */
interface Granted {
  readonly kind: "granted";
  /** The host's `last` (see HostState). */
  readonly last: string;
  readonly isShared: boolean;
}

/** The lease is another run's. */
export interface Held {
  readonly kind: "held";
  /** That run, or the dead one whose commands are waited for; empty where it does not say. */
  readonly by: string;
  /** What keeps us away, for the user. */
  readonly trouble: string;
}

/** The holder was a process of this machine that has ended: its connection outlived it. */
interface Dead {
  readonly kind: "dead";
  readonly holder: LeaseHolder;
}

interface Listening {
  /** Called with the lock's name, before anything is answered. */
  lock(name: string): void;
  tell(text: string): void;
  /** Seconds that the host was told to wait. */
  readonly wait: number;
  isOurs(holder: LeaseHolder): boolean;
  /** Whether a dead holder is reported as dead. */
  readonly endsDead: boolean;
}

/**
 * Listens to a keeper until it has answered. Unless the lease was granted, the keeper has then ended.
 *
 * @throws ShowrunnerError `lease.failed`, `host.lost`
 */
export async function listen(keeper: Keeper, listening: Listening): Promise<Granted | Held | Dead> {
  const { tell, wait } = listening;
  let held: Held = { kind: "held", by: "", trouble: "" };
  const orphans: string[] = [];
  for (;;) {
    const [word, rest] = await keeper.hear();
    switch (word) {
      case "lock":
        listening.lock(rest);
        continue;
      case "ready":
        keeper.go();
        continue;
      case "granted":
        return { kind: "granted", last: rest, isShared: false };
      case "unguarded":
        tell("there is no flock on this host (util-linux): other runs may change it at the same time");
        return { kind: "granted", last: "", isShared: false };
      case "held": {
        const other = holderFrom(rest);
        // two names of one host, or two users who are the same
        if (other && listening.isOurs(other)) {
          await keeper.leave();
          return { kind: "granted", last: `${other.run} held`, isShared: true };
        }
        if (other && listening.endsDead && isDead(other)) {
          keeper.close();
          return { kind: "dead", holder: other };
        }
        held = {
          kind: "held",
          by: other?.run ?? "",
          trouble: `another run is changing this host: ${described(other)}`,
        };
        break;
      }
      case "orphan":
        orphans.push(rest);
        continue;
      case "orphans": {
        const dead = holderFrom(rest);
        const trouble = `${described(dead)}, died and left commands running here: ${orphanTexts(orphans)}`;
        held = { kind: "held", by: dead?.run ?? "", trouble };
        break;
      }
      case "ended":
        tell(`taken over, and all commands here ended, from ${described(holderFrom(rest))}`);
        continue;
      case "late":
        keeper.close();
        return held;
      case "refused":
        throw new ShowrunnerError("lease.failed", "the host has no place for the lease", {
          details: [rest],
          hint: "make that folder the user's own and writable, or set lease: false for the host",
        });
      default:
        keeper.close();
        throw new ShowrunnerError("host.lost", noAnswer().message, { details: keeper.complaint });
    }
    if (wait > 0) tell(`${held.trouble}: waiting for up to ${wait} s`);
  }
}
