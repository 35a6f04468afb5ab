/** Scripts around systemctl that say why, where systemctl only says that. */

import { dropInFolders } from "../../facts/systemd.ts";
import { lines, rawScript, type Script, sh } from "../../kit/index.ts";

/** What a unit is told to do. */
export type Verb = "start" | "restart" | "reload" | "stop";

/**
 * How long a new process is watched, in fifths of a second. systemd counts a `simple` service as started once it has
 * forked, before the program has read its configuration or even been found (systemd.service(5), Type=).
 */
const watched = 5;

/** Prints why a unit is not as it should be, and ends. */
function explain(name: string): Script {
  return lines(
    rawScript("explain() {"),
    sh`  systemctl show -p ActiveState,SubState,Result,ExecMainStatus -- ${name} | tr '\n' ' ' >&2; echo >&2`,
    sh`  journalctl -u ${name} -n 8 -o cat -q --no-pager >&2 2>/dev/null`,
    rawScript('  exit "$1"\n}'),
  );
}

/**
 * Tells a unit to do something, and sees that it did.
 *
 * @param refresh read changed unit files first: systemd would go on with the old ones
 */
export function systemctl(verb: Verb, name: string, refresh: boolean): Script {
  const run = verb === "start" ? start(name) : sh`systemctl ${verb} -- ${name} || explain $?`;
  return lines(
    explain(name),
    refresh ? readAltered(name) : rawScript(":"),
    run,
    verb === "stop" ? rawScript(":") : staysUp(name),
  );
}

/** A job to start what waits to be started again would wait along, however long that is: it is restarted instead. */
function start(name: string): Script {
  return sh`case $(systemctl show -p SubState -- ${name}) in
*=auto-restart*) systemctl restart -- ${name} ;;
*) systemctl start -- ${name} ;;
esac || explain $?`;
}

/** Has systemd read its unit files again if those of this unit were altered, or a drop-in came that nothing hides. */
export function readAltered(name: string): Script {
  const folders = dropInFolders(name);
  return lines(
    sh`seen=" $(systemctl show -p DropInPaths --value -- ${name}) "`,
    sh`case $(systemctl show -p NeedDaemonReload -- ${name}) in *=yes) altered=1 ;; *) altered= ;; esac`,
    ...folders.map(
      (folder, index) => sh`for file in ${folder}/*.conf; do
  [ -f "$file" ] || continue
  unseen=1
  for at in ${folders.slice(0, index + 1)}; do case $seen in *" $at/\${file##*/} "*) unseen= ;; esac; done
  [ -z "$unseen" ] || altered=1
done`,
    ),
    rawScript('[ -z "$altered" ] || systemctl daemon-reload || exit'),
  );
}

/**
 * Fails unless the unit is active, or has done its work and ended (`Type=oneshot`). One that systemd counts as started too soon is watched for a second; a service
 * that was restarted on its own in the meantime has crashed.
 */
function staysUp(name: string): Script {
  return lines(
    sh`look() { state=$(systemctl show -p ActiveState,Type,NRestarts,Result -- ${name}); }`,
    rawScript(`look
case $state in
*Type=simple*|*Type=exec*|*Type=idle*)
  restarts=$(printf '%s\\n' "$state" | grep NRestarts)
  tries=${watched}
  while [ $tries -gt 0 ]; do
    sleep 0.2
    look
    case $state in *"$restarts"*) ;; *) echo "it ended soon after it was started, and systemd started it again" >&2; explain 1 ;; esac
    case $state in *ActiveState=active*) ;; *) echo "it ended soon after it was started" >&2; explain 1 ;; esac
    tries=$((tries - 1))
  done ;;
esac
is() { case $state in *"$1"*) ;; *) return 1 ;; esac; }
is ActiveState=active || is ActiveState=reloading || is ActiveState=refreshing ||
  { is Type=oneshot && is Result=success; } ||
  { echo "it is not running after it was started" >&2; explain 1; }`),
  );
}
