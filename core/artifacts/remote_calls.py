"""Calls of a remote store's file system: tried again while what went wrong may pass, and explained when it does not."""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

from ..errors import AccessError, NotFoundError, PodiumError, StoreUnreachable
from ..garbage import uncollected

if TYPE_CHECKING:
    from fsspec.asyn import AsyncFileSystem

    from ..spec import JSON


class Access(Protocol):
    """Says how a store is reached: its `options`."""

    def __call__(self, *, elsewhere: bool) -> Mapping[str, JSON]:
        """Return the options for processes of this machine, or with credentials of their own for others."""


Action = Callable[..., Awaitable[object]]
Fault = Literal["missing", "exists", "denied", "passing", "other"]

_LOOKUPS = 4
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 8.0
_NEVER = float("inf")
_SOON = 300.0
"""Seconds before the end of credentials when others are asked for."""
_PASSING_STATUS = {408, 409, 425, 429, 500, 502, 503, 504}
_PASSING = {  # by name: to import them would take longer than any call, and most are never needed
    "ChecksumError",
    "ClientConnectionError",
    "ClientPayloadError",
    "ConnectionError",
    "EOFError",
    "HTTPClientError",
    "IncompleteRead",
    "IncompleteReadError",
    "RequestException",
    "ResponseParserError",
    "ServiceRequestError",
    "ServiceResponseError",
    "TimeoutError",
    "TransportError",
}
_LASTING = {"SSLCertVerificationError", "InvalidURL", "InvalidProxyURL"}
_DENIED = {
    "ClientAuthenticationError",
    "CredentialRetrievalError",
    "DefaultCredentialsError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "TokenRetrievalError",
}
_PASSING_CODES = {"BadDigest", "IncompleteBody", "InternalError", "RequestTimeout", "SlowDown", "Throttling"}
_NO_BUCKET = {"NoSuchBucket", "ContainerNotFound"}


def patience() -> float:
    """Return for how many seconds a store that does not answer is tried again."""
    return float(os.environ.get("PODIUM_STORE_PATIENCE") or 60)


class RemoteCalls:
    """The file system of one store, made when first used, and again in a forked process, with podium's own retries."""

    def __init__(self, url: str, access: Access) -> None:
        self._url = url
        self._access = access
        self._options: Mapping[str, Any] = {}
        self._files: AsyncFileSystem | None = None
        self._process = 0
        self._making = threading.Lock()  # the threads of locks and logs need it, too

    @property
    def options(self) -> Mapping[str, Any]:
        """How the store is reached now: asked for when first needed, and again before its credentials end."""
        if not self._options or self._options.get("expires", _NEVER) - time.time() < _SOON:
            self._options = self._access(elsewhere=False)
            self._files = None
        return self._options

    def preload(self) -> None:
        """Import the file system's class; raise ImportError when it is not installed."""
        self._class()

    @property
    def files(self) -> AsyncFileSystem:
        """The file system of this process, which keeps no listings."""
        with self._making:
            storage = self.options["storage"]
            if self._files is None or self._process != os.getpid():
                self._files = self._class()(**storage, skip_instance_cache=True, use_listings_cache=False)
                self._files.loop.set_default_executor(_lookups(os.getpid()))
                self._process = os.getpid()
            return self._files

    def __call__(self, method: str | Action, *arguments: object, limit: float | None = None, **options: object) -> Any:
        """Call a method of the file system, or do something with it; each try may take `limit` seconds.

        What may pass is tried again for a while. Raises FileNotFoundError and FileExistsError as they are, and all
        else as a PodiumError that holds nothing of what the SDK said.
        """
        from fsspec.asyn import sync

        handled = sys.exc_info()[1]
        deadline = time.monotonic() + patience()
        pause = _FIRST_PAUSE
        while True:
            try:
                files = self.files
                act = getattr(files, method) if isinstance(method, str) else partial(method, files)
                return sync(files.loop, act, *arguments, timeout=limit, **options)
            except PodiumError:
                raise  # by who was asked for the options
            except Exception as error:  # noqa: BLE001 - SDKs raise what they like
                if error.__context__ is handled:  # by the caller, and no cause of this one
                    error.__context__ = None
                fault = fault_of(error)
                if fault != "passing" or time.monotonic() + pause > deadline:
                    raise self._explained(fault, error) from None
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - so that not all workers come back at once
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _class(self) -> type[AsyncFileSystem]:
        module, _, name = self.options["file_system"].partition(":")
        with uncollected():
            found: type[AsyncFileSystem] = getattr(import_module(module), name)
        return found

    def says_missing(self, error: BaseException) -> bool:
        """Say whether what a call of the file system raised means that there is no such object."""
        return isinstance(self._explained(fault_of(error), error), FileNotFoundError)

    def no_bucket(self) -> NotFoundError:
        """Say that what must hold every object is not there."""
        bucket = urlsplit(self._url).netloc
        return NotFoundError(
            f"bucket {bucket!r} of the artifact store {self._url} does not exist",
            hint="create it, or register an artifact store elsewhere",
        )

    def _explained(self, fault: Fault, error: BaseException) -> Exception:
        if fault == "exists":
            return FileExistsError()
        if _NO_BUCKET & set(_codes(_chain(error))):
            return self.no_bucket()
        if fault == "missing":
            return FileNotFoundError()
        reason, host = _reason(error), urlsplit(str(self._options.get("address", self._url))).netloc
        if fault == "passing":
            return StoreUnreachable(
                f"the artifact store {self._url} cannot be reached at {host}: {reason}",
                hint="go on when it can: podium runs resume",
            )
        if fault == "denied":
            return AccessError(
                f"the artifact store {self._url} does not allow it: {reason}",
                hint="podium stack check says what is wrong with its credentials",
            )
        return PodiumError(f"the artifact store {self._url} failed: {reason}")


@cache
def _lookups(process: int) -> ThreadPoolExecutor:
    """Return the threads that look up names of hosts, known by their name, for all stores of a process."""
    del process  # a fork has none of its parent's
    return ThreadPoolExecutor(_LOOKUPS, "podium-io")


def fault_of(error: BaseException) -> Fault:
    """Say what kind of fault an exception of any SDK is: that of the last thing that went wrong and is known."""
    chain = list(_chain(error))
    names = {cls.__name__ for link in chain for cls in type(link).__mro__}
    if names & _DENIED:
        return "denied"
    if names & _LASTING:
        return "other"
    return next((fault for link in chain if (fault := _fault_of_link(link))), "other")


def _fault_of_link(link: BaseException) -> Fault | None:
    names, status = {cls.__name__ for cls in type(link).__mro__}, _status(link)
    if "FileExistsError" in names or status == 412:
        return "exists"
    if "PermissionError" in names or status in {401, 403}:
        return "denied"
    if names & _PASSING or status in _PASSING_STATUS or _PASSING_CODES & set(_codes([link])):
        return "passing"
    if "FileNotFoundError" in names or status == 404:
        return "missing"
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _answer(link: BaseException) -> dict[str, Any]:
    answer = getattr(link, "response", None)  # botocore's is a mapping, others' are objects
    return answer if isinstance(answer, dict) else {}


def _status(link: BaseException) -> int | None:
    """Return the status of the HTTP answer that an exception is about."""
    found = (getattr(link, name, None) for name in ("status_code", "status", "code"))
    told = [_answer(link).get("ResponseMetadata", {}).get("HTTPStatusCode"), *found]
    return next((int(value) for value in told if str(value).isdecimal() and 100 <= int(value) < 600), None)


def _codes(chain: Iterable[BaseException]) -> Iterator[str]:
    """Yield the services' own words for what went wrong, which are no secrets."""
    for link in chain:
        for value in (_answer(link).get("Error", {}).get("Code"), getattr(link, "error_code", None)):
            text = str(getattr(value, "value", value))
            if value is not None and text.isalnum():
                yield text


def _reason(error: BaseException) -> str:
    """Say what went wrong in words that no service chose."""
    chain = list(_chain(error))
    names = {cls.__name__ for link in chain for cls in type(link).__mro__}
    if names & _DENIED:
        return "there are no credentials, or they have ended"
    if "TimeoutError" in names:
        return "it does not answer in time"
    status = next((found for link in chain if (found := _status(link))), None)
    code = next((code for code in _codes(chain) if not code.isdecimal()), "")
    if status:
        return f"it answers {status} {code}".rstrip()
    number = next((link.errno for link in reversed(chain) if isinstance(link, OSError) and link.errno), None)
    if number is not None and number > 0:
        return code or os.strerror(number)
    return code or type(chain[-1]).__name__
