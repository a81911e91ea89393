"""The protocol of container registries, as far as it says who may come in; no Docker engine is needed for it."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from ..errors import AccessError
from ..secrets.secret import Secret

if TYPE_CHECKING:
    import ssl

    from ..https import Answer

DOCKER_HUB = "docker.io"
_HUB_NAMES = ("index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")
_HUB_API = "registry-1.docker.io"
_HOST = re.compile(r"([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?")
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Login:
    """A user of a registry."""

    username: str
    password: Secret


def registry_of(uri: str) -> str:
    """Return the `host[:port]` of a registry's or repository's address; raise ValueError when there is none.

    As in Docker, a first part without dot, colon or `localhost` belongs to a repository of Docker Hub.
    """
    first, slash, _ = re.sub(r"^https?://", "", uri).partition("/")
    if first and slash and not ("." in first or ":" in first or first == "localhost"):
        return DOCKER_HUB
    if not _HOST.fullmatch(first):
        raise ValueError("the address of a registry is host[:port][/path]")
    return DOCKER_HUB if first in _HUB_NAMES else first


def log_in(registry: str, login: Login | None) -> bool:
    """Have a registry check a user, or without one only answer; return whether it asks who comes at all.

    Raises AccessError when it cannot be reached, is not trusted, is no registry, or refuses the user.
    """
    url, answer = _greeting(registry)
    if answer.status == 200 and _looks_like_registry(answer):
        return False
    challenges = dict(_challenges(answer)) if answer.status == 401 else {}
    if not challenges:
        what = "is not a container registry" if answer.status < 500 else "has a fault"
        raise AccessError(f"{registry} {what}: it answers {answer.status} to GET {url}", hint="check the address")
    if login is None:
        return True
    authorization = _basic(login)
    if "bearer" in challenges:
        authorization = f"Bearer {_token(registry, url, challenges['bearer'], login)}"
    answer = _ask(registry, url, authorization)
    if answer.status != 200:
        raise _refused(registry, login, answer.status)
    return True


def is_loopback(registry: str) -> bool:
    """Say whether a registry is on this machine, where Docker takes one without TLS."""
    host = registry.rpartition(":")[0] or registry
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _greeting(registry: str) -> tuple[str, Answer]:
    from ..https import NoTLSError

    path = f"{_HUB_API if registry == DOCKER_HUB else registry}/v2/"
    try:
        return f"https://{path}", _ask(registry, f"https://{path}")
    except NoTLSError as error:
        if not is_loopback(registry):
            error.hint = "Docker takes a registry without TLS only on this machine: check the port, or give it TLS"
            raise
    return f"http://{path}", _ask(registry, f"http://{path}")


def _ask(registry: str, url: str, authorization: str | None = None) -> Answer:
    from ..https import ask

    headers = {"Authorization": authorization} if authorization else {}
    hint = f"put the certificate of its authority into /etc/docker/certs.d/{registry}/ca.crt, as for Docker"
    return ask(url, headers=headers, context=_trust(registry), trust_hint=hint)


def _trust(registry: str) -> ssl.SSLContext:
    """Trust what the machine trusts, and for this registry what Docker does."""
    import ssl

    context = ssl.create_default_context()
    for folder in (Path("/etc/docker"), Path("~/.config/docker").expanduser()):
        for file in (folder / "certs.d" / registry).glob("*.crt"):
            try:
                context.load_verify_locations(file)
            except (ssl.SSLError, OSError):
                raise AccessError(f"{file} cannot be read as a certificate", hint="mend or remove it") from None
    return context


def _looks_like_registry(answer: Answer) -> bool:
    kind = answer.headers.get_content_type()
    return "Docker-Distribution-Api-Version" in answer.headers or kind == "application/json"


def _challenges(answer: Answer) -> Iterator[tuple[str, dict[str, str]]]:
    for challenge in answer.headers.get_all("WWW-Authenticate", []):
        scheme, _, parameters = challenge.strip().partition(" ")
        if scheme.lower() in {"basic", "bearer"}:
            yield scheme.lower(), dict(_PARAMETER.findall(parameters))


def _basic(login: Login) -> str:
    return "Basic " + b64encode(f"{login.username}:{login.password.reveal()}".encode()).decode()


def _token(registry: str, url: str, challenge: dict[str, str], login: Login) -> str:
    """Return what the registry's token service gives this user."""
    realm = challenge.get("realm", "")
    if urlsplit(realm).scheme not in {"https", urlsplit(url).scheme}:
        raise AccessError(f"{registry} asks to send the password to {realm!r}, which has no TLS")
    query = urlencode({"service": challenge.get("service", ""), "account": login.username})
    answer = _ask(registry, f"{realm}?{query}", _basic(login))
    if answer.status != 200:
        raise _refused(registry, login, answer.status)
    try:
        granted = json.loads(answer.body)
        return str(granted.get("token") or granted["access_token"])
    except (ValueError, KeyError, AttributeError):
        raise AccessError(f"the token service of {registry}, {realm}, gives no token") from None


def _refused(registry: str, login: Login, status: int) -> AccessError:
    if status in {401, 403}:
        return AccessError(
            f"registry {registry} does not accept user {login.username!r} with this password ({status})",
            hint="check both; many registries take a token in place of the account's password",
        )
    return AccessError(f"registry {registry} answers {status} to a login", hint="try again later")
