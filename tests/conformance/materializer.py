"""What every materializer promises for the values it takes; a test class inherits the suite and lists such values."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import pytest

from podium.core.artifacts.digest import digest_path
from podium.core.artifacts.local import LocalFiles
from podium.core.artifacts.transfer import load_value, save_value


class MaterializerConformance:
    """`values` are made anew for each use, so that nothing is equal for being the same object."""

    materializer: ClassVar[str]
    values: ClassVar[Callable[[], Sequence[object]]]
    trust: ClassVar[bool] = False

    def same(self, value: object, loaded: object) -> bool:
        return type(value) is type(loaded) and value == loaded

    @pytest.fixture
    def store(self, tmp_path):
        return LocalFiles(tmp_path / "store")

    def test_values_come_back_as_they_were(self, store):
        for number, value in enumerate(type(self).values()):
            record = save_value(store, f"v/{number}", value)
            assert record.materializer == self.materializer, value
            assert self.same(value, load_value(store, record, trust=self.trust)), value

    def test_the_record_holds_digest_and_size_of_the_content(self, store):
        for number, value in enumerate(type(self).values()):
            record = save_value(store, f"v/{number}", value)
            assert digest_path(store.fetched(record.key)) == (record.digest, record.size), value

    def test_equal_values_have_equal_digests(self, store):
        pairs = zip(type(self).values(), type(self).values(), strict=True)
        for number, (one, two) in enumerate(pairs):
            assert save_value(store, f"1/{number}", one).digest == save_value(store, f"2/{number}", two).digest, one

    def test_different_values_have_different_digests(self, store):
        digests = [save_value(store, f"v/{i}", value).digest for i, value in enumerate(type(self).values())]
        assert len(set(digests)) == len(digests)

    def test_containers_keep_them(self, store):
        for number, value in enumerate(type(self).values()):
            record = save_value(store, f"v/{number}", {"list": [value], "tuple": (value,), 1: {"deep": value}})
            loaded = load_value(store, record, trust=self.trust)
            assert isinstance(loaded, dict)
            for found in (loaded["list"][0], loaded["tuple"][0], loaded[1]["deep"]):
                assert self.same(value, found), value

    def test_a_store_holds_the_artifact_and_nothing_else(self, store):
        for number, value in enumerate(type(self).values()):
            record = save_value(store, f"v/{number}", value)
            assert f"v/{next(iter(store.names('v')))}" == record.key
            store.delete("v")
