"""Opens SSH connections: to a host whose key is known, as one user, within a time limit."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING, Any

from ..errors import AccessError
from ..sdks import require
from .address import Address
from .host_keys import HostKeys
from .known_hosts import HostKey
from .private_key import PrivateKey

if TYPE_CHECKING:
    from paramiko import PKey, SSHClient, Transport

PATIENCE = 10.0
_LOG = "podium.ssh"
_SIGNED_BY = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}


def connect(
    address: Address,
    username: str,
    key: PrivateKey | None,
    known: HostKeys,
    *,
    patience: float = PATIENCE,
    keepalive: int = 0,
) -> SSHClient:
    """Return a client that is logged in; without a key, with those of the agent and of the user's `.ssh` folder.

    `patience` is for each answer of the host, `keepalive` for the pause between signs of life, both in seconds; 0 sends
    none. Raises AccessError saying which of host, host key, user and key is wrong.
    """
    require("paramiko", "hyperai")
    import paramiko

    class Policy(paramiko.MissingHostKeyPolicy):
        def missing_host_key(self, client: SSHClient, hostname: str, key: PKey) -> None:
            del client, hostname
            known.check(address, HostKey(key.get_name(), key.asbytes()))

    def asking_for_known_keys_first(sock: Any, **options: Any) -> Transport:
        transport = paramiko.Transport(sock, **options)
        types = {name for known_type in known.key_types(address) for name in _SIGNED_BY.get(known_type, (known_type,))}
        security = transport.get_security_options()
        security.key_types = sorted(security.key_types, key=lambda name: name not in types)
        return transport

    logging.getLogger(_LOG).addHandler(logging.NullHandler())  # or Python prints paramiko's errors, with tracebacks
    client = paramiko.SSHClient()
    client.set_log_channel(_LOG)
    client.set_missing_host_key_policy(Policy())
    sock = _socket(address, patience)
    try:
        client.connect(
            address.host,
            address.port,
            username,
            pkey=key.for_paramiko() if key else None,
            allow_agent=key is None,
            look_for_keys=key is None,
            timeout=patience,
            banner_timeout=patience,
            auth_timeout=patience,
            sock=sock,
            transport_factory=asking_for_known_keys_first,
        )
    except BaseException as error:
        client.close()
        sock.close()
        if isinstance(error, (paramiko.SSHException, EOFError, OSError)):
            raise _fault(error, address, username, key, patience) from None
        raise
    if keepalive and (session := client.get_transport()):
        session.set_keepalive(keepalive)
    return client


def _socket(address: Address, patience: float) -> socket.socket:
    try:
        return socket.create_connection((address.host, address.port), patience)
    except socket.gaierror:
        message, hint = f"host {address} has no address", "check the name, and the name server of this machine"
    except ConnectionRefusedError:
        message, hint = f"host {address} refuses connections", "see that sshd runs there and listens on this port"
    except TimeoutError:
        message, hint = f"host {address} did not answer within {patience:g} s", "check the address and the firewalls"
    except OSError as error:
        message, hint = f"host {address} cannot be reached: {error.strerror}", "check the address and the network"
    raise AccessError(message, where=f"host {address}", hint=hint)


def _fault(error: Exception, address: Address, username: str, key: PrivateKey | None, patience: float) -> AccessError:
    import paramiko

    where = f"host {address}"
    text = str(error)
    # "No existing session" is how paramiko's key exchange runs out of time.
    if isinstance(error, TimeoutError) or "timeout" in text.lower() or text == "No existing session":
        return AccessError(f"host {address} did not answer within {patience:g} s", where=where)
    if isinstance(error, paramiko.BadAuthenticationType):
        return AccessError(f"host {address} takes no keys, only: {', '.join(error.allowed_types)}", where=where)
    if isinstance(error, paramiko.AuthenticationException) or text == "No authentication methods available":
        shown = f"{key.type} key {key.for_paramiko().fingerprint}" if key else "keys of this machine's agent and .ssh"
        return AccessError(
            f"host {address} does not let user {username!r} in with the {shown}",
            where=where,
            hint=f"see that the user is right, and the public key in ~{username}/.ssh/authorized_keys there",
        )
    if "banner" in text or isinstance(error, EOFError):
        return AccessError(f"what listens at {address} did not prove an SSH server within {patience:g} s", where=where)
    return AccessError(f"no SSH session with {address}: {text}", where=where)
