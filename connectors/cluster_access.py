"""A Kubernetes cluster and the credentials of one of its users."""

from __future__ import annotations

import re
from base64 import b64decode

from ..core.dataclass import dataclass
from ..core.secrets.secret import Secret

_PEM = "-----BEGIN "


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterAccess:
    """A cluster and one user's credentials for it; certificates and keys are PEM."""

    cluster: str
    server: str
    insecure: bool = False
    authority: str | None = None
    namespace: str = "default"
    certificate: Secret | None = None
    key: Secret | None = None
    token: Secret | None = None
    username: str | None = None
    password: Secret | None = None


def pem(text: str) -> str:
    """Return a certificate or key as PEM; raise ValueError when it is neither that nor base64 of it."""
    text = text.strip()
    if not text.startswith(_PEM):
        try:
            text = b64decode(text, altchars=b"-_" if {"-", "_"} & set(text) else None, validate=True).decode().strip()
        except ValueError:
            text = ""
    if not (text.startswith(_PEM) and text.isascii()):
        raise ValueError("this is neither PEM nor base64 of it")
    return text + "\n"


def api_server(url: str) -> str:
    """Return the address of an API server; raise ValueError for one without TLS, or with more in it than a path."""
    if not re.fullmatch(r"https://[A-Za-z0-9.\[\]:-]+(/[\w./-]*)?", url):
        raise ValueError("the address of an API server is https://host[:port][/path]")
    return url.rstrip("/")


def bearer(token: str) -> str:
    """Return a token as it fits into a header; raise ValueError when it does not."""
    token = token.strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("a token has no spaces, line breaks or letters beyond ASCII")
    return token
