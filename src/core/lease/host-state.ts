/** What a host keeps for runs: who changed it last, and which handlers are pending. One folder a user. */

import { randomBytes } from "node:crypto";
import { ownUid } from "../../base/own-uid.ts";
import { rawScript, sh } from "../../base/script.ts";
import { defineFact, nothingElse } from "../facts/fact.ts";
import { holderFrom, isDead, type LeaseHolder } from "./lease-holder.ts";
import { type PendingHandler, pendingHandlerFrom } from "./pending-handler.ts";
import { longestHolder, longestRecord, mostRecords } from "./record-limits.ts";

interface HostState {
  /** Who held the lease last, and whether that run ended it in good order; empty where nobody did since the boot. */
  readonly last: string;
  /** Another run that has the lease. While that run lives, the pending handlers are its own. */
  readonly holder: LeaseHolder | undefined;
  readonly pendingHandlers: readonly PendingHandler[];
}

/**
 * Sets the variables `run` (a folder that a reboot empties) and `state` (a folder that lasts) for the user that runs
 * the script. Users other than root have these folders where anybody may write, since a home may be shared with another
 * host, or be a web server's root. So the script enters a folder only by `enter`, which fails if another user made the
 * folder.
 *
 * `enter` goes into a folder of this user's own, and follows no link at its last name. All that follows happens in that
 * very folder: a user who may rename the folders above can't replace it. `make` creates the folder first, if needed,
 * and returns 2 if it can't.
 */
export const stateFolders = rawScript(`${ownUid}
sr_who
if [ -n "\${SHOWRUNNER_STATE:-}" ]; then run=$SHOWRUNNER_STATE/run state=$SHOWRUNNER_STATE/lib
elif [ "$sr_me" = 0 ]; then run=/run/showrunner state=/var/lib/showrunner
else run=/tmp/showrunner-$sr_me state=/var/tmp/showrunner-$sr_me; fi
enter() {
  [ -O "$1" ] && [ ! -L "$1" ] && cd -P -- "\${1%/*}" 2>/dev/null || return
  above=\${PWD%/}
  cd -P -- "./\${1##*/}" 2>/dev/null && [ "$PWD" = "$above/\${1##*/}" ] && [ -O . ]
}
make() { [ -d "$1" ] || mkdir -p -- "$1" || return 2; enter "$1"; }`);

/** Reads the pending handlers of the folder that was entered: a line each. */
const readPending = rawScript(`count=0
for record in owed/*.json; do
  [ -f "$record" ] && [ ! -L "$record" ] || continue
  count=$((count + 1))
  [ $count -le ${mostRecords} ] || { echo "more than ${mostRecords} records of pending handlers are in $PWD/owed" >&2; exit 1; }
  head -c ${longestRecord} -- "$record" 2>/dev/null; echo
done`);

/**
 * Keyed by the run that asks. Read along with the first facts, so that it costs no round trip. If the lock is held,
 * another run is at work, unless the holder is the run that asks.
 */
export const hostState = defineFact<string, HostState>({
  name: "showrunner.state",
  restsOn: nothingElse,
  lasting: ({ pendingHandlers }) => pendingHandlers.map(({ id }) => id),
  script: ([asking = ""]) => sh`${stateFolders}
last= holder=
if enter "$run"; then
  [ ! -f last ] || [ -L last ] || read -r last <last
  if [ -f lease ] && [ ! -L lease ] && [ -f holder ] && [ ! -L holder ] && command -v flock >/dev/null; then
    holder=$(head -c ${longestHolder} holder)
    case $holder in *${asking}*) holder= ;; *) ! flock -n -s lease true || holder= ;; esac
  fi
fi
printf '%s\\n' "$last" "$holder"
! enter "$state" || {
${readPending}
}`,
  parse: (stdout, [asking = ""]) => {
    const [last = "", holder = "", ...records] = stdout.toString().split("\n");
    return new Map([
      [asking, { last, holder: holderFrom(holder), pendingHandlers: pendingHandlersIn(records) }],
    ]);
  },
});

/** Whether another run is at work. */
export function isBusy({ holder }: HostState): boolean {
  return holder !== undefined && !isDead(holder);
}

export interface KeptHandler extends PendingHandler {
  /** Whose folder it lies in; undefined for that of the user who asks. */
  readonly keeper: string | undefined;
}

/** Marks the line with the name of a folder's owner; no record contains it. */
const ownerMark = randomBytes(12).toString("hex");

/**
 * Root reads the pending handlers of other users. A user may do anything in their own folder meanwhile. So the folder
 * is checked before it is entered and again after, and `dd` follows no link, waits for no pipe and reads a limited
 * amount. If dd can't do that (busybox), other users' records are not read. Of a very full folder only the first part
 * is read.
 */
const readOthersPending = rawScript(`[ "$sr_me" = 0 ] && cd -P /var/tmp || exit 0
base=\${PWD%/}
owner_of() { stat -c %u -- "$1" 2>/dev/null; }
for other in $(find . -maxdepth 1 -type d -name 'showrunner-[0-9]*' 2>/dev/null | tr -dc '0-9\\n' | head -n ${mostRecords}); do
  (
    [ "$(owner_of "$base/showrunner-$other")" = "$other" ] || exit
    for name in "$base/showrunner-$other" owed; do
      [ ! -L "$name" ] && cd -P -- "$name" && [ "$(owner_of .)" = "$other" ] || exit
    done 2>/dev/null
    [ "$PWD" = "$base/showrunner-$other/owed" ] || exit
    echo "${ownerMark} $(stat -c %U . 2>/dev/null)"
    find . -maxdepth 1 -type f -name '[0-9]*.json' 2>/dev/null | head -n ${mostRecords} | while read -r record; do
      dd if="$record" iflag=nofollow,nonblock bs=${longestRecord} count=1 2>/dev/null; echo
    done | head -c ${longestRecord}
    echo
  )
done`);

/** Every pending handler that the user who asks may read: root sees those of all users. */
export const allPendingHandlers = defineFact<"", readonly KeptHandler[]>({
  name: "showrunner.pending-handlers",
  restsOn: nothingElse,
  limit: () => 4 * 1024 * 1024,
  script: () => sh`${stateFolders}
! enter "$state" || {
${readPending}
}
${readOthersPending}
:`,
  parse: (stdout) => {
    let keeper: string | undefined;
    const pendingHandlers: KeptHandler[] = [];
    for (const line of stdout.toString().split("\n")) {
      if (line.startsWith(`${ownerMark} `)) keeper = line.slice(ownerMark.length + 1);
      else if (line.startsWith("{") && pendingHandlers.length < 10 * mostRecords)
        pendingHandlers.push(...pendingHandlersIn([line]).map((pending) => ({ ...pending, keeper })));
    }
    return new Map([["", pendingHandlers]]);
  },
});

function pendingHandlersIn(lines: readonly string[]): readonly PendingHandler[] {
  const records = lines.filter((line) => line.startsWith("{"));
  return records.slice(0, 10 * mostRecords).flatMap((line) => pendingHandlerFrom(line) ?? []);
}
