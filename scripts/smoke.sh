#!/bin/sh
# Deploys the site to a real virtual machine and verifies it from outside: vagrant up, deploy, verify, destroy.
# Without KVM the machine is emulated, which takes some minutes.
set -eu
cd "$(dirname "$0")/.."
started=$(date +%s)

scripts/vagrant/setup.sh
environment=$(scripts/vagrant/env.sh)
eval "$environment"
trap 'scripts/vagrant/teardown.sh' EXIT
trap 'exit 130' INT TERM

# a new machine has a new key
rm -rf .showrunner/vagrant
vagrant --no-tty up
echo "the machine answers after $(($(date +%s) - started)) s"
npx run playbook smoke -i inventory/vagrant.ts --reporter plain
echo "smoke: deployed and verified in $(($(date +%s) - started)) s"
