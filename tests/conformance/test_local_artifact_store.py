import pytest
from conformance.artifact_store import ArtifactStoreConformance

from podium.flavors.local_artifact_store import LocalArtifactStore, LocalArtifactStoreConfig


class TestLocalArtifactStore(ArtifactStoreConformance):
    @pytest.fixture
    def store(self, tmp_path):
        config = LocalArtifactStoreConfig(path=tmp_path / "a store, 100% ü")
        return LocalArtifactStore("default", config).open()

    def test_a_stored_folder_can_be_looked_into(self, store):
        with store.staged("a/folder") as path:
            path.mkdir()
            (path / "file").write_bytes(b"whole")
        assert store.read("a/folder/file") == b"whole"

    def test_a_key_may_have_line_breaks(self, store):
        store.write("line\nbreak", b"1")
        assert list(store.names("")) == ["line\nbreak"]
