import pytest
from conformance.artifact_store import RemoteStoreConformance

from podium.core import registry
from podium.core.validation import validated


class TestS3ArtifactStore(RemoteStoreConformance):
    @pytest.fixture
    def store(self, s3_bucket):
        config = {"path": f"s3://{s3_bucket.name}/a prefix, 100% ü", **s3_bucket.config}
        flavor = registry.load("artifact-store", "s3")
        store = flavor("s", validated(flavor.config_class, config, subject="s", where="test")).open()
        yield store
        store.release()
