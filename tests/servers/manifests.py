"""Images without layers, put into a registry without an engine."""

import hashlib
import json

from podium.core.docker.registry import Login
from podium.core.docker.registry_api import Question, request

_CONFIG = b"{}"
_KIND = "application/vnd.docker.distribution.manifest.v2+json"
_MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": _KIND,
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "size": len(_CONFIG),
            "digest": f"sha256:{hashlib.sha256(_CONFIG).hexdigest()}",
        },
        "layers": [],
    }
).encode()
DIGEST = f"sha256:{hashlib.sha256(_MANIFEST).hexdigest()}"
"""What pins it."""


def upload(name: str, login: Login | None) -> None:
    """Put the image into a registry as `host:port/repository:tag`."""
    address, _, rest = name.partition("/")
    repository, _, tag = rest.rpartition(":")
    begun = request(address, f"{repository}/blobs/uploads/", Question("POST"), login)
    place = begun.headers["Location"].partition("/v2/")[2]
    digest = f"sha256%3A{hashlib.sha256(_CONFIG).hexdigest()}"
    blob = Question("PUT", {"Content-Type": "application/octet-stream"}, _CONFIG)
    assert request(address, f"{place}&digest={digest}", blob, login).status == 201
    manifest = Question("PUT", {"Content-Type": _KIND}, _MANIFEST)
    assert request(address, f"{repository}/manifests/{tag}", manifest, login).status == 201
