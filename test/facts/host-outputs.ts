/** What the facts' script printed: on a Debian 12 server under systemd, and with busybox alone in a container. */

export const bookworm = `
== uname
Linux
web1
6.1.0-28-amd64
x86_64

== files
/etc/os-release:PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
/etc/os-release:NAME="Debian GNU/Linux"
/etc/os-release:VERSION_ID="12"
/etc/os-release:VERSION="12 (bookworm)"
/etc/os-release:VERSION_CODENAME=bookworm
/etc/os-release:ID=debian
/usr/lib/os-release:ID=other
/etc/timezone:Etc/UTC
/proc/meminfo:MemTotal:        4029812 kB
/proc/meminfo:MemFree:          116056 kB
/proc/meminfo:MemAvailable:    3309024 kB
/proc/meminfo:SwapTotal:       1003516 kB
/proc/uptime:7956.31 15012.90
/proc/1/comm:systemd
/proc/self/mounts:sysfs /sys sysfs rw,nosuid 0 0
/proc/self/mounts:proc /proc proc rw 0 0
/proc/self/mounts:/dev/vda1 / ext4 rw,relatime,errors=remount-ro 0 0
/proc/self/mounts:tmpfs /run tmpfs rw,nosuid,size=402984k 0 0
/proc/self/mounts:/dev/vdb1 /srv/two\\040words xfs rw 0 0
/proc/self/mounts:files:/export /mnt/files nfs4 rw,vers=4.2 0 0
/sys/devices/system/cpu/online:0-3,6
/sys/class/dmi/id/sys_vendor:QEMU
/sys/class/dmi/id/product_name:Standard PC (Q35 + ICH9, 2009)
/sys/class/net/eth0/address:02:fc:00:00:00:01
/sys/class/net/lo/address:00:00:00:00:00:00
/sys/class/net/eth0/mtu:1500
/sys/class/net/lo/mtu:65536
/sys/class/net/eth0/operstate:up
/sys/class/net/lo/operstate:unknown

== hosts
127.0.1.1	web1 web1.example.org # set by the installer

== cpu
model name	: Intel(R) Xeon(R) Processor

== addresses
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
1: lo    inet6 ::1/128 scope host \\       valid_lft forever preferred_lft forever
2: eth0    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever preferred_lft forever
2: eth0    inet6 2001:db8::2/64 scope global \\       valid_lft forever preferred_lft forever
2: eth0    inet6 fe80::fc:ff:fe00:1/64 scope link \\       valid_lft forever preferred_lft forever
3: vlan7@eth0    inet 198.51.100.1 peer 198.51.100.2/32 scope global vlan7\\       valid_lft forever

== route
8.8.8.8 via 192.0.2.1 dev eth0 src 192.0.2.2 uid 0 
    cache 

== init
systemd

== container

== virt
kvm

== localtime
/usr/share/zoneinfo/Europe/Vienna

== date
1795398206 CEST +0200

== df
Filesystem     1024-blocks     Used Available Capacity Mounted on
/dev/vda1         20480000  9000000  10480000      47% /
tmpfs               402984      500    402484       1% /run
`;

export const busybox = `
== uname
Linux
box
6.6.1-0-virt
aarch64

== files
/usr/lib/os-release:NAME="Alpine Linux"
/usr/lib/os-release:ID=alpine
/usr/lib/os-release:VERSION_ID=3.20.3
/usr/lib/os-release:PRETTY_NAME='Alpine Linux v3.20'
/proc/meminfo:MemTotal:         512000 kB
/proc/meminfo:MemFree:          200000 kB
/proc/uptime:12.04 11.00
/proc/1/comm:sh
/proc/self/mounts:overlay / overlay rw,relatime,lowerdir=/a,upperdir=/b 0 0
/sys/devices/system/cpu/online:0
/sys/class/net/eth0/address:02:42:ac:11:00:02
/sys/class/net/eth0/mtu:1500
/sys/class/net/eth0/operstate:up

== hosts
172.17.0.2	box

== cpu

== addresses
33: eth0    inet 172.17.0.2/16 brd 172.17.255.255 scope global eth0\\       valid_lft forever preferred_lft forever

== route

== init

== container
docker

== virt

== localtime

== date
1795398261 UTC +0000

== df
Filesystem           1024-blocks    Used Available Capacity Mounted on
overlay              264212084  27945692  -7844520  26% /
`;
