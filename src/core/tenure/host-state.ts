/** What a host keeps for runs: who changed it last, and which handlers are owed. One folder a user. */

import { rawScript, sh } from "../base/script.ts";
import { defineFact } from "../facts/fact.ts";
import { type Debt, debtFrom } from "./debt.ts";
import { holderFrom, isDead, type LeaseHolder } from "./lease-holder.ts";

export interface HostState {
  /** Who held the lease last, and whether that run ended it in good order; empty where nobody did since the boot. */
  readonly last: string;
  /** Another run that has the lease. While that lives, what is owed is its own. */
  readonly holder: LeaseHolder | undefined;
  readonly debts: readonly Debt[];
}

/**
 * Sets `run`, which a reboot empties, and `state`, which lasts, for the user that runs the script. Others than root
 * have them where anybody may write (a home may be another host's as well, or a web server's root), so the script
 * asks `ours` whether nobody else was there first.
 */
export const stateFolders = rawScript(`uid=$(id -u)
if [ -n "\${SHOWRUNNER_STATE:-}" ]; then run=$SHOWRUNNER_STATE/run state=$SHOWRUNNER_STATE/lib
elif [ "$uid" = 0 ]; then run=/run/showrunner state=/var/lib/showrunner
else run=/tmp/showrunner-$uid state=/var/tmp/showrunner-$uid; fi
ours() { [ -d "$1" ] && [ -O "$1" ] && [ ! -L "$1" ]; }`);

/** Reads a folder's debts: a line each. */
const readDebts = rawScript(`for debt in "$state"/owed/*.json; do
  [ -f "$debt" ] && [ ! -L "$debt" ] && cat -- "$debt" 2>/dev/null
done; :`);

/**
 * By the run that asks. Read along with its first facts, so that knowing it costs no round trip. A lock that is held
 * says that another run is at work, unless it is the one that asks.
 */
export const hostState = defineFact<string, HostState>({
  name: "showrunner.state",
  lasting: ({ debts }) => debts.map(({ id }) => id),
  script: ([asking = ""]) => sh`${stateFolders}
last= holder=
if ours "$run"; then
  [ ! -f "$run/last" ] || read -r last <"$run/last"
  if [ -f "$run/lease" ] && [ -f "$run/holder" ] && command -v flock >/dev/null; then
    holder=$(cat "$run/holder")
    case $holder in *${asking}*) holder= ;; *) ! flock -n -s "$run/lease" true || holder= ;; esac
  fi
fi
printf '%s\\n' "$last" "$holder"
! ours "$state" || {
${readDebts}
}`,
  parse: (stdout, [asking = ""]) => {
    const [last = "", holder = "", ...debts] = stdout.toString().split("\n");
    return new Map([[asking, { last, holder: holderFrom(holder), debts: debtsIn(debts) }]]);
  },
});

/** Whether another run is at work. */
export function isBusy({ holder }: HostState): boolean {
  return holder !== undefined && !isDead(holder);
}

export interface KeptDebt extends Debt {
  /** Whose folder it lies in; undefined for that of the user who asks. */
  readonly keeper: string | undefined;
}

/** Every debt that the user who asks may read: root sees those of all users. */
export const allDebts = defineFact<"", readonly KeptDebt[]>({
  name: "showrunner.debts",
  script: () => sh`${stateFolders}
${readDebts}
for state in /var/tmp/showrunner-*; do [ "$uid" != 0 ] || [ ! -d "$state/owed" ] || {
ls -ld "$state" | { read -r mode links owner rest; echo "of $owner"; }
${readDebts}
}; done`,
  parse: (stdout) => {
    let keeper: string | undefined;
    const debts = stdout
      .toString()
      .split("\n")
      .flatMap((line): readonly KeptDebt[] => {
        const [, owner] = /^of ([\w][\w.-]*)$/.exec(line) ?? [];
        if (owner !== undefined) keeper = owner;
        return debtsIn([line]).map((debt) => ({ ...debt, keeper }));
      });
    return new Map([["", debts]]);
  },
});

function debtsIn(lines: readonly string[]): readonly Debt[] {
  return lines.flatMap((line) => debtFrom(line) ?? []);
}
