"""Whether a host reaches what jobs need of a stack beside the host itself: its registry and its artifact store."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..contracts.component import Finding
from ..ssh.errors import TunnelRefused

if TYPE_CHECKING:
    from paramiko import Channel

    from ..docker.registry import Login
    from .host import ComposeHost

_PATIENCE = 10.0
# In a configuration of its own, which holds a copy of the user's logins where no other is given, and is gone after.
_LOG_IN = """
export LC_ALL=C PATH="${PATH:-/usr/bin:/bin}:/usr/local/bin:/usr/sbin:/sbin:/snap/bin"
umask 077
own=${DOCKER_CONFIG:-$HOME/.docker}/config.json
DOCKER_CONFIG=$(mktemp -d) || exit
export DOCKER_CONFIG
trap 'rm -rf "$DOCKER_CONFIG"' EXIT
trap 'exit 1' HUP INT PIPE TERM
if [ $# = 3 ]; then
    timeout 10 "$1" login --username "$3" --password-stdin "$2"
else
    [ ! -f "$own" ] || cp -- "$own" "$DOCKER_CONFIG"
    timeout 10 "$1" login "$2"
fi
"""


def check_login(host: ComposeHost, docker: str, registry: str, login: Login) -> Finding:
    """Try a login on the host, which keeps nothing of it."""
    password = login.password.reveal().encode()
    answer = host.session.run(_LOG_IN, docker, registry, login.username, stdin=password)
    if answer.code == 0:
        return Finding("ok", f"{host.name} logs into registry {registry} as {login.username!r}")
    return Finding(
        "fail", f"{host.name} cannot log into registry {registry}: {answer.reason}", "see that it is reached from there"
    )


def check_own_login(host: ComposeHost, docker: str, registry: str) -> Finding:
    """Try the login that the host's user has there."""
    if host.session.run(_LOG_IN, docker, registry).code == 0:
        return Finding("ok", f"{host.name} has a login of its own for registry {registry}")
    hint = f"log in there: docker login {registry}; or have podium do so while it pulls: see the orchestrator's fields"
    return Finding("warn", f"{host.name} has no login of its own that registry {registry} takes", hint)


def check_address(host: ComposeHost, url: str) -> Finding:
    """Say whether the host reaches a service, as it resolves its name; a connection is made, and TLS if it is https."""
    parts = urlsplit(url)
    name, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    place = f"{name}:{port}"
    try:
        with host.session.tunnel(name, port, _PATIENCE) as channel:
            if secure:
                channel.settimeout(_PATIENCE)
                _shake_hands(channel, name)
    except TunnelRefused as error:
        if error.forbidden:
            hint = "its SSH server forbids forwarding, so this cannot be told before a run"
            return Finding("warn", f"whether {host.name} reaches {place} is not known", hint)
        return Finding("fail", f"{host.name} does not reach {place}: {error.message}", "jobs there need it")
    except ssl.SSLCertVerificationError as error:
        what = f"{place} shows {host.name} a certificate that this machine does not trust: {error.verify_message}"
        return Finding("warn", what, "see that the images trust it")
    except (OSError, EOFError):
        return Finding("fail", f"{place} does not answer {host.name} in TLS", "check the address, and proxies there")
    return Finding("ok", f"{host.name} reaches {place}")


def _shake_hands(channel: Channel, name: str) -> None:
    """Make a TLS connection over a channel, which is no socket."""
    received, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = ssl.create_default_context().wrap_bio(received, to_send, server_hostname=name)
    while True:
        try:
            session.do_handshake()
        except ssl.SSLWantReadError:
            channel.sendall(to_send.read())
            data = channel.recv(1 << 16)
            if not data:
                raise EOFError from None
            received.write(data)
        else:
            return
