/** What the packages of a host ask for. */
import { defineFact, rawScript } from "showrunner";

/** What an upgrade of all packages would do. */
interface UpgradePlan {
  /** Whether packages have newer versions in the host's package lists, or were left half-installed. */
  readonly isDue: boolean;
  /** Why it would not be done; undefined where it would. */
  readonly refusal: string | undefined;
}

const endOfPlan = "== status";

/** A dry run of the upgrade; its one key is `""`. */
export const upgradePlan = defineFact<string, UpgradePlan>({
  name: "site.upgradePlan",
  script: () =>
    rawScript(`command -v apt-get >/dev/null || { echo "there is no apt-get here: only Debian and its relatives are patched" >&2; exit 1; }
LC_ALL=C apt-get -s -q -y dist-upgrade 2>&1
printf '\\n${endOfPlan} %s\\n' $?
ls /var/lib/dpkg/updates`),
  parse: (stdout, keys) => new Map(keys.map((key) => [key, upgradePlanIn(stdout.toString())])),
});

function upgradePlanIn(printed: string): UpgradePlan {
  const [said = "", rest = ""] = printed.split(`\n${endOfPlan} `);
  const [status, ...journal] = rest.trim().split("\n");
  const isFine = status === "0";
  // what dpkg was cut off in is finished first: only then can apt be asked
  if (journal.length > 0) return { isDue: true, refusal: undefined };
  const removed = [...said.matchAll(/^Remv (\S+)/gm)].map(([, name = ""]) => name);
  const errors = [...said.matchAll(/^E: (.*)$/gm)].map(([, error = ""]) => error);
  const refusal = isFine
    ? removed.length > 0 && `apt would remove ${removed.join(", ")}`
    : errors.join("; ") || "apt-get failed and did not say why";
  return { isDue: !isFine || /^(Inst|Conf|Remv) /m.test(said), refusal: refusal || undefined };
}

/** Why a host has to be rebooted; empty where it has not. Its one key is `""`. */
export const rebootReason = defineFact<string, string>({
  name: "site.rebootReason",
  // a kernel that is not of /boot, as in a container or a virtual machine that is booted from outside, is nobody's to judge
  script: () =>
    rawScript(`if [ -e /run/reboot-required ]; then echo /run/reboot-required; exit 0; fi
running=/boot/vmlinuz-$(uname -r)
[ -e "$running" ] || exit 0
newest=$(printf '%s\n' /boot/vmlinuz-* | sort -V | tail -n 1)
[ "$newest" = "$running" ] || echo "kernel \${newest#/boot/vmlinuz-}"`),
  parse: (stdout, keys) => new Map(keys.map((key) => [key, stdout.toString().trim()])),
});
