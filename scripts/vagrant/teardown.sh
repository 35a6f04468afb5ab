#!/bin/sh
# Destroys the machines of the Vagrantfile, in every shape, and what setup.sh started or made:
# networks, storage pool, daemons. Packages and the cached box stay. Works after a crash too.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
cd "$here/../.."

command -v vagrant >/dev/null || exit 0
env=$("$here/env.sh")
eval "$env"

made=
for id in .vagrant/machines/*/*/id "$state"; do [ ! -e "$id" ] || made=1; done

# Machines that outlived their libvirtd, or a reboot, can only be removed by one that runs.
if [ -n "$made" ] && command -v libvirtd >/dev/null; then start_daemons; fi

if [ -n "$made" ]; then
  for shape in compact lab; do
    SHOWRUNNER_VAGRANT=$shape vagrant destroy -f || echo "teardown.sh: destroying the rest without vagrant" >&2
  done
fi

if command -v virsh >/dev/null && virsh -q version >/dev/null 2>&1; then
  remove_machines
  remove_networks
  remove_pool
fi
if [ -e "$state/libvirtd.pid" ]; then
  stop_daemon libvirtd
  stop_daemon virtlogd
  remove_chains
  rmdir /sys/fs/cgroup/*/machine 2>/dev/null || true
  rm -f "$state/no-kvm" "$state/qemu.conf"
  rmdir "$state" /run/showrunner 2>/dev/null || true
fi
