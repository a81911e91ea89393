import pytest
from conformance.artifact_store import RemoteStoreConformance, opened


class TestS3ArtifactStore(RemoteStoreConformance):
    @pytest.fixture
    def store(self, s3_bucket):
        with opened("s3", {"path": f"s3://{s3_bucket.name}/a prefix, 100% ü", **s3_bucket.config}) as store:
            yield store
