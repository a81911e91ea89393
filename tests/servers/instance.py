"""A whole remote machine on this one: real sshd, cron, and a Docker engine that has no image.

It has namespaces of its own, this machine's programs, and a disk (instance_disk.py). What runs in it reaches this
machine, and nothing else, at `gateway`.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import docker
from filelock import FileLock
from servers.instance_disk import HOSTILE, NO_DOCKER, PATH, V1, V2
from servers.instance_program import REGISTRY_USERS, trust
from servers.sshd import fingerprint

__all__ = ["HOSTILE", "NO_DOCKER", "REGISTRY_USERS", "V1", "V2", "Instance", "common", "running"]


@dataclass(frozen=True)
class Instance:
    """One machine; users log in at port 22 of `host` with the private key `key`.

    The folder given at its start, `shared`, is there under the same path.
    """

    folder: Path
    shared: Path

    @property
    def _facts(self) -> dict:
        return json.loads((self.folder / "facts.json").read_text())

    @cached_property
    def host(self) -> str:
        """Its address."""
        return self._facts["host"]

    @cached_property
    def gateway(self) -> str:
        """The address of this machine, for both."""
        return self._facts["gateway"]

    @cached_property
    def registry(self) -> str:
        """Address of a container registry that both engines trust; its users are REGISTRY_USERS."""
        return self._facts["registry"]

    @property
    def authority(self) -> Path:
        """The certificate of who vouches for the registry."""
        return self.folder / "authority.crt"

    @property
    def key(self) -> Path:
        """The private key of all users."""
        return self.folder / "key"

    @property
    def host_key(self) -> str:
        """Its key, as in known_hosts after the host."""
        return " ".join((self.disk / "etc/ssh/instance/host_key.pub").read_text().split()[:2])

    @property
    def line(self) -> str:
        """What vouches for it in a known_hosts file."""
        return f"{self.host} {self.host_key}"

    @property
    def fingerprint(self) -> str:
        """The digest of its key."""
        return fingerprint(self.disk / "etc/ssh/instance/host_key.pub")

    @property
    def disk(self) -> Path:
        """What survives its end: not /run, /tmp and /mnt/small, which `root` has, too."""
        return self.folder / "disk"

    @property
    def root(self) -> Path:
        """Its file system, while it is up; follow no absolute link there."""
        return Path(f"/proc/{self._facts['pid']}/root")

    def home(self, user: str = "root") -> Path:
        """Return the folder of a user, seen from here."""
        return self.disk / ("root" if user == "root" else f"home/{user}")

    def authorize(self, user: str, public_key: str) -> None:
        """Let a user in by one more key."""
        with (self.home(user) / ".ssh/authorized_keys").open("a") as keys:
            keys.write(f"{public_key.strip()}\n")

    def trust(self, other: "Instance") -> None:
        """Have the engine trust the registry of another instance."""
        trust(self.disk, other.registry, other.authority.read_text())

    def run(self, command: str, user: str = "root", text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a shell command on it, not by ssh; the text is its input."""
        inside = [
            "/usr/bin/nsenter",
            "--target",
            str(self._facts["pid"]),
            "--mount",
            "--uts",
            "--ipc",
            "--net",
            "--pid",
        ]
        inside += ["--root", "/usr/bin/setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--reset-env"]
        words = [*inside, "/usr/bin/env", "--chdir=/", f"PATH={PATH}", "/bin/sh", "-c", f"cd; {command}"]
        return subprocess.run(words, input=text, capture_output=True, text=True, check=False, timeout=60)

    @contextlib.contextmanager
    def engine(self) -> Iterator[docker.DockerClient]:
        """Return a client of its Docker engine."""
        client = docker.DockerClient(f"unix://{self.root}/run/docker.sock", timeout=60)
        try:
            yield client
        finally:
            client.close()

    def processes(self) -> set[int]:
        """Return what runs on it, containers' processes included, as this machine counts processes."""
        parents = {}
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended
                parents[int(process.name)] = int((process / "stat").read_text().rpartition(") ")[2].split()[1])
        found = {self._facts["pid"]}
        while grown := {process for process, parent in parents.items() if parent in found} - found:
            found |= grown
        return found

    def reboot(self) -> None:
        """Kill everything on it at once, and start it again; return when it answers."""
        before = self._facts
        os.kill(before["keeper"], signal.SIGUSR1)
        deadline = time.monotonic() + 60
        while self._facts["boots"] == before["boots"]:
            assert time.monotonic() < deadline, "it does not start again"
            time.sleep(0.05)


def common(shared: Path) -> Instance:
    """Return the one that all workers of a test session share, with a registry, until the end of the session."""
    place = shared / "instance"
    with FileLock(shared / "instance.lock"):
        if not place.exists():
            of_all = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
            keeper = _keeper(of_all, shared, "registry")
            place.symlink_to(_folder(keeper))
            keeper.stdout.close()
            keeper.returncode = 0  # it outlives this worker
    return Instance(place.readlink(), shared)


@contextlib.contextmanager
def running(shared: Path) -> Iterator[Instance]:
    """Run one for a test that breaks it."""
    with _keeper(os.getpid(), shared) as keeper:
        yield Instance(_folder(keeper), shared)
        keeper.terminate()


def _keeper(pid: int, shared: Path, *options: str) -> subprocess.Popen[str]:
    assert os.geteuid() == 0, "tests with a machine of their own need to be run as root"
    assert shutil.which("unshare"), "there is no unshare: install util-linux"
    command = [sys.executable, "-m", "servers.instance_program", str(pid), str(shared), *options]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)


def _folder(keeper: subprocess.Popen[str]) -> Path:
    said = keeper.stdout.readline().strip()
    assert said, f"the machine did not start: exit code {keeper.wait()}"
    return Path(said)
