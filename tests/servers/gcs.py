"""Google Cloud Storage on loopback: gcp-storage-emulator, with what it lacks and Google has.

Added here: a token service whose tokens are checked, conditions on generations that hold against concurrent writers,
uploads that are dropped when their sender is gone, or on request, and connections that stay open.
"""

import base64
import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from gcp_storage_emulator import server as emulator
from gcp_storage_emulator.storage import Storage
from servers.loopback import QuietHandler, serving

REFUSING = {"closed": 403, "broken": 501}
"""What every request for one of these buckets answers."""
_BUCKET = re.compile(r"(?:/upload|/download)?/storage/v1/b/([^/]+)")


class PreconditionError(Exception):
    """The object is not of the generation that the request names."""


class Checked(Storage):
    """Objects that are only written and deleted when they are of the generation that the request names."""

    generation: str | None = None

    def create_file(self, bucket_name, file_name, *arguments, **options):
        self._check(bucket_name, file_name)
        super().create_file(bucket_name, file_name, *arguments, **options)

    def create_resumable_upload(self, bucket_name, file_name, file_obj):
        self._check(bucket_name, file_name)
        return super().create_resumable_upload(bucket_name, file_name, file_obj)

    def delete_file(self, bucket_name, file_name):
        self._check(bucket_name, file_name)
        super().delete_file(bucket_name, file_name)

    def _check(self, bucket_name, file_name):
        there = self.objects.get(bucket_name, {}).get(file_name, {}).get("generation", "0")
        if self.generation not in {None, there}:
            raise PreconditionError

    def _write_config_to_file(self):
        """Keep no second copy of everything in memory."""


class Request(emulator.Request):
    """A request whose body may be empty."""

    @property
    def data(self):
        return b"" if super().data is None else super().data


emulator.Request = Request


@contextmanager
def google() -> Iterator[tuple[str, dict[str, str]]]:
    """Run token service and storage with the bucket `things`; yield the address, and the key of an account."""
    private = rsa.generate_private_key(65537, 2048)
    storage, lock = Checked(use_memory_fs=True), threading.Lock()
    storage.create_bucket("things", {"name": "things", "softDeletePolicy": {"retentionDurationSeconds": "0"}})

    class Handler(QuietHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            body = self.body()
            bucket = _BUCKET.match(self.path)
            if len(body) < int(self.headers["Content-Length"] or 0):
                self.close_connection = True
            elif self.path == "/token":
                assertion = parse_qs(body.decode())["assertion"][0]
                self.answer(*_token(private.public_key(), assertion), Content_Type="application/json")
            elif self.headers["Authorization"] != "Bearer granted-4711":
                self.answer(401)
            elif self.command == "DELETE" and "upload_id=" in self.path:
                self.answer(499)
            elif bucket and bucket[1] in REFUSING:
                self.answer(REFUSING[bucket[1]], b"{}")
            else:
                self._emulate(body)

        def _emulate(self, body: bytes) -> None:
            """Answer as if nothing else happened meanwhile; the client's pace holds nobody up."""
            connection, self.rfile, self.wfile = (self.rfile, self.wfile), io.BytesIO(body), io.BytesIO()
            with lock:
                storage.generation = parse_qs(urlsplit(self.path).query).get("ifGenerationMatch", [None])[0]
                try:
                    emulator.Router(self).handle(self.command)
                except PreconditionError:
                    self.answer(412, b'{"error": {"code": 412, "message": "conditionNotMet"}}')
            answer = self.wfile.getvalue()
            self.rfile, self.wfile = connection
            self.wfile.write(answer)

    Handler.storage = storage
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
