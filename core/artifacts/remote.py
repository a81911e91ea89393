"""An artifact store in a bucket of any service that fsspec knows: every object is made once, whole, by the service."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..contracts.artifact_store import ArtifactStore
from ..errors import ConflictError, PodiumError, UsageError
from . import heartbeat
from .chunked_log import ChunkedLog, LogChunks
from .remote_calls import Access, RemoteCalls, patience
from .tree import pack, unpack
from .upload import Upload

if TYPE_CHECKING:
    from ..spec import JSON

_NOT_A_KEY = re.compile(r"(?:\A|/)\.{0,2}(?:/|\Z)|[\0-\x1f\x7f]")
_PATTERN = re.compile(r"[*?[]")
_FOLDER = ".folder.tar"
"""Name, below its key, of the one object that a stored folder is."""
_AT_ONCE = 16
"""Most requests at the same time."""
_RATE = 1 << 20
"""Bytes per second that an upload is given time for."""
_CARRIED_FOR = 600.0
"""Seconds for which jobs that are started are given the same credentials."""
_MOST_PARTS = 9000
"""S3 takes 10000."""


class RemoteObjects(ArtifactStore):
    """A store below one path of a bucket.

    `options` have the `address` of the service, which tells its time and is named in errors; `storage`, the arguments
    of fsspec's file system, credentials among them; `transfer`, those of its uploads and downloads; and `expires`, in
    seconds since the epoch, if the credentials do, or `temporary`, if nobody knows when. What a killed writer leaves
    no reader sees; parts of an upload stay with the service until a rule of the bucket removes them.
    """

    remote: ClassVar[bool] = True

    def __init__(self, url: str, access: Access) -> None:
        self.url = url.rstrip("/")
        self._access = access
        self._root = self.url.partition("://")[2]
        self.call = RemoteCalls(self.url, access)
        self._logs = LogChunks(self)
        self._fetched: dict[str, Path] = {}
        self._folder: Path | None = None
        self._carried: tuple[float, Mapping[str, JSON]] | None = None

    @property
    def options(self) -> Mapping[str, JSON]:  # type: ignore[override]
        """How another process of this machine reaches the store."""
        return self.call.options

    def carried(self) -> Mapping[str, JSON]:
        """Return options with credentials of their own, as short-lived as can be, asked for once in a while."""
        now = time.monotonic()
        if self._carried is None or now >= self._carried[0]:
            self._carried = (now + _CARRIED_FOR, self._access(elsewhere=True))
        return self._carried[1]

    def preload(self) -> None:
        """Import the service's client."""
        self.call.preload()

    def read(self, key: str) -> bytes:
        """Return the object's bytes; raise FileNotFoundError when there is none."""
        data: bytes = self.call("_cat_file", self.path(key))
        return data

    def read_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the bytes of several objects, in order, None for what is not there, by requests at the same time."""
        paths = [self.path(key) for key in keys]
        if not paths:
            return []
        found = self.call("_cat", paths, on_error="return", batch_size=_AT_ONCE)
        return [self._tried_again(key, found.get(path)) for key, path in zip(keys, paths, strict=True)]

    def write(self, key: str, data: bytes) -> None:
        """Store an object under a new key; raise ConflictError when the key has other data."""
        if not self.create(key, data):
            raise _conflict(self.url, key)

    def create(self, key: str, data: bytes) -> bool:
        """Store an object unless the key exists.

        A try whose answer was lost may have made it, so one that finds its own data there has made it.
        """
        path = self.path(key)
        try:
            self.call("_pipe_file", path, data, mode="create", limit=patience() + len(data) / _RATE)
        except FileExistsError:
            return self._holds(key, data)
        except FileNotFoundError:
            raise self.call.no_bucket() from None
        return True

    def duplicate(self, source: str, key: str, data: bytes) -> bool:
        """Store an object's data under another key unless that exists: not all services copy on that condition."""
        del source
        return self.create(key, data)

    def names(self, prefix: str) -> list[str]:
        """Names of objects and folders directly below a prefix (empty: the whole store), in no order."""
        return [name for name in self.listing(prefix) if name]

    def listing(self, prefix: str) -> dict[str, dict[str, Any]]:
        """Return what fsspec tells of what is directly below a prefix, by name: its size and time among others."""
        path = self.path(prefix) if prefix else self._root
        try:
            found = self.call("_ls", path, detail=True, limit=patience())
        except FileNotFoundError:
            return {}
        return {entry["name"].rstrip("/")[len(path) + 1 :]: entry for entry in found if entry["name"] != path}

    def exists(self, key: str) -> bool:
        """Say whether an object or a folder has this key."""
        try:
            self.call("_info", self.path(key), limit=patience())
        except FileNotFoundError:
            return False
        return True

    def delete(self, prefix: str) -> None:
        """Remove an object, and everything below a prefix."""
        path = self.path(prefix)
        self.remove(path)
        parent, _, name = path.rpartition("/")
        below = self._below(parent, name)
        for found in filter(_PATTERN.search, below):  # file systems would remove all that matches
            self.remove(found)
        rest = [found for found in below if not _PATTERN.search(found)]
        with suppress(FileNotFoundError):
            if rest:
                self.call("_rm", rest)
        if below and self._below(parent, name):  # file systems tell of no object that they could not remove
            raise PodiumError(f"not everything could be removed from {self.url}/{prefix}")

    def remove(self, path: str) -> None:
        """Remove the object of a path, if there is one."""
        with suppress(FileNotFoundError):
            self.call("_rm_file", path, limit=patience())

    @contextmanager
    def staged(self, key: str) -> Iterator[Path]:
        """Give a path in a folder of this machine; the upload at the end of the block makes one object of it."""
        target = self.path(key)
        with tempfile.TemporaryDirectory(prefix="podium-") as folder:
            path = Path(folder, "new")
            yield path
            if path.is_dir():
                if self.exists(key):
                    raise _conflict(self.url, key)
                target = f"{target}/{_FOLDER}"
                path = pack(path, Path(folder, "packed"))
            self._upload(path, target, key)

    def fetched(self, key: str) -> Path:
        """Download a file or folder to a folder of this process's own, once; raise FileNotFoundError without one."""
        path = self.path(key)
        if key not in self._fetched:
            local = self._own_folder() / str(len(self._fetched))
            try:
                self._download(path, local)
            except FileNotFoundError:
                packed = local.with_name(f"{local.name}.tar")
                self._download(f"{path}/{_FOLDER}", packed)
                unpack(packed, local)
            self._fetched[key] = local
        return self._fetched[key]

    def release(self) -> None:
        """Remove what `fetched` downloaded."""
        self._fetched.clear()
        folder, self._folder = self._folder, None
        if folder is not None:
            _remove(folder, os.getpid())

    def open_log(self, key: str) -> None:
        """Return None: a log is made of objects."""
        self.path(key)

    def log_writer(self, key: str, *, more: bool = False) -> ChunkedLog:
        """Return what collects a log and stores a piece of it about once a second, in a thread."""
        self.path(key)
        return ChunkedLog(self, key, more=more)

    def read_log(self, key: str, offset: int = 0) -> bytes:
        """Return what a log holds from `offset`, in bytes, on; FileNotFoundError when there is none."""
        self.path(key)
        return self._logs.read(key, offset)

    def lock(self, key: str) -> AbstractContextManager[heartbeat.Heartbeat | None]:
        """Hold a lock by writing a beat every few seconds; who cannot for half a minute has lost it."""
        self.path(key)
        return heartbeat.hold(self, key)

    def is_locked(self, key: str) -> bool:
        """Say whether any process holds the lock, by a listing and a look at the service's clock; changes nothing."""
        self.path(key)
        return heartbeat.is_held(self, key)

    def path(self, key: str) -> str:
        """Return the path, in the file system, of the object of a key."""
        if _NOT_A_KEY.search(key):
            raise UsageError(
                f"{key!r} cannot name an object in an artifact store",
                hint="use parts separated by '/', none of them empty, '.', '..' or with line breaks",
            )
        return f"{self._root}/{key}"

    def _holds(self, key: str, data: bytes) -> bool:
        """Say whether an object that was there has this data; one that was deleted since was another's."""
        try:
            size = self.call("_info", self.path(key), limit=patience())["size"]
            return bool(size == len(data)) and self.read(key) == data
        except FileNotFoundError:
            return False

    def _tried_again(self, key: str, found: bytes | Exception | None) -> bytes | None:
        """Return an object's bytes; those that were not had at the first try are asked for as patiently as all else."""
        if isinstance(found, bytes):
            return found
        if found is not None and self.call.says_missing(found):
            return None
        try:
            return self.read(key)
        except FileNotFoundError:
            return None

    def _below(self, parent: str, name: str) -> list[str]:
        found: list[str] = self.call("_find", parent, prefix=f"{name}/", limit=patience())
        return found

    def _upload(self, path: Path, target: str, key: str) -> None:
        options = dict(self.call.options["transfer"])
        if "chunksize" in options:
            options["chunksize"] = max(options["chunksize"], -(-path.stat().st_size // _MOST_PARTS))
        upload = Upload()
        try:
            self.call(upload.run, str(path), target, **options)
        except KeyboardInterrupt:
            upload.give_up()
            raise
        except FileExistsError:
            there = self._own_folder() / "there"
            self._download(target, there)
            if not _same(path, there):
                raise _conflict(self.url, key) from None
        except FileNotFoundError:
            raise self.call.no_bucket() from None

    def _download(self, path: str, local: Path) -> None:
        self.call("_get_file", path, str(local), **self.call.options["transfer"])

    def _own_folder(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="podium-"))
            weakref.finalize(self, _remove, self._folder, os.getpid())
        return self._folder


def _remove(folder: Path, process: int) -> None:
    if process == os.getpid():  # not the fork of the one that made it
        shutil.rmtree(folder, ignore_errors=True)


def _same(one: Path, other: Path) -> bool:
    from filecmp import cmp

    return cmp(one, other, shallow=False)


def _conflict(url: str, key: str) -> ConflictError:
    return ConflictError("there is an object of this name, and none is ever replaced", where=f"{url}/{key}")
