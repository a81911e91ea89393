"""Secrets in the keyring of the operating system, through the `keyring` package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..contracts.secrets_backend import SecretsBackend
from ..errors import AccessError
from ..files import locked, replace_file

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend as Keyring

SECONDS = 3.0
"""How long a keyring may take to answer."""
_OWN = "keyring.backends."
"""Modules of the back ends that `keyring` brings: others may keep plain text or ask for a password on the terminal."""
_USELESS = frozenset({f"{_OWN}fail", f"{_OWN}null"})
_HINT = "unlock or start the keyring, or keep secrets in a file: PODIUM_SECRETS_BACKEND=file"

T = TypeVar("T")


class KeyringBackend(SecretsBackend):
    """Keeps each secret as one entry of the keyring, as JSON, under a service named for the config home.

    A keyring cannot list what it holds, so the names of the secrets, and nothing else, are in a file of the config
    home. A secret that this file does not name was left by a killed process and counts as absent.
    """

    name = "keyring"

    def __init__(self, home: Path, *, own_only: bool) -> None:
        self._service = f"podium {home}"
        self._index = home / "secrets" / "keyring.yaml"
        self._own_only = own_only

    def names(self) -> list[str]:
        """Return what the file of names holds."""
        from ..store.document import read_document

        if not self._index.exists():
            return []
        document = read_document(self._index, ("names",))
        names = document.values.get("names")
        if not isinstance(names, list):
            raise document.fault("'names' must be a list", "names")
        return sorted(str(name) for name in names)

    def read(self, name: str) -> dict[str, str] | None:
        """Ask the keyring for a secret that the file of names has."""
        import json

        text = self._get(name) if name in self.names() else None
        if text is None:
            return None
        try:
            values: dict[str, str] = json.loads(text)
        except ValueError:
            raise AccessError(
                f"what the keyring holds for secret {name!r} was not written by podium",
                hint=f"podium secret delete {name}",
            ) from None
        return values

    def write(self, name: str, values: Mapping[str, str]) -> None:
        """Store the entry, see whether it is there, and add its name to the file."""
        import json

        text = json.dumps(values)
        with locked(self._index.parent / ".lock"):
            _asked(lambda: _keyring(own_only=self._own_only).set_password(self._service, name, text))
            if self._get(name) != text:
                raise AccessError("the keyring did not keep what it was given", hint=_HINT)
            self._keep_names({*self.names(), name})

    def delete(self, name: str) -> None:
        """Remove the entry, then its name."""
        with locked(self._index.parent / ".lock"):
            if self._get(name) is not None:
                _asked(lambda: _keyring(own_only=self._own_only).delete_password(self._service, name))
            if name in self.names():
                self._keep_names({*self.names()} - {name})

    def _get(self, name: str) -> str | None:
        return _asked(lambda: _keyring(own_only=self._own_only).get_password(self._service, name))

    def _keep_names(self, names: set[str]) -> None:
        from ..store.document import dump_document

        replace_file(self._index, dump_document({"names": [*sorted(names)]}))


@cache
def fault() -> str | None:
    """Say why no keyring can be used here without asking anybody, None when one can; answers once per process."""
    try:
        _asked(lambda: _keyring(own_only=True).get_password("podium", "podium"))
    except AccessError as error:
        return error.message
    return None


def _keyring(*, own_only: bool) -> Keyring:
    """Return the keyring in use, for a chain of them the first that is taken; raise AccessError when none is."""
    import keyring

    chosen = keyring.get_keyring()
    members: list[Keyring] = list(getattr(chosen, "backends", [chosen]))
    for member in members:
        module = type(member).__module__
        if module not in _USELESS and (module.startswith(_OWN) or not own_only):
            return member
    raise AccessError(f"there is no keyring here ({type(chosen).__module__})", hint=_HINT)


def _asked(call: Callable[[], T]) -> T:
    """Return what a call to the keyring returns; raise AccessError when it fails or takes too long.

    What the keyring says of itself is not passed on: nobody knows what it quotes.
    """
    from queue import Empty, SimpleQueue
    from threading import Thread

    answers: SimpleQueue[T | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(call())
        except Exception as error:  # noqa: BLE001 - each service has errors of its own
            answers.put(error)

    Thread(target=ask, daemon=True).start()  # given up on when it hangs: it must not keep the process alive
    try:
        answer = answers.get(timeout=SECONDS)
    except Empty:
        raise AccessError(f"the keyring has not answered for {SECONDS:g} s", hint=_HINT) from None
    if isinstance(answer, AccessError):
        raise answer
    if isinstance(answer, Exception):
        what = "is locked" if type(answer).__name__ == "KeyringLocked" else f"failed: {type(answer).__name__}"
        raise AccessError(f"the keyring {what}", hint=_HINT) from None
    return answer
