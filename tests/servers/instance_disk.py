"""The disk of an instance: configuration, users, and what it has beside this machine's programs."""

import os
import shutil
import subprocess
from pathlib import Path

from servers.sshd import make_key

V1, V2, NO_DOCKER, HOSTILE = "ada", "ben", "mal", 'o\'neil & "co"; $(touch z) `id`'
"""Users beside root: with Compose v1, with v2 as well, without the right to use Docker, and v1 with a name to quote.

As root they are called by the key `key` in the folder of the instance.
"""
HOSTNAME = "instance"
GPUS = ("GPU-5c1ad1a7-0000-4000-8000-0000000000a0", "GPU-5c1ad1a7-0000-4000-8000-0000000000b1")
"""The uuids of its GPUs."""
PATH = "/opt/gpu/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_COMPOSE_V2 = Path("/var/lib/podium-tests/compose-v2/cli-plugins/docker-compose")
_FIRST_UID = 4001
_SSHD = f"""
Port 22
HostKey /etc/ssh/instance/host_key
AuthorizedKeysFile .ssh/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 200
SetEnv PATH={PATH}
Subsystem sftp internal-sftp
"""
_NVIDIA_SMI = f"""#!/bin/sh
# As much of NVIDIA's program as lists devices: in a container those that it was given, by index or uuid.
visible=",${{NVIDIA_VISIBLE_DEVICES-all}},"
list() {{
    case "$visible" in
        ,all, | *,"$1",* | *,"$2",*) echo "$3" ;;
    esac
}}
name='NVIDIA H100 80GB HBM3'
case "$*" in
    -L) list 0 {GPUS[0]} "GPU 0: $name (UUID: {GPUS[0]})"; list 1 {GPUS[1]} "GPU 1: $name (UUID: {GPUS[1]})" ;;
    *--query-gpu=index,uuid,name\\ *) list 0 {GPUS[0]} "0, {GPUS[0]}, $name"; list 1 {GPUS[1]} "1, {GPUS[1]}, $name" ;;
    *) echo "Unknown query: $*" >&2; exit 2 ;;
esac
"""
# Docker has GPUs to give when it finds this program at its start. As NVIDIA's own, it gives containers nvidia-smi.
_HOOK = """#!/bin/sh
bundle=$(sed 's/.*"bundle":"\\([^"]*\\)".*/\\1/')
root=$(sed 's/.*"root":{"path":"\\([^"]*\\)".*/\\1/' "$bundle/config.json")
exec cp /opt/gpu/bin/nvidia-smi "$root/usr/bin/nvidia-smi"
"""


def make_disk(folder: Path, gateway: str) -> None:
    """Lay the disk out below the folder, with the keys that its users and its SSH server have."""
    disk = folder / "disk"
    disk.mkdir(parents=True)
    subprocess.run(["/bin/cp", "-a", "/etc", disk / "etc"], check=True)
    (disk / "etc/crontab").write_text("")
    for name in ("cron.d", "docker"):
        shutil.rmtree(disk / "etc" / name)
        (disk / "etc" / name).mkdir()
    for name in ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        entry = Path("/", name)
        if entry.is_symlink():
            (disk / name).symlink_to(entry.readlink())
        elif entry.exists():
            (disk / name).mkdir()
    for name in ("dev", "proc", "sys", "run", "tmp", "mnt/small", "home", "opt/gpu/bin", "root", "srv"):
        (disk / name).mkdir(parents=True)
    for name in ("lib/docker", "log", "spool/cron/crontabs", "cache"):
        (disk / "var" / name).mkdir(parents=True)
    (disk / "var/run").symlink_to("/run")
    (disk / "var/lock").symlink_to("/run/lock")
    _own_crontabs(disk)
    (disk / "etc/hosts").write_text(f"127.0.0.1 localhost {HOSTNAME}\n{gateway} gateway\n")
    for name, text in (("nvidia-smi", _NVIDIA_SMI), ("nvidia-container-runtime-hook", _HOOK)):
        (disk / "opt/gpu/bin" / name).write_text(text)
        (disk / "opt/gpu/bin" / name).chmod(0o755)
    (disk / "etc/ssh/instance").mkdir()
    (disk / "etc/ssh/instance/sshd_config").write_text(_SSHD)
    make_key(disk / "etc/ssh/instance/host_key")
    make_key(folder / "key")
    _add_users(disk, (folder / "key.pub").read_text())


def _own_crontabs(disk: Path) -> None:
    groups = [line.split(":") for line in (disk / "etc/group").read_text().splitlines()]
    crontabs = disk / "var/spool/cron/crontabs"
    os.chown(crontabs, 0, next(int(group[2]) for group in groups if group[0] == "crontab"))
    crontabs.chmod(0o1730)


def _add_users(disk: Path, key: str) -> None:
    with (disk / "etc/passwd").open("a") as users, (disk / "etc/group").open("a") as groups:
        for uid, user in enumerate((V1, V2, NO_DOCKER, HOSTILE), _FIRST_UID):
            users.write(f"{user}:x:{uid}:{uid}::/home/{user}:/bin/sh\n")
            groups.write(f"{user}:x:{uid}:\n")
    with (disk / "etc/shadow").open("a") as shadow:
        shadow.writelines(f"{user}:*:19000:0:99999:7:::\n" for user in (V1, V2, NO_DOCKER, HOSTILE))
    group = disk / "etc/group"
    lines = [line for line in group.read_text().splitlines() if not line.startswith("docker:")]
    group.write_text("\n".join([*lines, f"docker:x:4000:{V1},{V2},{HOSTILE}"]) + "\n")
    _home(disk / "root", 0, key)
    for uid, user in enumerate((V1, V2, NO_DOCKER, HOSTILE), _FIRST_UID):
        _home(disk / "home" / user, uid, key)
    plugins = disk / "home" / V2 / ".docker/cli-plugins"
    plugins.mkdir(parents=True)
    shutil.copy(_COMPOSE_V2, plugins)


def _home(home: Path, uid: int, key: str) -> None:
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh/authorized_keys").write_text(key)
    for path in (home, home / ".ssh", home / ".ssh/authorized_keys"):
        os.chown(path, uid, uid)
    home.chmod(0o700)
