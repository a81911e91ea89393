"""The hyperai service connector: one user with one SSH key on any number of instances."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

from ..core.contracts.component import About, Settings
from ..core.contracts.service_connector import AuthMethod, ResourceType, ServiceConnector
from ..core.errors import AccessError, NotFoundError, UsageError
from ..core.secrets.secret import Secret
from ..core.ssh.address import Address, checked_port, read_address
from ..core.ssh.connection import connect
from ..core.ssh.errors import HostFaults, unknown_host_keys
from ..core.ssh.host_keys import HostKeys, checked_pins
from ..core.ssh.private_key import PrivateKey, read_private_key
from ..core.ssh.session import KEEPALIVE, Session

if TYPE_CHECKING:
    from paramiko import SSHClient

INSTANCE = "hyperai-instance"


def _hostnames(given: list[str]) -> list[str]:
    if not given:
        raise ValueError("at least one host is needed")
    addresses = [read_address(host, 0) for host in given]
    twice = [host for host, address in zip(given, addresses, strict=True) if addresses.count(address) > 1]
    if twice:
        raise ValueError(f"given twice: {', '.join(twice)}")
    return given


class HyperAIKeyConfig(Settings):
    """The instances, and the user and key that they let in."""

    key_type: ClassVar[str]

    base64_ssh_key: Annotated[Secret, About("Private key file: its base64, or the file itself as by @file.")]
    hostnames: Annotated[
        list[str], About("Names or addresses of the instances; host:port for another port.", then=_hostnames)
    ]
    username: Annotated[str, About("User on the instances.")]
    ssh_passphrase: Annotated[Secret | None, About("Passphrase of an encrypted key.")] = None
    port: Annotated[int, About("SSH port of the instances.", then=checked_port)] = 22
    host_keys: Annotated[
        Sequence[str],
        About("Pinned keys of the instances: known_hosts lines, or fingerprints SHA256:…", then=checked_pins),
    ] = ()

    @property
    def key(self) -> PrivateKey:
        """The key; ValueError says what is wrong with it."""
        return read_private_key(
            self.base64_ssh_key.reveal(), self.ssh_passphrase.reveal() if self.ssh_passphrase else None
        )

    def conflicts(self) -> Iterator[str]:
        """Yield what is wrong with the key."""
        try:
            found = self.key.type
        except ValueError as error:
            yield f"field 'base64_ssh_key': {error}"
            return
        if found != self.key_type:
            yield (
                f"field 'base64_ssh_key': this is an {found} key, and the auth method is for {self.key_type} keys: "
                f"use {found.lower()}-key"
            )


class RSAKeyConfig(HyperAIKeyConfig):
    """An RSA key."""

    key_type: ClassVar[str] = "RSA"


class DSAKeyConfig(HyperAIKeyConfig):
    """A DSA key, which nothing takes any more."""

    key_type: ClassVar[str] = "DSA"

    def conflicts(self) -> Iterator[str]:
        """Refuse."""
        yield (
            "DSA keys cannot be used: OpenSSH servers and current SSH libraries have dropped them as unsafe; "
            "make another one (ssh-keygen -t ed25519) and use ed25519-key"
        )


class ECDSAKeyConfig(HyperAIKeyConfig):
    """An ECDSA key."""

    key_type: ClassVar[str] = "ECDSA"


class Ed25519KeyConfig(HyperAIKeyConfig):
    """An Ed25519 key."""

    key_type: ClassVar[str] = "Ed25519"


class HyperAIConnector(ServiceConnector[HyperAIKeyConfig]):
    """Opens SSH sessions on HyperAI instances."""

    type = "hyperai"
    title = "HyperAI Service Connector"
    help = "Opens SSH sessions on HyperAI instances, whose host keys are checked."
    integration = "hyperai"
    modules = ("paramiko",)
    resource_types = (ResourceType(INSTANCE, instances=True, help="An instance, by its host name or address."),)
    auth_methods = (
        AuthMethod("rsa-key", RSAKeyConfig, "A user name and an RSA key."),
        AuthMethod("dsa-key", DSAKeyConfig, "Refused: nothing takes DSA keys any more."),
        AuthMethod("ecdsa-key", ECDSAKeyConfig, "A user name and an ECDSA key."),
        AuthMethod("ed25519-key", Ed25519KeyConfig, "A user name and an Ed25519 key."),
    )

    def resources(self, resource_type: str) -> Iterator[str]:
        """Yield the instances that let the user in; raise what `verify` raises when none does."""
        del resource_type
        faults = self._sign_in(self.config.hostnames)
        if all(faults):
            raise self._together([fault for fault in faults if fault])
        yield from (host for host, fault in zip(self.config.hostnames, faults, strict=True) if not fault)

    def verify(self, resource_type: str | None = None, resource_id: str | None = None) -> None:
        """Open a session on every instance, or on the one that is named; all at once."""
        del resource_type
        faults = [fault for fault in self._sign_in(self._hosts(resource_id)) if fault]
        if faults:
            raise self._together(faults)

    def client(self, resource_type: str, resource_id: str | None = None) -> SSHClient:
        """Return a paramiko.SSHClient of the instance that is named, else of the first one that lets the user in."""
        del resource_type
        open_session, faults = self._opener(), []
        for host in self._hosts(resource_id):
            try:
                return open_session(host)
            except AccessError as fault:
                faults.append(fault)
        raise self._together(faults)

    def sessions(self) -> list[Session]:
        """Return a session, not open yet, for the instance that was chosen, else for each one."""
        open_session, hosts = self._opener(), self._hosts(None)
        return [Session(self._address(host), self.config.username, partial(open_session, host)) for host in hosts]

    def _hosts(self, resource_id: str | None) -> list[str]:
        """Return the instances to try; raise NotFoundError for one that the connector does not have."""
        wanted = resource_id or self.resource_id
        if wanted is None:
            return self.config.hostnames
        found = [host for host in self.config.hostnames if self._address(host) == self._address(wanted)]
        if not found:
            raise NotFoundError(
                f"service connector {self.name!r} has no instance {wanted!r}",
                hint=f"it has: {', '.join(self.config.hostnames)}",
            )
        return found

    def _address(self, host: str) -> Address:
        try:
            return read_address(host, self.config.port)
        except ValueError as error:
            raise UsageError(str(error), where="resource id") from None

    def _opener(self) -> Callable[[str], SSHClient]:
        """Return what opens a session on an instance; keys and files are read once for all."""
        key, known = self.config.key, self._known()
        return lambda host: connect(self._address(host), self.config.username, key, known, keepalive=KEEPALIVE)

    def _sign_in(self, hosts: Sequence[str]) -> list[AccessError | None]:
        """Open and close a session on each host, all at once; return what is wrong with each."""
        from concurrent.futures import ThreadPoolExecutor

        open_session = self._opener()

        def attempt(host: str) -> AccessError | None:
            try:
                open_session(host).close()
            except AccessError as fault:
                return fault
            return None

        with ThreadPoolExecutor(len(hosts)) as pool:
            return list(pool.map(attempt, hosts))

    def _known(self) -> HostKeys:
        return HostKeys(f"service-connector {self.name}", self.config.host_keys)

    def _together(self, faults: Sequence[AccessError]) -> AccessError:
        if len(faults) == 1:
            return faults[0]
        lines = [fault.line for error in faults for fault in unknown_host_keys(error)]
        hints = dict.fromkeys(fault.hint for fault in faults if fault.hint)
        return HostFaults(faults, hint=self._known().pin_hint(lines) if lines else "; ".join(hints))
