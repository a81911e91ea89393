#!/usr/bin/env bash
# Installs the programs that tests talk to and that are missing; they are started by the tests, never as services.
set -euo pipefail

declare -A packages=(
    [/usr/sbin/sshd]=openssh-server
    [/usr/bin/ssh-keygen]=openssh-client
    [/usr/bin/docker-registry]=docker-registry
    [/usr/bin/gnome-keyring-daemon]=gnome-keyring
    [/usr/bin/dbus-run-session]=dbus-daemon
    [/usr/bin/openssl]=openssl
    [/usr/bin/zsh]=zsh
    [/usr/sbin/dockerd]=docker.io
    [/usr/sbin/iptables]=iptables
    [/usr/sbin/ip]=iproute2
    [/bin/busybox]=busybox-static
    [/etc/ssl/certs/ca-certificates.crt]=ca-certificates
    [/usr/bin/fish]=fish
)
missing=()
for program in "${!packages[@]}"; do
    [ -e "$program" ] || missing+=("${packages[$program]}")
done
if ((${#missing[@]} == 0)); then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "the tests need these Debian packages: ${missing[*]}" >&2
    exit 1
fi
# No package may start a service here: tests start what they need, on ports of their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
