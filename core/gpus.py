"""The GPUs of this machine, leased across runs, processes and users.

A lease is a lock on a file that the kernel lets go when its holder dies. Devices are named by uuid: CUDA numbers them
by speed and nvidia-smi by bus, so that an index would not always mean the same device.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from .dataclass import dataclass
from .errors import ConflictError


@dataclass(frozen=True, slots=True)
class Gpu:
    """One device as nvidia-smi names it."""

    index: str
    uuid: str
    name: str

    def is_of(self, gpu_class: str | None) -> bool:
        """Say whether each word of the class stands in the name: `a100-80gb` is an `NVIDIA A100-SXM4-80GB`."""
        return gpu_class is None or _words(gpu_class) <= _words(self.name) | {"nvidia"}


@dataclass(frozen=True, slots=True)
class GpuLease:
    """The right to use one GPU, until `release` or the end of this process."""

    uuid: str
    lock: int

    def release(self) -> None:
        """Unlock at once, also when a forked child still holds a copy of the descriptor."""
        fcntl.flock(self.lock, fcntl.LOCK_UN)
        os.close(self.lock)


class GpuPool:
    """The GPUs that this process may use: nvidia-smi is asked once, and only when a step wants a GPU.

    `lock_folder` is one that every user of the machine shares and in which none can remove another's files.
    """

    def __init__(self, lock_folder: Path | None = None, environment: Mapping[str, str] = os.environ) -> None:
        self._lock_folder = lock_folder or _shared_lock_folder()
        self._environment = environment

    @cached_property
    def gpus(self) -> tuple[Gpu, ...]:
        """Those that CUDA_VISIBLE_DEVICES leaves, all when it is not set."""
        return _visible(self._query[0], self._environment.get("CUDA_VISIBLE_DEVICES"))

    @property
    def account(self) -> str:
        """Why there are not more GPUs than `gpus` has, in a few words."""
        found, problem = self._query
        if problem:
            return problem
        visible = self._environment.get("CUDA_VISIBLE_DEVICES")
        hidden = "" if visible is None else f", CUDA_VISIBLE_DEVICES={visible!r} leaves {len(self.gpus)}"
        return f"nvidia-smi lists {', '.join(gpu.name for gpu in found) or 'none'}{hidden}"

    def lease(self, count: int, gpu_class: str | None) -> tuple[GpuLease, ...] | None:
        """Take `count` GPUs of a class that nobody holds, or none at all."""
        leases: list[GpuLease] = []
        for gpu in self.gpus:
            if len(leases) < count and gpu.is_of(gpu_class):
                lock = _try_lock(self._lock_folder / f"podium-{gpu.uuid}.lock")
                if lock is not None:
                    leases.append(GpuLease(gpu.uuid, lock))
        if len(leases) == count:
            return tuple(leases)
        for lease in leases:
            lease.release()
        return None

    @cached_property
    def _query(self) -> tuple[tuple[Gpu, ...], str]:
        """Ask nvidia-smi; the second value says why it gave no answer."""
        import subprocess

        command = ["nvidia-smi", "--query-gpu=index,uuid,name", "--format=csv,noheader"]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
        except FileNotFoundError:
            return (), "nvidia-smi is not on PATH"
        except subprocess.CalledProcessError as error:
            said = (error.stderr + error.stdout).strip().partition("\n")[0]
            return (), f"nvidia-smi exited with {error.returncode}: {said}"
        except (OSError, subprocess.TimeoutExpired) as error:
            return (), f"nvidia-smi: {error}"
        return tuple(Gpu(*line.split(", ", 2)) for line in answer.splitlines() if line), ""


def has_gpu_device(root: Path = Path("/")) -> bool:
    """Say whether this machine or container has the device file of a GPU: NVIDIA's, a renderer's, or Windows'."""
    devices = root / "dev"
    nvidia = any(path.name[6:].isdigit() for path in devices.glob("nvidia*"))
    return nvidia or any(devices.glob("dri/renderD*")) or (devices / "dxg").exists()


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower()))


def _visible(gpus: tuple[Gpu, ...], names: str | None) -> tuple[Gpu, ...]:
    """Choose as CUDA does: by index or by the start of a uuid, up to the first name that no device has."""
    if names is None:
        return gpus
    chosen: dict[str, Gpu] = {}
    for name in (part.strip() for part in names.split(",")):
        match = next((gpu for gpu in gpus if name == gpu.index or (name and gpu.uuid.startswith(name))), None)
        if match is None:
            break
        chosen[match.uuid] = match
    return tuple(chosen.values())


def _shared_lock_folder() -> Path:
    """Find the first folder where everyone may create files and none remove another's: the same for all users here."""
    open_and_sticky = stat.S_ISVTX | stat.S_IWOTH
    folders = (Path("/run/lock"), Path("/var/lock"), Path("/tmp"))  # noqa: S108 - no file is trusted, only locked
    return next(
        (f for f in folders if f.is_dir() and f.stat().st_mode & open_and_sticky == open_and_sticky), folders[-1]
    )


def _try_lock(path: Path) -> int | None:
    """Lock a file, created if need be; None when it is held. Never follows a link, never writes to the file."""
    try:
        lock = _open(path)
    except OSError as error:
        raise ConflictError(
            f"cannot open the GPU lock file {path}: {error.strerror}", hint="remove it when no run uses a GPU"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _open(path: Path) -> int:
    """Open for locking, which needs no right to write; other users must be able to open the file too.

    Opening comes before creating: with `fs.protected_regular` the kernel refuses O_CREAT on another user's file.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        return os.open(path, flags)
    except FileNotFoundError:
        pass
    try:
        lock = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return os.open(path, flags)
    os.fchmod(lock, 0o644)
    return lock
