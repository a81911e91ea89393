"""One request to a server, and one clear error when it gets no answer."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from email.message import Message
from http.client import HTTPException
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, ProxyHandler, Request

from .dataclass import dataclass
from .errors import AccessError

TIMEOUT = 10.0
"""Seconds to wait for a connection and for each part of an answer."""
_MOST = 1 << 20


class NoTLSError(AccessError):
    """The server answers, but not in TLS."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, whatever its status; of a very long body only the beginning."""

    status: int
    headers: Message
    body: bytes


def ask(
    url: str,
    *,
    context: ssl.SSLContext,
    method: str | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    trust_hint: str,
) -> Answer:
    """Send a request, by default a GET, or a POST when there is a body, through the proxy of the environment.

    No redirect is followed.
    Raises AccessError saying whether the host is unknown or silent, or its certificate not trusted (with `trust_hint`).
    """
    opener = OpenerDirector()
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler(context=context)):
        opener.add_handler(handler)
    request = Request(url, data=body, headers={"User-Agent": "podium", **(headers or {})}, method=method)  # noqa: S310 - there are no handlers but these
    try:
        with opener.open(request, timeout=TIMEOUT) as answer:
            return Answer(answer.status, answer.headers, answer.read(_MOST))
    except (OSError, HTTPException) as error:
        raise _fault(urlsplit(url).netloc, error, trust_hint) from None


def _fault(host: str, error: Exception, trust_hint: str) -> AccessError:
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLError) and not isinstance(reason, ssl.SSLEOFError):
        return _tls_fault(host, reason, trust_hint)
    if isinstance(reason, socket.gaierror):
        return AccessError(f"there is no host {host}", hint="check the name, and the network or VPN that knows it")
    if isinstance(reason, ConnectionRefusedError):
        return AccessError(f"nothing listens at {host}", hint="check the address and the port")
    if isinstance(reason, TimeoutError):
        return AccessError(f"{host} does not answer within {TIMEOUT:g} s", hint="check the address and the network")
    told = (reason.strerror if isinstance(reason, OSError) else None) or type(reason).__name__
    return AccessError(f"the connection to {host} failed: {told}", hint="check the address and the network")


def _tls_fault(host: str, error: ssl.SSLError, trust_hint: str) -> AccessError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return AccessError(f"the certificate of {host} is not trusted: {error.verify_message}", hint=trust_hint)
    alert = (error.reason or "").partition("ALERT_")[2]
    if alert:
        told = alert.replace("_", " ").lower()
        return AccessError(f"{host} refused the TLS connection: {told}", hint="it may not accept the certificate")
    return NoTLSError(f"{host} does not speak TLS", hint="check the port")
