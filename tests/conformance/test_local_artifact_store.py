import pytest
from conformance.artifact_store import ArtifactStoreConformance

from podium.flavors.local_artifact_store import LocalArtifactStore, LocalArtifactStoreConfig


class TestLocalArtifactStore(ArtifactStoreConformance):
    @pytest.fixture
    def store(self, tmp_path):
        config = LocalArtifactStoreConfig(path=tmp_path / "a store, 100% ü")
        return LocalArtifactStore("default", config).open()
