#!/bin/sh
# Prints what `vagrant` and the Vagrantfile need on this machine:
#
#   eval "$(scripts/vagrant/env.sh)"
#
# A machine with VirtualBox, or with libvirt and a KVM that works, needs next to nothing. Without
# KVM the processor is emulated; then, or where no box can be downloaded, our own box is used.
# SHOWRUNNER_EMULATE and SHOWRUNNER_BOX that are set already are left as they are.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# /dev/kvm alone proves nothing (it may be a kind that runs no ordinary kernel, or be locked).
# So: does the processor virtualize, and does a boot sector run? This one writes 0x10 to qemu's
# exit port and halts; qemu then ends with (0x10 << 1) | 1.
kvm_works() {
  [ -r /dev/kvm ] && [ -w /dev/kvm ] || return 1
  grep -qwE 'vmx|svm' /proc/cpuinfo || return 1
  command -v qemu-system-x86_64 >/dev/null || return 1
  sector=$(mktemp)
  { printf '\260\020\346\364\364'; head -c 505 /dev/zero; printf '\125\252'; } >"$sector"
  status=0
  timeout 10 qemu-system-x86_64 -accel kvm -cpu host -m 16 -display none -nodefaults -no-reboot \
    -drive "file=$sector,format=raw,if=ide" -device isa-debug-exit,iobase=0xf4,iosize=4 \
    >/dev/null 2>&1 </dev/null || status=$?
  rm -f "$sector"
  [ "$status" = 33 ]
}

# The public box is here already, or can be fetched.
box_reachable() {
  [ -d "${VAGRANT_HOME:-$HOME/.vagrant.d}/boxes/debian-VAGRANTSLASH-bookworm64" ] ||
    curl -fsSL --max-time 10 -o /dev/null https://vagrantcloud.com/debian/bookworm64 2>/dev/null
}

emulate=${SHOWRUNNER_EMULATE-}
box=${SHOWRUNNER_BOX-}

if command -v VBoxManage >/dev/null && [ -z "$emulate$box" ]; then
  echo "# VirtualBox is here: nothing to set"
  exit
fi
echo "export VAGRANT_DEFAULT_PROVIDER=libvirt LIBVIRT_DEFAULT_URI=qemu:///system VAGRANT_CHECKPOINT_DISABLE=1"

if [ -z "$emulate" ]; then
  if kvm_works; then
    emulate=0
  else
    emulate=1
  fi
fi
echo "export SHOWRUNNER_EMULATE=$emulate"

if [ -z "$box" ] && { [ "$emulate" = 1 ] || ! box_reachable; }; then
  box=$("$here/box.sh" --path)
fi
echo "export SHOWRUNNER_BOX='$box'"
