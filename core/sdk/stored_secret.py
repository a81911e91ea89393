"""Secrets in Python code: what `Client().get_secret` gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from ..errors import UsageError
from .context import running_step


class StoredSecret:
    """One secret; `secret_values` has its texts by key. It shows none of them, and is not pickled."""

    __slots__ = ("name", "secret_values")

    def __init__(self, name: str, values: Mapping[str, str]) -> None:
        self.name = name
        self.secret_values = dict(values)

    def __repr__(self) -> str:
        """Show the name and the keys."""
        return f"StoredSecret({self.name!r}, keys={list(self.secret_values)})"

    def __reduce__(self) -> NoReturn:
        """Refuse: pickles are kept in artifact stores."""
        raise TypeError("a StoredSecret is not pickled: let each step that needs it declare it")


def get_secret(name: str) -> StoredSecret:
    """Return a secret of the running step, outside steps one of the user.

    Raises UsageError for one that the step has not declared, NotFoundError for one that does not exist.
    """
    step = running_step()
    if step is None:
        from ..secrets.vault import read
        from .uncaught import show_as_text

        show_as_text()
        return StoredSecret(name, read(name))
    declared = step.job.delivery.secrets if step.job.delivery else {}
    if name not in declared:
        raise UsageError(
            f"step {step.step_name!r} has not declared secret {name!r}",
            hint=f"add it to the step's decorator: @step(secrets=[{name!r}])",
        )
    return StoredSecret(name, declared[name])
