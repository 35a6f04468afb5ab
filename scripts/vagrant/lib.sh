# Shared by setup.sh and teardown.sh: the daemons, networks and pool that they make and remove.

state=/run/showrunner/vagrant
pool=showrunner
pool_dir=/var/lib/libvirt/showrunner
networks="showrunner showrunner-private"
export LIBVIRT_DEFAULT_URI=qemu:///system

# running NAME: the daemon NAME that setup.sh started is still alive (and the pid still its own).
running() {
  pid=$(cat "$state/$1.pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$1" ] &&
    ! grep -q '^State:.Z' "/proc/$pid/status" # dead, and only waiting to be reaped
}

# start_daemons: libvirt answers. Where systemd runs, it starts them; else they are started here.
start_daemons() {
  if [ -d /run/systemd/system ]; then
    systemctl start libvirtd
    return
  fi
  virsh -q version >/dev/null 2>&1 && return # someone else's, or ours from before
  mkdir -p "$state"
  running virtlogd || virtlogd --daemon --pid-file "$state/virtlogd.pid"
  if [ "${SHOWRUNNER_EMULATE-}" = 1 ] && [ -e /dev/kvm ]; then
    # A KVM that libvirt half believes in makes it probe qemu afresh, for 4 s, at every turn
    # (two minutes an `up`). So libvirtd, and it alone, sees a /dev/kvm that nobody may open.
    # (libvirt cannot carry that into a /dev of qemu's own, so qemu gets none.)
    : >"$state/no-kvm"
    chmod 0 "$state/no-kvm"
    { cat /etc/libvirt/qemu.conf; echo 'namespaces = []'; } >"$state/qemu.conf"
    hide="mount --bind $state/no-kvm /dev/kvm && mount --bind $state/qemu.conf /etc/libvirt/qemu.conf"
  else
    hide=:
  fi
  running libvirtd ||
    unshare --mount sh -c "$hide && exec libvirtd --daemon --pid-file $state/libvirtd.pid"
  tries=0
  until virsh -q version >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { echo "libvirtd does not answer" >&2; return 1; }
    sleep 0.5
  done
}

# stop_daemon NAME: end it if setup.sh started it.
stop_daemon() {
  if running "$1"; then
    kill "$pid"
    tries=0
    while running "$1" && [ "$tries" -lt 40 ]; do
      tries=$((tries + 1))
      sleep 0.25
    done
    ! running "$1" || kill -9 "$pid"
  fi
  rm -f "$state/$1.pid"
}

pool_runs() {
  virsh -q pool-info "$pool" | grep -q '^State: *running'
}

# make_pool: where the disks of machines from our own box are kept.
make_pool() {
  virsh -q pool-info "$pool" >/dev/null 2>&1 ||
    virsh -q pool-define-as "$pool" dir --target "$pool_dir" >/dev/null
  pool_runs || {
    mkdir -p "$pool_dir"
    virsh -q pool-start "$pool" >/dev/null
  }
}

remove_pool() {
  virsh -q pool-info "$pool" >/dev/null 2>&1 || return 0
  if pool_runs; then
    virsh -q pool-refresh "$pool" >/dev/null
    for volume in $(virsh -q vol-list "$pool" | awk '{ print $1 }'); do
      virsh -q vol-delete "$volume" --pool "$pool" >/dev/null
    done
    virsh -q pool-destroy "$pool" >/dev/null
  fi
  virsh -q pool-undefine "$pool" >/dev/null
  rmdir "$pool_dir" 2>/dev/null || true
}

# remove_machines: what `vagrant destroy` could not, by the names that the Vagrantfile gives.
remove_machines() {
  for machine in $(virsh -q list --all --name | grep '^showrunner-'); do
    virsh -q destroy "$machine" >/dev/null 2>&1 || true
    virsh -q undefine "$machine" --remove-all-storage >/dev/null
  done
}

remove_networks() {
  for network in $networks; do
    virsh -q net-info "$network" >/dev/null 2>&1 || continue
    virsh -q net-destroy "$network" >/dev/null 2>&1 || true
    virsh -q net-undefine "$network" >/dev/null 2>&1 || true
  done
}

# remove_chains: libvirtd leaves its (now empty) chains behind when it ends.
remove_chains() {
  for tables in iptables ip6tables; do
    command -v "$tables" >/dev/null || continue
    for table in filter nat mangle; do
      rules=$("$tables" -t "$table" -S 2>/dev/null | grep LIBVIRT_) || continue
      echo "$rules" | sed -n 's/^-A \(.* -j LIBVIRT_.*\)/-D \1/p' |
        while read -r rule; do
          # shellcheck disable=SC2086
          "$tables" -t "$table" $rule
        done
      echo "$rules" | sed -n 's/^-N //p' |
        while read -r chain; do
          "$tables" -t "$table" -F "$chain"
          "$tables" -t "$table" -X "$chain"
        done
    done
  done
}
