"""How each program begins and ends that runs as a job of a platform: its secrets, its store, its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, TypeVar

from blake3 import blake3

from ..artifacts.open import open_store
from ..errors import PodiumError
from ..records.documents import RunKeys
from .exit_codes import ExitCode
from .job_document import SECRETS_FILE, read_secrets
from .job_output import tell

if TYPE_CHECKING:
    from ..contracts.artifact_store import ArtifactStore
    from ..spec import JSON
    from .delivery import Delivery


_Document = TypeVar("_Document")


class Refused(Exception):  # noqa: N818 - the job ends, and this is its exit code
    """Ends a job that could not begin, or whose end could not be recorded, with its reason on stderr."""

    def __init__(self, code: ExitCode, reason: object) -> None:
        super().__init__(str(reason))
        self.code = code


def run(main: Callable[[Sequence[str]], ExitCode]) -> NoReturn:
    """Call `main` with the arguments of this process, and end the process whatever still runs in it."""
    status = ExitCode.BROKEN
    try:
        status = main(sys.argv[1:])
    except Refused as refusal:
        tell(str(refusal))
        status = refusal.code
    except KeyboardInterrupt:
        status = ExitCode.CANCELLED
    except BaseException:  # noqa: BLE001 - an exit code that says so
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        os._exit(status)  # no thread of a store's client holds it up


@contextmanager
def expecting(arguments: str) -> Iterator[None]:
    """Refuse to begin where the block finds that the command has other arguments than these."""
    try:
        yield
    except ValueError:
        raise Refused(ExitCode.REFUSED, f"this job was started with other arguments than {arguments}") from None


def run_at(address: str) -> tuple[str, RunKeys]:
    """Split a run's URL into its store's and the keys of its documents."""
    url, _, run_id = address.rpartition("/runs/")
    return url, RunKeys(run_id)


def opened(url: str) -> tuple[ArtifactStore, Delivery | None, Mapping[str, JSON]]:
    """Return the store of a URL, with what the secrets file has for the step, and for the store; asks nobody."""
    try:
        delivery, options = _read_secrets()
        return open_store(url, options), delivery, options
    except (OSError, PodiumError) as error:
        raise Refused(ExitCode.REFUSED, error) from error


@contextmanager
def needing_store() -> Iterator[None]:
    """End the job as one that could not reach its store where that is so."""
    try:
        yield
    except (OSError, ImportError, PodiumError) as error:
        raise Refused(ExitCode.UNREACHABLE, error) from error


def checked(data: bytes | None, digest: str, what: str) -> bytes:
    """Return a document, refusing one that is not there or is not what the digest says."""
    if data is None:
        raise Refused(ExitCode.REFUSED, f"there is no {what}")
    if blake3(data).hexdigest() != digest:
        raise Refused(ExitCode.REFUSED, f"the {what} is not the one this job was made for")
    return data


def decoded(decode: Callable[[bytes], _Document], data: bytes | None, what: str) -> _Document:
    """Return what a document says, refusing one that is not there or is a newer podium's."""
    if data is None:
        raise Refused(ExitCode.REFUSED, f"there is no {what}")
    try:
        return decode(data)
    except PodiumError as error:
        raise Refused(ExitCode.REFUSED, error) from error


def _read_secrets() -> tuple[Delivery | None, Mapping[str, JSON]]:
    try:
        with open(os.environ.get("PODIUM_SECRETS_FILE") or SECRETS_FILE, encoding="utf-8") as file:  # noqa: PTH123 - lean
            return read_secrets(file.read())
    except FileNotFoundError:
        return None, {}
