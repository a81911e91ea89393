"""Services of the conformance tests."""

from servers.fixtures import aws, azure_container, azurite, gcs, gcs_bucket, s3_bucket

__all__ = ["aws", "azure_container", "azurite", "gcs", "gcs_bucket", "s3_bucket"]
