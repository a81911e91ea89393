"""Any other object, by cloudpickle: it runs code when loaded, and needs the versions that saved it."""

from __future__ import annotations

import json
import pickle
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from ..artifacts.digest import DigestWriter
from ..contracts.materializer import Materializer, Unsuited
from ..errors import PodiumError
from .registry import type_name


class PickleWarning(UserWarning):
    """A value was pickled for want of a materializer."""


class PickleMaterializer(Materializer):
    """Pickles, after one line of JSON that says which versions wrote it; warns of what a pickle means."""

    types: ClassVar[tuple[type | str, ...]] = (object,)
    suffix = ".pkl"
    runs_code = True
    warns: ClassVar[bool] = True

    def save(self, value: object, path: Path) -> tuple[str, int]:
        """Pickle the value; raise Unsuited when it holds something that cannot be pickled."""
        import cloudpickle

        cls = type(value)
        if self.warns:
            warnings.warn(
                f"a value of type {type_name(cls)} is pickled: loading it runs code stored in it, and needs the same"
                f" Python and libraries; define a Materializer with types = ({cls.__name__},) to store it as data",
                PickleWarning,
                stacklevel=2,
            )
        with DigestWriter(path) as file:
            file.write(json.dumps(_versions((cls.__module__.partition(".")[0],))).encode() + b"\n")
            try:
                cloudpickle.dump(value, file)
                file.flush()
            except OSError:
                raise
            except Exception as error:
                raise Unsuited(str(error) or type(error).__name__) from error
            return file.written

    def load(self, path: Path, expected: type | None) -> object:  # noqa: ARG002 - a pickle knows its class
        """Unpickle; raise PodiumError, naming the versions that differ, when that fails."""
        with path.open("rb") as file:
            saved: dict[str, str] = json.loads(file.readline())
            try:
                return pickle.load(file)  # noqa: S301 - load_value refuses pickles that are not trusted
            except Exception as error:
                here = _versions(saved)
                differing = [f"{name} {saved[name]}" for name in saved if saved[name] != here.get(name)]
                raise PodiumError(
                    f"cannot unpickle: {type(error).__name__}: {error}",
                    where=str(path),
                    hint=f"it was saved with {', '.join(differing)}; here: {here}" if differing else None,
                ) from error


class EstimatorMaterializer(PickleMaterializer):
    """scikit-learn estimators: pickled without a warning, as they have no other form."""

    types = ("sklearn.base:BaseEstimator",)
    warns = False


def _versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of Python (major and minor) and of those of the named modules that are loaded."""
    found = {name: getattr(sys.modules.get(name), "__version__", None) for name in names}
    python = ".".join(map(str, sys.version_info[:2]))
    return {"python": python, **{name: text for name, text in found.items() if isinstance(text, str)}}
