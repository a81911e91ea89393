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
    [/usr/bin/docker-compose]=docker-compose
    [/usr/sbin/cron]=cron
)
# Docker's plugins, which older Debian releases lack: one program each without dependencies, for these tests only.
# Compose lies apart, so that tests have machines that know its first version alone.
declare -A plugins=(
    [docker-buildx]=/var/lib/podium-tests/docker/cli-plugins/docker-buildx
    [docker-compose]=/var/lib/podium-tests/compose-v2/cli-plugins/docker-compose
)
missing=()
for program in "${!packages[@]}"; do
    [ -e "$program" ] || missing+=("${packages[$program]}")
done
absent=()
for plugin in "${!plugins[@]}"; do
    [ -e "${plugins[$plugin]}" ] || absent+=("$plugin")
done
if ((${#missing[@]} + ${#absent[@]} == 0)); then
    exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "the tests need these Debian packages: ${missing[*]:-}, and these plugins: ${plugins[*]}" >&2
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# No package may start a service here: tests start what they need, on ports of their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -rf "$work" "$policy"' EXIT
fi
if ((${#missing[@]})); then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
if ((${#absent[@]})); then
    mkdir -p "$work"/{lists,cache/archives}/partial
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | awk 'NR == 1')
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$work/sources.list"
    newer=(-qq -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null)
    newer+=(-o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
    cd "$work"
    apt-get "${newer[@]}" update
    apt-get "${newer[@]}" download "${absent[@]}"
    for plugin in "${absent[@]}"; do
        dpkg -x "$plugin"_*.deb unpacked
        install -D "unpacked/usr/libexec/docker/cli-plugins/$plugin" "${plugins[$plugin]}"
    done
fi
