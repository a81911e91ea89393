"""Any other object, by cloudpickle: it runs code when loaded, and needs the versions that saved it."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from ..artifacts.digest import DigestWriter
from ..contracts.materializer import Materializer, Unsuited
from ..errors import PodiumError


class PickleMaterializer(Materializer):
    """Pickles, after one line of JSON that says which versions wrote it."""

    types: ClassVar[tuple[type | str, ...]] = (object,)
    suffix = ".pkl"
    runs_code = True
    last_resort = True

    def save(self, value: object, path: Path) -> tuple[str, int]:
        """Pickle the value; raise Unsuited when it holds something that cannot be pickled."""
        import cloudpickle

        library = type(value).__module__.partition(".")[0]
        with DigestWriter(path) as file:
            file.write(json.dumps(_versions((library,))).encode() + b"\n")
            try:
                cloudpickle.dump(value, file)
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
                differing = [name for name in saved if saved[name] != here.get(name)]
                then = ", ".join(f"{name} {saved[name]}" for name in differing)
                now = ", ".join(f"{name} {here.get(name, 'missing')}" for name in differing)
                raise PodiumError(
                    f"cannot unpickle: {type(error).__name__}: {error}",
                    where=str(path),
                    hint=f"it was saved with {then}, and this is {now}" if differing else None,
                ) from error


class EstimatorMaterializer(PickleMaterializer):
    """scikit-learn estimators, which have no other form: no last resort, hence no warning."""

    types = ("sklearn.base:BaseEstimator",)
    last_resort = False


def _versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of Python (major and minor) and of those of the named modules that are loaded."""
    found = {name: getattr(sys.modules.get(name), "__version__", None) for name in names}
    python = ".".join(map(str, sys.version_info[:2]))
    return {"python": python, **{name: text for name, text in found.items() if isinstance(text, str)}}
