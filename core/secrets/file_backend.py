"""Secrets in one encrypted file, for machines that have no keyring.

The file is JSON: a format number, what locks it (`passphrase` with the salt that scrypt took, or `key file`), the
Fernet token of all secrets as JSON, and that token's digest, which tells damage from a wrong key.
"""

from __future__ import annotations

import os
import sys
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

from ..contracts.secrets_backend import SecretsBackend
from ..dataclass import asdict, dataclass
from ..errors import AccessError, NotFoundError, PodiumError
from ..files import locked, replace_file

PASSPHRASE = "PODIUM_SECRETS_PASSPHRASE"  # noqa: S105 - the name of the variable
_FORMAT = 1
_COST = 2**14
"""Of scrypt: 16 MiB and 50 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Locked:
    """What the file holds; the salt is empty for a key file."""

    format: int = _FORMAT
    salt: str
    digest: str
    token: str


class FileBackend(SecretsBackend):
    """Locks with `PODIUM_SECRETS_PASSPHRASE` when it is set, else with a key file made beside the secrets.

    What is there is opened with what it was locked with; the next write locks it with the passphrase, if one is set.
    """

    name = "file"

    def __init__(self, home: Path) -> None:
        self.path = home / "secrets" / "secrets.json"
        self.key_path = home / "secrets" / "key"

    @property
    def lock(self) -> str:
        """What the secrets are locked with, or the first one will be, in words."""
        passphrase = _parsed(self.path).salt if self.path.exists() else os.environ.get(PASSPHRASE)
        return PASSPHRASE if passphrase else f"the key in {self.key_path}"

    def names(self) -> list[str]:
        """Open the file and list it."""
        return sorted(self._open()[0])

    def read(self, name: str) -> dict[str, str] | None:
        """Open the file and look."""
        return self._open()[0].get(name)

    def write(self, name: str, values: Mapping[str, str]) -> None:
        """Replace the file, whole and durably."""
        with self._locked():
            secrets, salt = self._open()
            self._replace({**secrets, name: dict(values)}, salt)

    def delete(self, name: str) -> None:
        """Replace the file by one without the secret."""
        with self._locked():
            secrets, salt = self._open()
            if secrets.pop(name, None) is not None:
                self._replace(secrets, salt)

    def _locked(self) -> AbstractContextManager[None]:
        return locked(self.path.parent / ".lock")

    def _open(self) -> tuple[dict[str, dict[str, str]], bytes]:
        """Return all secrets and the salt of the passphrase, which is empty for a key file."""
        import json

        from cryptography.fernet import Fernet, InvalidToken

        if not self.path.exists():
            return {}, b""
        content = _parsed(self.path)
        salt = b64decode(content.salt)
        try:
            plain = Fernet(self._key(salt)).decrypt(content.token)
        except (InvalidToken, ValueError):  # ValueError: what the key file holds is no key
            what = PASSPHRASE if salt else "the key file"
            raise AccessError(
                f"{what} does not open the secrets",
                where=str(self.path),
                hint=f"set {PASSPHRASE} to the passphrase they were stored with"
                if salt
                else f"restore {self.key_path}",
            ) from None
        secrets: dict[str, dict[str, str]] = json.loads(plain)
        return secrets, salt

    def _key(self, salt: bytes) -> bytes:
        """Return the key that opens what is there."""
        if salt:
            passphrase = os.environ.get(PASSPHRASE)
            if not passphrase:
                raise AccessError(
                    "the secrets are locked with a passphrase", where=str(self.path), hint=f"set {PASSPHRASE}"
                )
            return _stretched(passphrase, salt)
        if not self.key_path.exists():
            raise AccessError("the key of the secrets is gone", where=str(self.key_path), hint="restore it")
        return _read_private(self.key_path)

    def _replace(self, secrets: Mapping[str, Mapping[str, str]], salt: bytes) -> None:
        import json

        from blake3 import blake3
        from cryptography.fernet import Fernet

        passphrase = os.environ.get(PASSPHRASE)
        if passphrase:
            if not salt:
                salt = os.urandom(16)
                if self.path.exists():
                    sys.stderr.write(f"note: from now on {self.path} can be opened only with this {PASSPHRASE}\n")
            key = _stretched(passphrase, salt)
        else:
            key = self._key_file()
        token = Fernet(key).encrypt(json.dumps(secrets).encode())
        content = _Locked(salt=b64encode(salt).decode(), digest=blake3(token).hexdigest(), token=token.decode())
        replace_file(self.path, json.dumps(asdict(content), indent=2).encode())

    def _key_file(self) -> bytes:
        """Return the key in the key file, which is made when it is wanted for the first time."""
        if not self.key_path.exists():
            from cryptography.fernet import Fernet

            replace_file(self.key_path, Fernet.generate_key())
            sys.stderr.write(
                f"note: secrets are kept encrypted in {self.path}, and their key in {self.key_path}\n"
                f"hint: set {PASSPHRASE} to have no key on the disk\n"
            )
        return _read_private(self.key_path)


def _parsed(path: Path) -> _Locked:
    """Read the file; raise PodiumError when it is damaged, or of a newer podium."""
    import json

    from blake3 import blake3

    try:
        found = json.loads(_read_private(path))
        number = found["format"]
        if isinstance(number, int) and number > _FORMAT:
            raise PodiumError(
                f"this file has format {number}, this podium reads up to {_FORMAT}",
                where=str(path),
                hint="install a newer podium: pip install --upgrade podium",
            )
        content = _Locked(**found)
        b64decode(content.salt, validate=True)
        whole = number == _FORMAT and blake3(content.token.encode()).hexdigest() == content.digest
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise PodiumError("the file of the secrets is damaged", where=str(path), hint="restore it, or delete it")
    return content


def _read_private(path: Path) -> bytes:
    """Read a file; raise AccessError when others than its owner may as well."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise AccessError("others than you can read this file", where=str(path), hint=f"chmod 600 '{path}'")
            return file.read()
    except FileNotFoundError:
        raise NotFoundError("there is no such file", where=str(path)) from None
    except OSError as error:
        raise AccessError(f"cannot read this file: {error.strerror}", where=str(path)) from error


@cache
def _stretched(passphrase: str, salt: bytes) -> bytes:
    from hashlib import scrypt

    return urlsafe_b64encode(scrypt(os.fsencode(passphrase), salt=salt, n=_COST, r=8, p=1, maxmem=2**26, dklen=32))
