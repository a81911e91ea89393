"""Services of the conformance tests."""

from servers.fixtures import aws, azure_container, azurite, docker_engine, gcs, gcs_bucket, instance, s3_bucket

__all__ = ["aws", "azure_container", "azurite", "docker_engine", "gcs", "gcs_bucket", "instance", "s3_bucket"]
