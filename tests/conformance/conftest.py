"""Services of the conformance tests."""

from servers.fixtures import aws, s3_bucket

__all__ = ["aws", "s3_bucket"]
