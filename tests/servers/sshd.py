"""The real OpenSSH server on loopback, with host keys, users' keys and a PATH of its own."""

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from servers.loopback import free_port

MARKER = "m4rk-er phrase:ü"
_SSHD = "/usr/sbin/sshd"  # which starts only by its whole path
_KEYGEN = "/usr/bin/ssh-keygen"
_PROGRAMS = (
    "basename",
    "cat",
    "cp",
    "cut",
    "date",
    "df",
    "dirname",
    "find",
    "head",
    "ln",
    "mkdir",
    "mktemp",
    "mv",
    "rm",
    "sed",
    "setsid",
    "sh",
    "sleep",
    "tail",
    "tar",
    "timeout",
    "yes",
)
_CONFIG = """
ListenAddress 127.0.0.1:{port}
ListenAddress 127.0.0.2:{port}
{host_keys}
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 200
SetEnv HOME={folder} PATH={folder}/bin
Subsystem sftp internal-sftp
{more}
"""


@dataclass(frozen=True)
class SSHServer:
    """One server; it lets `user` in with the keys that were authorized."""

    folder: Path
    port: int
    user: str

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def host_key(self) -> str:
        """Its key, as in known_hosts after the host."""
        return " ".join((self.folder / "host_key0.pub").read_text().split()[:2])

    @property
    def line(self) -> str:
        """What vouches for it in a known_hosts file."""
        return f"[127.0.0.1]:{self.port} {self.host_key}"

    @property
    def fingerprint(self) -> str:
        """The digest of its key."""
        return fingerprint(self.folder / "host_key0.pub")

    @contextmanager
    def programs(self, **scripts: str) -> Iterator[None]:
        """Have programs of these names there, made of shell commands, until the end of the block."""
        files = {self.folder / "bin" / name.replace("_", "-"): text for name, text in scripts.items()}
        for file, text in files.items():
            file.write_text(f"#!/bin/sh\n{text}\n")
            file.chmod(0o755)
        try:
            yield
        finally:
            for file in files:
                file.unlink()


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "", *options: str) -> Path:
    """Make a key pair as users do; return the private key file."""
    size = ["-b", "2048"] if kind == "rsa" else []
    command = [_KEYGEN, "-q", "-t", kind, *size, "-N", passphrase, "-C", "", "-f", str(path), *options]
    subprocess.run(command, check=True, capture_output=True)
    return path


def fingerprint(path: Path) -> str:
    """Return what ssh shows for a key file."""
    shown = subprocess.run([_KEYGEN, "-lf", str(path)], check=True, capture_output=True, text=True)
    return shown.stdout.split()[1]


def write_known_hosts(home: Path, text: str, *, hashed: bool = False) -> Path:
    """Write a user's known_hosts, and return it."""
    file = home / ".ssh" / "known_hosts"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    if hashed:
        subprocess.run([_KEYGEN, "-H", "-f", str(file)], check=True, capture_output=True)
    return file


@contextmanager
def sshd(
    folder: Path, authorized: Sequence[Path] = (), *, host_keys: Sequence[str] = ("ed25519",), more: str = ""
) -> Iterator[SSHServer]:
    """Run a server that lets this user in with the given keys, until the end of the block.

    It has a host key of each type named; the first one is that of `host_key`, `line` and `fingerprint`.
    `more` are lines of its configuration.
    """
    (folder / "bin").mkdir(parents=True)
    for program in _PROGRAMS:
        (folder / "bin" / program).symlink_to(shutil.which(program) or program)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    for number, kind in enumerate(host_keys):
        make_key(folder / f"host_key{number}", kind)
    (folder / "authorized_keys").write_text("".join(Path(f"{key}.pub").read_text() for key in authorized))
    server = SSHServer(folder, free_port(), getpass.getuser())
    config = folder / "sshd_config"
    lines = "\n".join(f"HostKey {folder}/host_key{number}" for number in range(len(host_keys)))
    config.write_text(_CONFIG.format(port=server.port, host_keys=lines, folder=folder, more=more))
    # Servers from 9.8 on keep hosts away that fail too often; older ones do not know the option.
    modern = ["-o", "PerSourcePenalties no"]
    command = [_SSHD, "-f", str(config), *modern]
    if subprocess.run([*command, "-t"], check=False, capture_output=True).returncode:
        command = command[: -len(modern)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, "-D", "-e"], stdin=subprocess.DEVNULL, stderr=log)
    try:
        _wait_for(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(server: SSHServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while True:
        assert process.poll() is None, (server.folder / "log").read_text()
        try:
            socket.create_connection(("127.0.0.1", server.port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, (server.folder / "log").read_text()
            time.sleep(0.02)
        else:
            return
