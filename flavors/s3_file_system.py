"""The file system of S3 that the S3 artifact store uses: s3fs, which leaves it to podium to try again."""

from __future__ import annotations

from s3fs import S3FileSystem


class S3Files(S3FileSystem):  # type: ignore[misc] # s3fs has no types
    """Tries every request once, besides what botocore is told."""

    retries = 1
