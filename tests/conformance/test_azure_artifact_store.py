import pytest
from conformance.artifact_store import RemoteStoreConformance, opened


class TestAzureArtifactStore(RemoteStoreConformance):
    @pytest.fixture
    def store(self, azure_container):
        with opened("azure", azure_container) as store:
            yield store
