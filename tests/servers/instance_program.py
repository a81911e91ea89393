"""Keep an instance for as long as a process lives: `python -m servers.instance_program PID SHARED REGISTRY?`.

It prints the instance's folder when it answers. SIGUSR1 has it break down and start again, SIGTERM has it end.
"""

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from servers.certificates import Authority
from servers.instance_disk import HOSTNAME, make_disk
from servers.registry import registry

_FOLDER = Path("/var/lib/podium-tests/instances")  # on the disk: Docker's own file system needs one
_CGROUPS = Path("/sys/fs/cgroup")
_IP = "/usr/sbin/ip"
_LINK = "podium{}"
REGISTRY_USERS = {"alice": "right-4711"}


def main(pid: int, shared: Path, *, with_registry: bool) -> None:
    """Run an instance until the process has ended or this one is told to, then leave nothing of it behind."""
    told, tell = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.write(tell, b"e"))
    signal.signal(signal.SIGUSR1, lambda *_: os.write(tell, b"r"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not any(_CGROUPS.iterdir()):
        subprocess.run(["/usr/bin/mount", "-t", "cgroup2", "cgroup2", _CGROUPS], check=True)
    with _place() as (number, folder), contextlib.ExitStack() as stack:
        machine = _Machine(number, folder, shared)
        make_disk(folder, machine.gateway)
        stack.callback(machine.off)
        machine.on()
        facts = {"keeper": os.getpid(), "host": machine.host, "gateway": machine.gateway, "registry": ""}
        if with_registry:
            facts["registry"] = stack.enter_context(_trusted_registry(folder, machine.gateway))
        _tell(folder, facts, machine)
        print(folder, flush=True)
        while True:
            ready = select.select([os.pidfd_open(pid), machine.ended, told], [], [])[0]
            if ready != [told] or os.read(told, 1) != b"r":
                return
            machine.off()
            machine.on()
            _tell(folder, facts, machine)


class _Machine:
    def __init__(self, number: int, folder: Path, shared: Path) -> None:
        self.host, self.gateway = f"198.18.{number}.2", f"198.18.{number}.1"  # of a network for tests of devices
        self.boots = 0
        self._link, self._name = _LINK.format(number), f"{HOSTNAME}{number}"
        self._folder, self._shared = folder, shared

    def on(self) -> None:
        """Start it and return when its services answer."""
        init = Path(__file__).with_name("instance_init.sh")
        command = ["/usr/bin/setpriv", "--pdeathsig", "KILL", "/usr/bin/unshare", "--fork", "--kill-child", "--mount"]
        command += ["--uts", "--ipc", "--pid", "--net", "/bin/sh", init, self._folder / "disk", self._shared]
        with (self._folder / "init.log").open("ab") as log:
            self._outer = subprocess.Popen([*command, self._name], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.ended = os.pidfd_open(self._outer.pid)
        self._until(lambda: _link_of(self._outer.pid) != _link_of(os.getpid()))
        self._connect()
        self._until(self._answers)
        self.boots += 1

    @property
    def pid(self) -> int:
        """Its first process, as this machine counts them."""
        return int(Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children").read_text().split()[0])

    def off(self) -> None:
        """Kill everything in it; the disk stays."""
        self._outer.kill()
        self._outer.wait()
        os.close(self.ended)
        subprocess.run([_IP, "link", "delete", self._link], check=False, capture_output=True)
        for folder in sorted(_CGROUPS.rglob(f"podium-{self._name}/**"), reverse=True):
            _eventually(lambda folder=folder: _removed(folder))

    def _connect(self) -> None:
        inside = ["/usr/bin/nsenter", f"--net=/proc/{self._outer.pid}/ns/net"]
        for command in (
            [_IP, "link", "add", self._link, "type", "veth", "peer", "name", "eth0", "netns", str(self._outer.pid)],
            [_IP, "address", "add", f"{self.gateway}/24", "dev", self._link],
            [_IP, "link", "set", self._link, "up"],
            [*inside, _IP, "address", "add", f"{self.host}/24", "dev", "eth0"],
            [*inside, _IP, "link", "set", "eth0", "up"],
            [*inside, _IP, "link", "set", "lo", "up"],
            [*inside, _IP, "route", "add", "default", "via", self.gateway],
        ):
            subprocess.run(command, check=True)

    def _answers(self) -> bool:
        try:
            socket.create_connection((self.host, 22), 1).close()
            with socket.socket(socket.AF_UNIX) as engine:
                engine.connect(f"/proc/{self.pid}/root/run/docker.sock")
                engine.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                return b" 200 " in engine.recv(100)
        except (OSError, IndexError):
            return False

    def _until(self, reached) -> None:
        logs = [self._folder / "init.log", self._folder / "disk/var/log/dockerd.log"]

        def alive() -> bool:
            assert self._outer.poll() is None, "".join(log.read_text()[-3000:] for log in logs if log.exists())
            return reached()

        assert _eventually(alive), "".join(log.read_text()[-3000:] for log in logs if log.exists())


@contextlib.contextmanager
def _place() -> Iterator[tuple[int, Path]]:
    """Take a number, and a folder that goes with it, which nobody has."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    for number in range(250):
        with (_FOLDER / f"{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if _LINK.format(number) in dict(socket.if_nameindex()).values():  # of tests in another root
                continue
            folder = _FOLDER / str(number)
            shutil.rmtree(folder, ignore_errors=True)  # of one whose keeper was killed
            try:
                yield number, folder
            finally:
                shutil.rmtree(folder)
            return
    raise RuntimeError("there are 250 instances")


@contextlib.contextmanager
def _trusted_registry(folder: Path, host: str) -> Iterator[str]:
    """Run a registry that the engines of this machine and of the instance trust."""
    authority = Authority("registry of an instance", host)
    (folder / "authority.crt").write_text(authority.pem)
    with registry(folder / "registry", users=REGISTRY_USERS, authority=authority, host=host) as address:
        trust(Path("/"), address, authority.pem)
        trust(folder / "disk", address, authority.pem)
        try:
            yield address
        finally:
            shutil.rmtree(_trusts(Path("/"), address))


def trust(root: Path, registry: str, authority: str) -> None:
    """Have the Docker engine of a machine trust a registry."""
    _trusts(root, registry).mkdir(parents=True)
    (_trusts(root, registry) / "ca.crt").write_text(authority)


def _trusts(root: Path, registry: str) -> Path:
    return root / "etc/docker/certs.d" / registry


def _tell(folder: Path, facts: dict[str, object], machine: _Machine) -> None:
    (folder / "facts.new").write_text(json.dumps({**facts, "pid": machine.pid, "boots": machine.boots}))
    (folder / "facts.new").replace(folder / "facts.json")


def _link_of(pid: int) -> Path:
    return Path(f"/proc/{pid}/ns/net").readlink()


def _eventually(reached, patience: float = 60) -> bool:
    deadline = time.monotonic() + patience
    while not (is_so := reached()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return is_so


def _removed(cgroup: Path) -> bool:
    try:
        cgroup.rmdir()
    except OSError:
        return not cgroup.exists()
    return True


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), with_registry="registry" in sys.argv[3:])
