"""A small Kubernetes API server: its version, and what users may do, over TLS with certificates, tokens, passwords."""

import base64
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from servers.certificates import Authority
from servers.loopback import QuietHandler, serving

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

VERSION = {"gitVersion": "v1.31.0"} | dict.fromkeys(
    ("major", "minor", "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"), ""
)


@dataclass
class Cluster:
    """What a test knows of the server; `alice` may create pods in `default`, `bob` may nothing."""

    url: str
    authority: Authority
    """Signed the server's certificate, and signs those of users."""
    token: str = "tok-alice-7f3a"  # noqa: S105
    password: str = "pass-alice-91c2"  # noqa: S105
    bobs_token: str = "tok-bob-55d0"  # noqa: S105
    reviewed: list[str] = field(default_factory=list)
    """The user of each access review."""


@contextmanager
def kubernetes_api(folder: Path) -> Iterator[Cluster]:
    """Run the server."""
    authority = Authority("cluster")
    (folder / "ca.crt").write_text(authority.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.write(folder))
    context.load_verify_locations(folder / "ca.crt")
    context.verify_mode = ssl.CERT_OPTIONAL
    cluster = Cluster("", authority)
    with serving(_handler(cluster), context) as server:
        cluster.url = f"https://127.0.0.1:{server.server_port}"
        yield cluster


def _handler(cluster: Cluster) -> type[QuietHandler]:
    class Handler(QuietHandler):
        def respond(self) -> None:
            user, sent = self.user(), self.body()
            if user is None:
                self.reply(401, {"kind": "Status", "message": "Unauthorized"})
            elif self.path.rstrip("/") == "/version":
                self.reply(200, VERSION)
            elif user == "anonymous" or self.path != REVIEWS:
                self.reply(403, {"kind": "Status", "message": f"{user} cannot create resource"})
            else:
                review = json.loads(sent)
                wanted = review["spec"]["resourceAttributes"]
                allowed = user == "alice" and wanted == {"verb": "create", "resource": "pods", "namespace": "default"}
                cluster.reviewed.append(user)
                self.reply(201, {**review, "status": {"allowed": allowed}})

        def user(self) -> str | None:
            """Return who asks; None for credentials that are wrong."""
            subject = (self.connection.getpeercert() or {}).get("subject", ())
            if subject:
                return dict(pair for part in subject for pair in part)["commonName"]
            basic = base64.b64encode(f"alice:{cluster.password}".encode()).decode()
            return {
                None: "anonymous",
                f"Bearer {cluster.token}": "alice",
                f"Bearer {cluster.bobs_token}": "bob",
                f"Basic {basic}": "alice",
            }.get(self.headers["Authorization"])

        def reply(self, status: int, value: object) -> None:
            self.answer(status, json.dumps(value).encode(), Content_Type="application/json")

    return Handler
