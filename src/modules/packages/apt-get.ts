/** apt-get as a machine calls it: asks nothing, keeps configuration files, waits for another one to finish. */

import type { CutOff } from "../../facts/cut-off-installation.ts";
import { lines, rawScript, type Script, sh } from "../../kit/index.ts";

const environment = rawScript("DEBIAN_FRONTEND=noninteractive; export DEBIAN_FRONTEND");

interface AptGet {
  readonly options?: readonly string[];
  readonly names?: readonly string[];
  /** Seconds to wait while another process installs packages. */
  readonly lockTimeout: number;
}

/** What the host's own settings may allow, and only a task's options may. They stand behind these. */
const refused = ["Force-Yes", "allow-downgrades", "allow-remove-essential", "allow-change-held-packages"];

/**
 * A command of apt-get that installs or removes.
 *
 * A configuration file that was edited stays: the new one is put beside it as `.dpkg-dist` (dpkg(1), --force-confold).
 */
export function aptGet(command: string, { options = [], names = [], lockTimeout }: AptGet): Script {
  const always = [
    "-y",
    "-q",
    "-o",
    `DPkg::Lock::Timeout=${lockTimeout}`,
    "-o",
    "Dpkg::Options::=--force-confdef",
    "-o",
    "Dpkg::Options::=--force-confold",
    "-o",
    "Acquire::Retries=3",
    ...refused.flatMap((name) => ["-o", `APT::Get::${name}=false`]),
  ];
  return lines(
    environment,
    sh`apt-get ${always} ${options} ${command} ${names.length === 0 ? [] : ["--", ...names]}`,
  );
}

/**
 * Installs what an installation that was cut off has left out, marked as it would have been: what the installation
 * was to bring along is automatic, and what it was asked for is not, though it may come along now.
 */
export function installRest({ automatic, named }: CutOff, lockTimeout: number): Script {
  const options = ["--no-install-recommends", "--no-remove"];
  const install = aptGet("install", { options, names: automatic, lockTimeout });
  return lines(
    sh`${install} || exit`,
    sh`apt-mark auto ${automatic} || exit`,
    // what did not come along is for whoever asks for it again; it may have been a file
    sh`for package in ${named}; do apt-mark manual "$package" 2>/dev/null; done`,
    rawScript("true"),
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
 * apt waits for no lock on the lists, so this does; that it is the lock which is lacking is told by apt's words, so
 * they must be in its own language. The directory's time is set because apt leaves it alone where nothing was new: it
 * is by this time that the lists' age is told.
 *
 * @param lockTimeout seconds to wait for another process that has the lists
 */
export function updateLists(lockTimeout: number): Script {
  return lines(
    environment,
    rawScript(`waited=0
while :; do
  said=$(LC_ALL=C apt-get -q -o APT::Update::Error-Mode=any -o Acquire::Retries=3 update 2>&1) && break
  status=$?
  case $said in
  *"Could not get lock"*)
    if [ $waited -lt ${lockTimeout} ]; then sleep 3; waited=$((waited + 3)); continue; fi ;;
  esac
  printf '%s\\n' "$said" >&2
  exit $status
done
touch /var/lib/apt/lists`),
  );
}
