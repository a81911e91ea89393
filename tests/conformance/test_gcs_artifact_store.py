import pytest
from conformance.artifact_store import RemoteStoreConformance, opened


class TestGCSArtifactStore(RemoteStoreConformance):
    @pytest.fixture
    def store(self, gcs_bucket):
        with opened("gcs", gcs_bucket) as store:
            yield store
