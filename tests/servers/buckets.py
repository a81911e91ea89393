"""As much of Azure's storage, with permissions, as a listing needs, with credentials that are really checked."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

from servers.loopback import QuietHandler, serving

STATUS = {"things": 200, "closed": 403, "broken": 501}
"""What a listing of each bucket answers; other buckets do not exist."""
_LISTING = b'<?xml version="1.0"?><EnumerationResults><Blobs/><NextMarker/></EnumerationResults>'


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
