"""Private keys as users give them, read without a network and without an SSH library."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Literal

from ..dataclass import dataclass, field
from ..secrets.redaction import remember

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from paramiko import PKey

KeyType = Literal["RSA", "ECDSA", "Ed25519"]
_PUBLIC = re.compile(r"(ssh-|ecdsa-|sk-)\S+ |-----BEGIN [A-Z0-9 ]*PUBLIC KEY|---- BEGIN SSH2 PUBLIC KEY")


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key that can log in."""

    type: KeyType
    _text: str = field(repr=False)

    def for_paramiko(self) -> PKey:
        """Return the key as paramiko wants it."""
        from io import StringIO

        import paramiko

        classes: dict[KeyType, type[PKey]] = {
            "RSA": paramiko.RSAKey,
            "ECDSA": paramiko.ECDSAKey,
            "Ed25519": paramiko.Ed25519Key,
        }
        return classes[self.type].from_private_key(StringIO(self._text))


def read_private_key(given: str, passphrase: str | None = None) -> PrivateKey:
    """Return the key in a private key file, given as it is or in base64; raise ValueError saying what it is instead."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    text = _file(given)
    if _PUBLIC.match(text):
        raise ValueError("this is a public key: the private one is needed, from the file without .pub")
    if "PRIVATE KEY-----" not in text:
        raise ValueError("this is neither a private key file in OpenSSH or PEM format nor the base64 of one")
    remember(text)
    key = _load(text.encode(), passphrase.encode() if passphrase else None)
    kind = _type(key)
    return PrivateKey(kind, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode())


def _file(given: str) -> str:
    """Return the content of the key file, with the line end that `@file` takes off."""
    if "-----BEGIN" not in given and not _PUBLIC.match(given):
        try:
            given = base64.b64decode("".join(given.split()), validate=True).decode()
        except ValueError:
            return ""
    return given.strip() + "\n"


def _load(file: bytes, passphrase: bytes | None) -> PrivateKeyTypes:
    import warnings

    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key
    from cryptography.utils import CryptographyDeprecationWarning

    load = load_ssh_private_key if b"BEGIN OPENSSH PRIVATE KEY" in file else load_pem_private_key
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # of DSA, which is refused below
            return load(file, passphrase)
    except TypeError:
        reason = "no passphrase opens it, as it has none" if passphrase else "it is encrypted: its passphrase is needed"
    except ValueError:
        reason = "the passphrase is wrong, or the file is damaged" if passphrase else "the file is damaged"
    except UnsupportedAlgorithm as error:
        reason = f"it cannot be read here: {error}"
    raise ValueError(reason)


def _type(key: PrivateKeyTypes) -> KeyType:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if isinstance(key, RSAPrivateKey):
        return "RSA"
    if isinstance(key, EllipticCurvePrivateKey):
        return "ECDSA"
    if isinstance(key, Ed25519PrivateKey):
        return "Ed25519"
    raise ValueError("it is neither an RSA nor an ECDSA nor an Ed25519 key, and no other kind can log in")
