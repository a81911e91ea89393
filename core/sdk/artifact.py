"""What a step call gives while a pipeline is traced, and artifacts that come from outside of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ..dataclass import replace
from ..errors import ConflictError, UsageError
from .place import caller

if TYPE_CHECKING:
    from ..artifacts.record import ArtifactRecord
    from ..contracts.artifact_store import ArtifactStore
    from ..spec import Upstream
    from .trace import Trace


class StepArtifact:
    """An output that a step will have; any use of it as a value raises UsageError at the user's line.

    `upstream.output` is empty for a step without outputs: such a result serves to order other steps after it.
    """

    __slots__ = ("annotation", "trace", "upstream")

    def __init__(self, trace: Trace, upstream: Upstream, annotation: object) -> None:
        self.trace = trace
        self.upstream = upstream
        self.annotation = annotation

    def __repr__(self) -> str:
        """Name the step and the output."""
        return f"<output {self.upstream.output!r} of step {self.upstream.step!r}>"

    def _used(self, *_: object, **__: object) -> NoReturn:
        raise self._misuse("has no value yet: steps run after the whole pipeline function has returned")

    def __iter__(self) -> NoReturn:
        """Refuse to be unpacked."""
        raise self._misuse(
            "cannot be unpacked or iterated over",
            "annotate the step's return type as tuple[…, …] to get one artifact for each part",
        )

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse attributes, as AttributeError too, so that hasattr answers."""
        fault = self._misuse(f"has no value yet, so it has no attribute {name!r}")
        raise _NoAttributeError(fault.message, where=fault.where, hint=fault.hint)

    def _misuse(self, reason: str, hint: str = "do this inside a step, which gets the value") -> UsageError:
        message = f"output {self.upstream.output!r} of step {self.upstream.step!r} {reason}"
        return UsageError(message, where=str(caller()), hint=hint)

    __hash__ = object.__hash__
    __bool__ = __len__ = __getitem__ = __contains__ = __call__ = __str__ = __format__ = _used
    __int__ = __float__ = __complex__ = __index__ = __enter__ = __eq__ = __ne__ = _used
    __lt__ = __le__ = __gt__ = __ge__ = __neg__ = __pos__ = __abs__ = __invert__ = __round__ = _used
    __add__ = __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = __matmul__ = _used
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = __rmatmul__ = _used
    __and__ = __or__ = __xor__ = __rand__ = __ror__ = __rxor__ = __lshift__ = __rshift__ = _used


class _NoAttributeError(UsageError, AttributeError):
    __str__ = UsageError.__str__


_UNSET = object()


class ExternalArtifact:
    """An input from outside the pipeline: a value, stored by the digest of its content, or a stored artifact's name."""

    def __init__(self, value: object = _UNSET, *, name: str | None = None, version: str | None = None) -> None:
        if (value is _UNSET) == (name is None) or (version is not None and name is None):
            raise UsageError(
                "ExternalArtifact takes either value= or name=, and version= only with a name", where=str(caller())
            )
        self._value = value
        self._name = name
        self._version = version

    def resolve(self, store: ArtifactStore, *, keep: bool) -> ArtifactRecord:
        """Return what is stored, or would be without `keep`; raise NotFoundError for an unknown name."""
        if self._name is not None:
            from ..artifacts.named import find

            return find(store, self._name, self._version).record
        from tempfile import TemporaryDirectory

        from ..artifacts.local import LocalFiles
        from ..artifacts.transfer import save_value

        with TemporaryDirectory(prefix="podium-") as folder:
            scratch = LocalFiles(Path(folder))
            record = save_value(scratch, "value", self._value)
            key = f"external/{record.digest}{record.key.removeprefix('value')}"
            if keep and not store.exists(key):
                with suppress(ConflictError), store.staged(key) as path:
                    from shutil import move  # takes long to import

                    move(scratch.fetched(record.key), path)
        return replace(record, key=key)
