#!/bin/sh
# Builds a Vagrant box (libvirt) of Debian bookworm where no box can be downloaded, and prints
# its path. It is built once a recipe and month; `box.sh --path` prints the path and builds nothing.
#
#   SHOWRUNNER_CACHE    where it is kept, /var/cache/showrunner unless set
#   SHOWRUNNER_MIRROR   the Debian mirror, http://deb.debian.org unless set
#
# The box is minimal, and its package lists are fresh but nothing that a deploy installs is there.
# Beside it lie its kernel and initrd, since it has no boot loader and they are booted directly.
# The key that logs in as vagrant is one for all boxes of this machine, in the folder above.
set -eu
umask 022

suite=bookworm
disk=8G
mirror=${SHOWRUNNER_MIRROR:-http://deb.debian.org}
cache=${SHOWRUNNER_CACHE:-/var/cache/showrunner}/vagrant

# The security suite's lists expire within a week; a machine that reads a frozen mirror says so.
frozen=$(apt-config dump 2>/dev/null | grep -E '^Acquire::Check-(Valid-Until|Date) "(false|0|no)"' || true)

recipe=$({ cat "$0"; echo "$mirror $frozen"; date -u +%Y-%m; } | sha256sum | cut -c1-12)
box=$cache/$recipe/node.box
if [ "${1-}" = --path ] || [ -e "$box" ]; then
  echo "$box"
  exit
fi
[ "$(id -u)" = 0 ] || { echo "box.sh: building a box needs root" >&2; exit 1; }

# One build at a time; the second finds what the first made.
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ -e "$box" ]; then echo "$box"; exit; fi

tmp=$cache/tmp.$$
root=$tmp/root
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
mkdir "$tmp"

set --
if [ -n "$frozen" ]; then
  set -- --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Check-Date "false"'
fi
# An initrd with what this machine's virtual disk needs, and no more, unpacks quickly.
initrd='mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"
  echo MODULES=list >"$1/etc/initramfs-tools/conf.d/showrunner"
  printf "%s\n" virtio_pci virtio_blk >"$1/usr/share/initramfs-tools/modules.d/showrunner"'
echo "box.sh: unpacking Debian $suite" >&2
mmdebstrap --quiet --variant=minbase --mode=root --format=directory "$@" \
  --aptopt='Acquire::Languages "none"' --skip=cleanup/apt/lists,cleanup/apt/cache \
  --essential-hook="$initrd" \
  --include=systemd,systemd-sysv,systemd-resolved,dbus,udev,kmod,openssh-server,sudo \
  --include=iproute2,procps,netbase,ca-certificates,initramfs-tools,linux-image-cloud-amd64 \
  "$suite" "$root" \
  "deb $mirror/debian $suite main" \
  "deb $mirror/debian $suite-updates main" \
  "deb $mirror/debian-security $suite-security main" >&2

# The name server is the one that DHCP tells: libvirt's own, which asks the machine's.
ln -sf ../run/systemd/resolve/resolv.conf "$root/etc/resolv.conf"
cat >"$root/etc/systemd/network/20-eth0.network" <<END
[Match]
Name=eth0
[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no
[DHCPv4]
ClientIdentifier=mac
UseHostname=no
END
echo "/dev/vda / ext4 defaults,noatime 0 0" >"$root/etc/fstab"
echo debian >"$root/etc/hostname"
printf '127.0.0.1\tlocalhost\n127.0.1.1\tdebian\n' >"$root/etc/hosts"
: >"$root/etc/machine-id"

chroot "$root" useradd --create-home --shell /bin/bash vagrant
echo "vagrant ALL=(ALL) NOPASSWD: ALL" >"$root/etc/sudoers.d/vagrant"
chmod 0440 "$root/etc/sudoers.d/vagrant"
mkdir -m 0700 "$root/home/vagrant/.ssh"
[ -e "$cache/id_ed25519" ] || ssh-keygen -q -t ed25519 -N "" -C vagrant -f "$cache/id_ed25519"
ssh-keygen -y -f "$cache/id_ed25519" >"$root/home/vagrant/.ssh/authorized_keys"
chmod 0600 "$root/home/vagrant/.ssh/authorized_keys"
chroot "$root" chown -R vagrant: /home/vagrant/.ssh
echo "UseDNS no" >"$root/etc/ssh/sshd_config.d/vagrant.conf"

# Every machine makes its own host keys at its first boot.
rm -f "$root"/etc/ssh/ssh_host_*
cat >"$root/etc/systemd/system/ssh-host-keys.service" <<'END'
[Unit]
Description=SSH host keys of this machine
Before=ssh.service
ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key
[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -q -t ecdsa -N "" -f /etc/ssh/ssh_host_ecdsa_key
ExecStart=/usr/bin/ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key
[Install]
WantedBy=ssh.service
END
chroot "$root" systemctl --quiet enable ssh-host-keys.service systemd-networkd.service systemd-resolved.service
chroot "$root" systemctl --quiet disable systemd-networkd-wait-online.service
chroot "$root" systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
  e2scrub_all.timer e2scrub_reap.service fstrim.timer getty@tty1.service serial-getty@ttyS0.service

# A throw-away machine: no package needs to be on the disk before the next is unpacked.
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
rm -f "$root"/var/cache/apt/archives/*.deb "$root"/var/log/*.log "$root"/var/log/apt/*
chroot "$root" apt-cache gencaches >&2

echo "box.sh: making the disk" >&2
out=$tmp/out
mkdir "$out"
cp -L "$root/vmlinuz" "$root/initrd.img" "$out/"
chmod 0644 "$out/vmlinuz" "$out/initrd.img"
mke2fs -q -t ext4 -E lazy_itable_init=0 -d "$root" "$tmp/disk.img" "$disk" >&2
qemu-img convert -O qcow2 "$tmp/disk.img" "$tmp/box.img"
echo '{"provider":"libvirt","format":"qcow2","virtual_size":'"${disk%G}"'}' >"$tmp/metadata.json"
echo 'Vagrant.configure("2") { |config| }' >"$tmp/Vagrantfile"
tar -C "$tmp" -cf "$out/node.box" metadata.json Vagrantfile box.img
mv -T "$out" "$cache/$recipe"
echo "$box"
