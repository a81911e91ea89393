"""The protocol of container registries: requests, as the user that they let in; no Docker engine is needed for it."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from ..dataclass import dataclass, field
from ..errors import AccessError
from .registry import DOCKER_HUB, IDENTITY_USER, Login, is_loopback

if TYPE_CHECKING:
    import ssl

    from ..https import Answer

_HUB_API = "registry-1.docker.io"
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
HOW_TO_LOG_IN = "podium container-registry connect NAME --connector CONNECTOR, or: docker login"


@dataclass(frozen=True, slots=True)
class Question:
    """A request without its address and authorization."""

    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


def log_in(registry: str, login: Login | None) -> bool:
    """Have a registry check a user, or without one only answer; return whether it asks who comes at all.

    Raises AccessError when it cannot be reached, is not trusted, is no registry, or refuses the user.
    """
    url, answer = _reach(registry, "", Question())
    if answer.status == 200 and _looks_like_registry(answer):
        return False
    if answer.status != 401 or not dict(_challenges(answer)):
        what = "is not a container registry" if answer.status < 500 else "has a fault"
        raise AccessError(f"{registry} {what}: it answers {answer.status} to GET {url}", hint="check the address")
    if login is None:
        return True
    answer = _as_user(registry, url, Question(), answer, login)
    if answer.status != 200:
        raise _refused(registry, login, answer.status)
    return True


def request(registry: str, path: str, question: Question, login: Login | None) -> Answer:
    """Send a request for a path below `/v2/`, as the user or as anybody; the answer may be that this is not allowed.

    Raises AccessError when the registry cannot be reached, is not trusted, or does not know the user.
    """
    url, answer = _reach(registry, path, question)
    if answer.status != 401 or not dict(_challenges(answer)):
        return answer
    return _as_user(registry, url, question, answer, login)


def _reach(registry: str, path: str, question: Question) -> tuple[str, Answer]:
    from ..https import NoTLSError

    address = f"{_HUB_API if registry == DOCKER_HUB else registry}/v2/{path}"
    try:
        return f"https://{address}", _ask(registry, f"https://{address}", question)
    except NoTLSError as error:
        if not is_loopback(registry):
            error.hint = "Docker takes a registry without TLS only on this machine: check the port, or give it TLS"
            raise
    return f"http://{address}", _ask(registry, f"http://{address}", question)


def _as_user(registry: str, url: str, question: Question, refusal: Answer, login: Login | None) -> Answer:
    """Ask again, in the way that the registry has asked for."""
    challenges = dict(_challenges(refusal))
    if "bearer" in challenges:
        return _ask(registry, url, question, f"Bearer {_token(registry, url, challenges['bearer'], login)}")
    if login is None:
        return refusal
    answer = _ask(registry, url, question, _basic(login))
    if answer.status == 401:
        raise _refused(registry, login, answer.status)
    return answer


def _ask(registry: str, url: str, question: Question, authorization: str | None = None) -> Answer:
    from ..https import ask

    headers = {**question.headers, **({"Authorization": authorization} if authorization else {})}
    hint = f"put the certificate of its authority into /etc/docker/certs.d/{registry}/ca.crt, as for Docker"
    return ask(
        url,
        method=question.method,
        headers=headers,
        body=question.body,
        context=_trust(registry),
        trust_hint=hint,
    )


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


def _token(registry: str, url: str, challenge: dict[str, str], login: Login | None) -> str:
    """Return what the registry's token service gives this user, or anybody."""
    realm = challenge.get("realm", "")
    if urlsplit(realm).scheme not in {"https", urlsplit(url).scheme}:
        raise AccessError(f"{registry} asks to send the password to {realm!r}, which has no TLS")
    wanted: dict[str, str] = {name: challenge[name] for name in ("service", "scope") if name in challenge}
    if login is None:
        answer = _ask(registry, f"{realm}?{urlencode(wanted)}", Question())
    elif login.username == IDENTITY_USER:
        grant = {"grant_type": "refresh_token", "refresh_token": login.password.reveal(), "client_id": "podium"}
        answer = _ask(registry, realm, Question("POST", body=urlencode({**wanted, **grant}).encode()))
    else:
        query = urlencode({**wanted, "account": login.username})
        answer = _ask(registry, f"{realm}?{query}", Question(), _basic(login))
    if answer.status != 200:
        raise _refused(registry, login, answer.status)
    try:
        granted = json.loads(answer.body)
        return str(granted.get("token") or granted["access_token"])
    except (ValueError, KeyError, AttributeError):
        raise AccessError(f"the token service of {registry}, {realm}, gives no token") from None


def _refused(registry: str, login: Login | None, status: int) -> AccessError:
    if status not in {401, 403}:
        return AccessError(f"registry {registry} answers {status} to a login", hint="try again later")
    if login is None:
        return AccessError(f"registry {registry} does not let in whoever has no login ({status})", hint=HOW_TO_LOG_IN)
    if login.username == IDENTITY_USER:
        return AccessError(f"registry {registry} does not accept Docker's login ({status})", hint="log in again")
    return AccessError(
        f"registry {registry} does not accept user {login.username!r} with this password ({status})",
        hint="check both; many registries take a token in place of the account's password",
    )
