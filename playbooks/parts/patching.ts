/** What the packages of a host ask for. */
import { defineFact, rawScript } from "showrunner";

/** Whether packages have newer versions in the host's package lists, or were left half-installed; its one key is `""`. */
export const hasUpgrades = defineFact<string, boolean>({
  name: "site.hasUpgrades",
  script: () =>
    rawScript(`command -v apt-get >/dev/null || { echo "there is no apt-get here: only Debian and its relatives are patched" >&2; exit 1; }
plan=$(LC_ALL=C apt-get -s -q dist-upgrade 2>&1) || echo yes
[ -z "$(ls /var/lib/dpkg/updates)" ] || echo yes
! printf '%s\n' "$plan" | grep -q -E '^(Inst|Conf|Remv) ' || echo yes`),
  parse: (stdout, keys) => new Map(keys.map((key) => [key, stdout.length > 0])),
});

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
