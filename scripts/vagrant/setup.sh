#!/bin/sh
# Makes a Debian machine able to run `vagrant up` with libvirt: packages, daemons, and the box
# where the public one is of no use (see env.sh). Running it twice is the same as once, and
# teardown.sh ends what it started. Needs root.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

if command -v VBoxManage >/dev/null && [ -z "${SHOWRUNNER_BOX-}${SHOWRUNNER_EMULATE-}" ]; then
  echo "setup.sh: VirtualBox is here; it and Vagrant are all that is needed"
  exit
fi
[ "$(id -u)" = 0 ] || { echo "setup.sh: run it as root" >&2; exit 1; }

packages="vagrant vagrant-libvirt libvirt-daemon-system libvirt-clients dnsmasq-base iptables
  qemu-system-x86 qemu-utils mmdebstrap e2fsprogs openssh-client curl util-linux"
missing=
for package in $packages; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
if [ -n "$missing" ]; then
  echo "setup.sh: installing$missing"
  apt-get -qq -o DPkg::Lock::Timeout=300 update
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install --no-install-recommends $missing >/dev/null
fi

env=$("$here/env.sh")
eval "$env"
start_daemons
if [ -n "$SHOWRUNNER_BOX" ]; then
  # A box built before is found, another is built. One that the user named must be there.
  [ -e "$SHOWRUNNER_BOX" ] || SHOWRUNNER_BOX=$("$here/box.sh")
  make_pool
fi
echo "setup.sh: ready. Now: eval \"\$(scripts/vagrant/env.sh)\" && vagrant up"
