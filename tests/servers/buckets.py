"""As much of Google's and Azure's storage as a listing needs, with credentials that are really checked."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, parse_qsl, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from servers.loopback import QuietHandler, serving

STATUS = {"things": 200, "closed": 403, "broken": 501}
"""What a listing of each bucket answers; other buckets do not exist."""
_LISTING = b'<?xml version="1.0"?><EnumerationResults><Blobs/><NextMarker/></EnumerationResults>'


@contextmanager
def google() -> Iterator[tuple[str, dict[str, str]]]:
    """Run Google's token service and storage; yield the address, and the key of an account that may list."""
    private = rsa.generate_private_key(65537, 2048)

    class Handler(QuietHandler):
        def respond(self) -> None:
            if self.command == "POST":
                assertion = parse_qs(self.body().decode())["assertion"][0]
                self.answer(*_token(private.public_key(), assertion), Content_Type="application/json")
            elif self.headers["Authorization"] != "Bearer granted-4711":
                self.answer(401)
            else:
                self.answer(STATUS.get(urlsplit(self.path).path.split("/")[4], 404), b"{}")

    with serving(Handler) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        key = {"type": "service_account", "client_email": "me@x.iam", "token_uri": f"{address}/token"}
        yield address, key | {"private_key": pem.decode()}


def _token(public: rsa.RSAPublicKey, assertion: str) -> tuple[int, bytes]:
    signed, _, signature = assertion.rpartition(".")
    try:
        public.verify(base64.urlsafe_b64decode(f"{signature}=="), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return 400, json.dumps({"error": "invalid_grant", "error_description": assertion}).encode()
    return 200, json.dumps({"access_token": "granted-4711", "expires_in": 3600}).encode()


@contextmanager
def azure(account: str, key: str) -> Iterator[str]:
    """Run Azure's Blob Storage; yield the address of the account, whose key is base64."""

    class Handler(QuietHandler):
        def respond(self) -> None:
            status, code = STATUS.get(urlsplit(self.path).path.split("/")[2], 404), "AuthorizationPermissionMismatch"
            if self.headers["Authorization"] != f"SharedKey {account}:{_signature(self, account, key)}":
                status, code = 403, "AuthenticationFailed"
            self.answer(
                status, _LISTING if status == 200 else b"", Content_Type="application/xml", x_ms_error_code=code
            )

    with serving(Handler) as server:
        yield f"http://127.0.0.1:{server.server_port}/{account}"


def _signature(request: QuietHandler, account: str, key: str) -> str:
    """Return the signature of a GET without a body, by Azure's rules for SharedKey."""
    url = urlsplit(request.path)
    own = sorted((name.lower(), value) for name, value in request.headers.items() if name.lower().startswith("x-ms-"))
    query = sorted((name.lower(), value) for name, value in parse_qsl(url.query, keep_blank_values=True))
    content_type = request.headers["Content-Type"] or ""
    lines = ["GET", "", "", "", "", content_type, *[""] * 6]
    lines += [f"{name}:{value}" for name, value in own]
    lines += [f"/{account}{url.path}", *(f"{name}:{value}" for name, value in query)]
    return base64.b64encode(hmac.digest(base64.b64decode(key), "\n".join(lines).encode(), hashlib.sha256)).decode()
