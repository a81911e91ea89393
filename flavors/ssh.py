"""The ssh orchestrator: pipelines on any host with Docker Compose that can be reached over SSH."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from ..core.compose.document import ServiceOptions
from ..core.compose.host_config import ComposeHostConfig, absolute_paths
from ..core.compose.run_options import run_options
from ..core.compose.scheduling import CronOrchestrator
from ..core.contracts.component import About, Settings
from ..core.errors import AccessError, PodiumError
from ..core.secrets.secret import Secret
from ..core.ssh.address import checked_port, read_address
from ..core.ssh.connection import connect
from ..core.ssh.host_keys import KNOWN_HOSTS, HostKeys, checked_pins
from ..core.ssh.private_key import PrivateKey, read_private_key
from ..core.ssh.session import Session

if TYPE_CHECKING:
    from paramiko import SSHClient


def _hostname(text: str) -> str:
    if read_address(text, 0).port:
        raise ValueError("give the port as the field 'port'")
    return text


def _indices(given: Sequence[int]) -> Sequence[int]:
    if not given or min(given) < 0 or len(set(given)) < len(given):
        raise ValueError("each is the number of another GPU, as nvidia-smi counts them from 0")
    return given


def _known_options(words: Sequence[str]) -> Sequence[str]:
    run_options(words)
    return words


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


class SSHOrchestratorSettings(Settings):
    """What a pipeline or step may set."""

    synchronous: Annotated[bool, About("Wait for the run to end, showing what steps print.")] = True
    mounts: Annotated[
        Mapping[str, str],
        About("Folders of the host to mount: its path to the path in the container.", then=absolute_paths),
    ] = {}
    gpu_indices: Annotated[
        Sequence[int] | None, About("The GPUs of the host that may be used; by default all.", then=_indices)
    ] = None
    docker_run_args: Annotated[
        Sequence[str], About("More options of `docker run`, as --shm-size=2g.", then=_known_options)
    ] = ()


class SSHOrchestratorConfig(SSHOrchestratorSettings, ComposeHostConfig):
    """What a registration may set; without a key, those of the agent and of this user's `.ssh` folder are tried."""

    hostname: Annotated[str, About("Name or address of the host.", then=_hostname)]
    username: Annotated[str, About("User on the host.")]
    port: Annotated[int, About("SSH port of the host.", then=checked_port)] = 22
    ssh_key_path: Annotated[Path | None, About("Private key file on this machine.", then=_absolute)] = None
    ssh_private_key: Annotated[Secret | None, About("Private key itself, or its base64.")] = None
    ssh_key_passphrase: Annotated[Secret | None, About("Passphrase of an encrypted key.")] = None
    known_hosts_path: Annotated[
        Path | None, About("File of known host keys; by default this user's and the system's.", then=_absolute)
    ] = None
    host_keys: Annotated[
        Sequence[str],
        About("Pinned keys of the host: known_hosts lines, or fingerprints SHA256:…", then=checked_pins),
    ] = ()
    connection_timeout: Annotated[float, About("Seconds to wait for each answer while connecting.", gt=0)] = 10
    keepalive_interval: Annotated[int, About("Seconds between signs of life on the connection; 0 is none.", ge=0)] = 30
    authenticate_docker: Annotated[
        bool, About("Log the host into the stack's container registry while it pulls images.")
    ] = False
    cleanup_old_files: Annotated[bool, About("Remove the files of old finished runs.")] = True

    def conflicts(self) -> Iterator[str]:
        """Yield what is wrong with the key."""
        if self.ssh_key_path and self.ssh_private_key:
            yield "ssh_key_path and ssh_private_key exclude each other"
        elif self.ssh_key_passphrase and not (self.ssh_key_path or self.ssh_private_key):
            yield "ssh_key_passphrase is of no use without ssh_key_path or ssh_private_key"
        elif self.ssh_private_key:
            try:
                self.key()
            except PodiumError as error:
                yield error.message

    def key(self) -> PrivateKey | None:
        """Return the key, None to try the user's own; raise AccessError saying what is wrong with it."""
        where = "ssh_private_key" if self.ssh_private_key else str(self.ssh_key_path)
        try:
            if self.ssh_private_key:
                text = self.ssh_private_key.reveal()
            elif self.ssh_key_path:
                text = self.ssh_key_path.read_text(encoding="utf-8")
            else:
                return None
            return read_private_key(text, self.ssh_key_passphrase.reveal() if self.ssh_key_passphrase else None)
        except OSError as error:
            raise AccessError(f"the private key cannot be read: {error.strerror}", where=where) from None
        except ValueError as error:
            raise AccessError(f"the private key is of no use: {error}", where=where) from None


class SSHOrchestrator(CronOrchestrator[SSHOrchestratorConfig]):
    """Runs pipelines on one host."""

    flavor = "ssh"
    config_class = SSHOrchestratorConfig
    settings_class = SSHOrchestratorSettings

    def sessions(self) -> Sequence[Session]:
        """Return a session for the host."""
        config = self.config
        address = read_address(config.hostname, config.port)

        def log_in() -> SSHClient:
            files = [config.known_hosts_path] if config.known_hosts_path else KNOWN_HOSTS
            return connect(
                address,
                config.username,
                config.key(),
                HostKeys(f"orchestrator {self.name}", config.host_keys, files),
                patience=config.connection_timeout,
                keepalive=config.keepalive_interval,
            )

        return [Session(address, config.username, log_in)]

    def service_options(self, config: SSHOrchestratorConfig) -> ServiceOptions:
        """Return the mounts, the GPUs and what the options of `docker run` stand for."""
        extra = run_options(config.docker_run_args)
        return ServiceOptions(mounts=config.mounts, gpus=config.gpu_indices, extra=extra)

    @property
    def logs_in(self) -> bool:
        """Whether the host is logged into the stack's registry while it pulls images."""
        return self.config.authenticate_docker

    @property
    def cleans_up(self) -> bool:
        """Whether the files of old finished runs are removed."""
        return self.config.cleanup_old_files
