"""The Docker engine that tests use: this machine's where one answers, else one of their own, gone when they end."""

import io
import os
import socket
import subprocess
import sys
import tempfile
import time
from ipaddress import ip_network
from pathlib import Path

import docker
from docker.errors import DockerException, ImageNotFound
from filelock import FileLock
from servers import base_image

_FOLDER = Path("/var/lib/podium-tests/engine")  # on the disk: /run may be memory
_SOCKET = _FOLDER / "docker.sock"


def engine() -> docker.DockerClient:
    """Return a client of an engine that has `python:X.Y-slim`; DOCKER_HOST points to it from then on."""
    client = _answering() or _started()
    with FileLock(_lock_folder() / "base-image.lock"):
        try:
            client.images.get(base_image.NAME)
        except ImageNotFound:
            repository, _, tag = base_image.NAME.partition(":")
            client.api.import_image_from_data(
                io.BytesIO(base_image.rootfs()), repository=repository, tag=tag, changes=base_image.changes()
            )
    return client


def bridge_address(client: docker.DockerClient) -> str:
    """Return the address under which containers and this machine both reach what listens on this machine."""
    [network] = client.networks.get("bridge").attrs["IPAM"]["Config"]
    return network.get("Gateway") or str(ip_network(network["Subnet"])[1])


def _answering() -> docker.DockerClient | None:
    for address in (os.environ.get("DOCKER_HOST"), "unix:///var/run/docker.sock", f"unix://{_SOCKET}"):
        if address and _listens(address):
            try:
                client = docker.DockerClient(address, timeout=120)
                client.ping()
            except (DockerException, OSError):  # the latter of one that just ends
                continue
            os.environ["DOCKER_HOST"] = address
            return client
    return None


def _listens(address: str) -> bool:
    """Say whether it is worth asking; of a socket where nobody is, the SDK would leave its own end open."""
    kind, _, path = address.partition("://")
    with socket.socket(socket.AF_UNIX) as end:
        return kind != "unix" or end.connect_ex(path) == 0


def _started() -> docker.DockerClient:
    """Start an engine that ends with the process that runs all tests, once for all of its workers."""
    assert os.geteuid() == 0, "no Docker engine answers: start one, or run the tests as root to have them start one"
    with FileLock(_lock_folder() / "docker.lock"):
        if not (client := _answering()):
            of_all = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
            program = Path(__file__).with_name("docker_program.py")
            keeper = subprocess.Popen([sys.executable, program, str(_FOLDER), str(of_all)], start_new_session=True)
            deadline = time.monotonic() + 60
            while not (client := _answering()):
                log = _FOLDER / "dockerd.log"
                said = log.read_text()[-3000:] if log.exists() else ""
                assert keeper.poll() is None, f"dockerd does not start:\n{said}"
                assert time.monotonic() < deadline, f"dockerd does not answer:\n{said}"
                time.sleep(0.1)
            keeper.returncode = 0  # it outlives this worker
    return client


def _lock_folder() -> Path:
    folder = _FOLDER if os.geteuid() == 0 else Path(tempfile.gettempdir(), f"podium-tests-{os.getuid()}")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
