/** apt-get as a machine calls it: asks nothing, keeps configuration files, waits for another one to finish. */
import { lines, rawScript, type Script, sh } from "../../core/base/script.ts";

/** Seconds to wait while another process installs packages: as a fresh cloud machine does after its first boot. */
const lockWait = 300;

const environment = rawScript("DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND");

/**
 * A command of apt-get that installs or removes.
 *
 * A configuration file that was edited stays: the new one is put beside it as `.dpkg-dist` (dpkg(1), --force-confold).
 */
export function aptGet(command: string, options: readonly string[], names: readonly string[] = []): Script {
  const always = [
    "-y",
    "-q",
    "-o",
    `DPkg::Lock::Timeout=${lockWait}`,
    "-o",
    "Dpkg::Options::=--force-confdef",
    "-o",
    "Dpkg::Options::=--force-confold",
    "-o",
    "Acquire::Retries=3",
  ];
  return lines(
    environment,
    sh`apt-get ${always} ${options} ${command} ${names.length === 0 ? [] : ["--", ...names]}`,
  );
}

/** Finishes what a dpkg that was cut off had begun. */
export const finishInterrupted: Script = lines(
  environment,
  rawScript("dpkg --force-confdef --force-confold --configure -a"),
);

/**
 * Fetches the package lists, and fails if any of them can't be had.
 *
 * apt waits for no lock on the lists, so this does. The directory's time is set because apt leaves it alone where
 * nothing was new: it is by this time that the lists' age is told.
 */
export const updateLists: Script = lines(
  environment,
  rawScript(`waited=0
while :; do
  said=$(apt-get -q -o APT::Update::Error-Mode=any -o Acquire::Retries=3 update 2>&1) && break
  status=$?
  case $said in
  *"Could not get lock"*)
    if [ $waited -lt ${lockWait} ]; then sleep 3; waited=$((waited + 3)); continue; fi ;;
  esac
  printf '%s\\n' "$said" >&2
  exit $status
done
touch /var/lib/apt/lists`),
);
