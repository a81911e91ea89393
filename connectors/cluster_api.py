"""Asks a Kubernetes API server whether it knows a user, and whether that user may run pods; needs no SDK."""

from __future__ import annotations

import json
import ssl
import tempfile
from base64 import b64encode
from typing import TYPE_CHECKING

from ..core.errors import AccessError
from ..core.https import Answer, ask
from .cluster_access import ClusterAccess

if TYPE_CHECKING:
    from ..core.spec import JSON

_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_TRUST_HINT = (
    "set certificate_authority to the certificate of the authority that signed it; kubectl config view --raw shows it"
)


def verify(access: ClusterAccess) -> None:
    """Raise AccessError when the server cannot be reached or trusted, or does not know or permit the user."""
    context = tls(access)
    version = _answer(access, context, "/version")
    if not version.get("gitVersion"):
        raise AccessError(f"{access.server} is not a Kubernetes API server: its /version names none")
    attributes: dict[str, JSON] = {"verb": "create", "resource": "pods", "namespace": access.namespace}
    review = _answer(
        access,
        context,
        _REVIEWS,
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        },
    )
    status = review.get("status")
    if not isinstance(status, dict) or status.get("allowed") is not True:
        raise AccessError(
            f"{_who(access)} may not create pods in namespace {access.namespace!r} of cluster {access.cluster!r}",
            hint="bind a role that allows it to this user, or name another namespace",
        )


def authorization(access: ClusterAccess) -> str | None:
    """Return the Authorization header; a client certificate alone needs none."""
    if access.token:
        return f"Bearer {access.token.reveal()}"
    if access.username and access.password:
        return "Basic " + b64encode(f"{access.username}:{access.password.reveal()}".encode()).decode()
    return None


def tls(access: ClusterAccess) -> ssl.SSLContext:
    """Return what trusts the server and holds the client certificate; its key is on disk only while it is loaded."""
    try:
        context = ssl.create_default_context(cadata=access.authority)
    except ssl.SSLError:
        raise AccessError("certificate_authority is not a certificate") from None
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if access.certificate and access.key:
        with tempfile.NamedTemporaryFile("w", encoding="ascii") as file:  # mode 0600; OpenSSL takes only files
            file.write(access.certificate.reveal() + access.key.reveal())
            file.flush()
            try:
                context.load_cert_chain(file.name, password="")  # without one, OpenSSL asks the terminal
            except ssl.SSLError:
                raise AccessError(
                    "client_certificate and client_key cannot be used: they do not belong together, or the key is"
                    " encrypted"
                ) from None
    return context


def _answer(access: ClusterAccess, context: ssl.SSLContext, path: str, body: JSON = None) -> dict[str, JSON]:
    headers = {"Accept": "application/json"}
    header = authorization(access)
    if header:
        headers["Authorization"] = header
    if body:
        headers["Content-Type"] = "application/json"
    answer = ask(
        access.server + path,
        headers=headers,
        body=json.dumps(body).encode() if body else None,
        context=context,
        trust_hint=_TRUST_HINT,
    )
    if answer.status not in {200, 201}:
        raise _refused(access, path, answer)
    try:
        found = json.loads(answer.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise AccessError(f"{access.server} is not a Kubernetes API server: it does not answer {path} in JSON")
    return found


def _refused(access: ClusterAccess, path: str, answer: Answer) -> AccessError:
    if answer.status == 401:
        return AccessError(
            f"cluster {access.cluster!r} at {access.server} does not know {_who(access)} (401)",
            hint="the credentials are wrong, of another cluster, or have expired",
        )
    if answer.status == 403:
        return AccessError(
            f"{_who(access)} may not use {path} of cluster {access.cluster!r} (403)",
            hint="without valid credentials a user counts as anonymous, who may do nothing",
        )
    return AccessError(
        f"{access.server} is not a Kubernetes API server, or has a fault: it answers {answer.status} to {path}",
        hint="check the address",
    )


def _who(access: ClusterAccess) -> str:
    if access.token:
        return "the bearer of this token"
    return f"user {access.username!r}" if access.username else "the user of this client certificate"
