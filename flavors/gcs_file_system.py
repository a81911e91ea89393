"""The file system of Google Cloud Storage that the GCS artifact store uses: gcsfs, with other uploads."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from gcsfs.checkers import get_consistency_checker
from gcsfs.core import GCSFileSystem

_requested_once = vars(GCSFileSystem)["_request"].__wrapped__
_RESUMABLE = 8 << 20
"""Bytes from which on an upload goes in parts."""


class GCSFiles(GCSFileSystem):  # type: ignore[misc] # gcsfs has no types
    """Sends an object as the whole body of its request, and tries every request once.

    gcsfs puts an object between boundaries, which loses a carriage return at its end; it tries again for half a
    minute what podium tries again anyway, refused credentials too; and what it gives out under its protocol asks for
    the type of each bucket first, by gRPC.
    """

    async def _request(self, *arguments: object, **options: object) -> Any:
        try:
            return await _requested_once(self, *arguments, **options)
        except OSError as error:
            if type(error) is OSError:  # which gcsfs makes of 403, and of nothing else
                raise PermissionError from None
            raise

    async def _pipe_file(self, path: str, data: bytes, mode: str = "overwrite", **_: object) -> None:
        bucket, key, _generation = self.split_path(path)
        condition = {"ifGenerationMatch": "0"} if mode == "create" else {}
        stored: dict[str, Any] = await self._call(
            "POST",
            f"{self._location}/upload/storage/v1/b/{quote(bucket)}/o",
            uploadType="media",
            name=key,
            data=data,
            headers={"Content-Type": "application/octet-stream"},
            json_out=True,
            **condition,
        )
        checker = get_consistency_checker("md5")
        checker.update(data)
        checker.validate_json_response(stored)

    async def _put_file(self, lpath: str, rpath: str, mode: str = "overwrite", **options: object) -> None:
        data = _small(Path(lpath))
        if data is None:
            await super()._put_file(lpath, rpath, mode=mode, consistency="md5", **options)
        else:
            await self._pipe_file(rpath, data, mode=mode)


def _small(path: Path) -> bytes | None:
    """Return the content of a file that is sent by one request, None for a larger one."""
    return path.read_bytes() if path.stat().st_size < _RESUMABLE else None
