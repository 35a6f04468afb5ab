/** What a host keeps for runs: who changed it last, and which handlers are owed. One folder a user. */
import { type Debt, debtFrom } from "./debt.ts";
import { defineFact } from "./fact.ts";
import { rawScript, sh } from "./script.ts";

export interface HostState {
  /** Who held the lease last, and whether that run ended it in good order; empty where nobody did since the boot. */
  readonly last: string;
  /** Whether another run is at work. What is owed is that run's own then. */
  readonly busy: boolean;
  /** What is owed by runs that did not end. */
  readonly debts: readonly Debt[];
}

/**
 * Sets `run`, which a reboot empties, and `state`, which lasts, for the user that runs the script. A home may be
 * shared by many hosts, so the host's name is in its path.
 */
export const stateFolders = rawScript(`uid=$(id -u)
if [ -n "\${SHOWRUNNER_STATE:-}" ]; then run=$SHOWRUNNER_STATE/run state=$SHOWRUNNER_STATE/lib
elif [ "$uid" = 0 ]; then run=/run/showrunner state=/var/lib/showrunner
else run=/tmp/showrunner-$uid state=\${XDG_STATE_HOME:-$HOME/.local/state}/showrunner/$(uname -n); fi`);

/** By the run that asks. Read along with its first facts, so that knowing it costs no round trip. */
export const hostState = defineFact<string, HostState>({
  name: "showrunner.state",
  lasting: ({ debts }) => debts.map(({ id }) => id),
  script: ([asking = ""]) => sh`${stateFolders}
last=; [ ! -f "$run/last" ] || read -r last <"$run/last"
printf '%s\\n' "$last"
set -- "$state"/owed/*.json
[ -f "$1" ] || exit 0
if [ -f "$run/lease" ] && command -v flock >/dev/null && ! flock -n "$run/lease" true; then
  case $(cat "$run/holder") in *${asking}*) ;; *) echo busy; exit 0 ;; esac
fi
echo; cat -- "$@"`,
  parse: (stdout, [asking = ""]) => {
    const [last = "", busy = "", ...debts] = stdout.toString().split("\n");
    return new Map([
      [asking, { last, busy: busy === "busy", debts: debts.flatMap((line) => debtFrom(line) ?? []) }],
    ]);
  },
});
