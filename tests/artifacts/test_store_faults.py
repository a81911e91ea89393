"""What networks and busy services do to requests: a store says the truth or fails, and never shows half an object."""

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conformance.workspace import PATIENCE, eventually
from servers.fault_proxy import Fault, none, sometimes

from podium.core.artifacts.remote_calls import RemoteCalls
from podium.core.errors import AccessError, PodiumError, StoreUnreachable

pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in. <function Connection.__del__")  # the SDKs' own
SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))
LARGE = 9 << 20
"""Bytes that go in several parts."""
WRITING = {"POST", "PUT"}


def first(fault: Fault, methods: set[str]):
    """Return a fault for the first request of these methods."""
    met = threading.Event()

    def choose(method: str, _path: str) -> Fault | None:
        if method not in methods or met.is_set():
            return None
        met.set()
        return fault

    return choose


@pytest.mark.parametrize("fault", Fault)
class TestOneFault:
    def test_while_an_object_is_created(self, proxied, fault):
        store = proxied.open()
        proxied.proxy.fault = first(fault, WRITING)
        assert store.create("k", b"mine")
        assert not proxied.open().create("k", b"another's")
        assert store.read("k") == b"mine"

    def test_while_an_object_is_read(self, proxied, fault):
        store = proxied.open()
        store.write("k", b"whole" * 9000)
        store.write("l", b"l")
        for read in (
            store.read,
            lambda key: store.read_many([key, "l"])[0],
            lambda key: store.fetched(key).read_bytes(),
        ):
            proxied.proxy.fault = first(fault, {"GET"})
            assert read("k") == b"whole" * 9000

    def test_while_names_are_listed(self, proxied, fault):
        store = proxied.open()
        store.write("a/b", b"")
        proxied.proxy.fault = first(fault, {"GET"})
        assert store.names("a") == ["b"]
        proxied.proxy.fault = first(fault, {"GET", "HEAD"})
        assert store.exists("a/b")
        proxied.proxy.fault = first(fault, {"GET", "HEAD"})
        assert not store.exists("a/c")

    def test_while_objects_are_deleted(self, proxied, fault):
        store = proxied.open()
        for key in ("a/b", "a/c/d", "ab"):
            store.write(key, b"")
        proxied.proxy.fault = first(fault, {"DELETE", "POST"})
        store.delete("a")
        assert store.names("") == ["ab"]


@pytest.mark.parametrize("seed", range(max(1, round(0.4 * SCALE))))
class TestManyFaults:
    def test_what_is_stored_is_whole_and_what_is_not_is_absent(self, proxied, seed, monkeypatch):
        monkeypatch.setenv("PODIUM_STORE_PATIENCE", "0.8")
        chance = random.Random(seed)
        store = proxied.open()
        written = {f"o/{number}": chance.randbytes(chance.choice([0, 10, 70_000])) for number in range(8)}
        staged = {f"s/{number}": chance.randbytes(chance.choice([10, LARGE])) for number in range(2)}
        stored = set()
        proxied.proxy.fault = sometimes(seed, 0.5)
        for key, data in written.items():
            try:
                store.write(key, data)
                stored.add(key)
                assert store.read(key) == data
            except StoreUnreachable:
                continue
        for key, data in staged.items():
            try:
                with store.staged(key) as path:
                    path.write_bytes(data)
                stored.add(key)
                assert store.fetched(key).read_bytes() == data
            except StoreUnreachable:
                continue
        proxied.proxy.fault = none
        monkeypatch.setenv("PODIUM_STORE_PATIENCE", "20")
        for key, data in (written | staged).items():
            if key in stored or store.exists(key):
                assert proxied.open().read(key) == data

    def test_of_concurrent_creators_one_is_told_so(self, proxied, seed):
        proxied.proxy.fault = sometimes(seed, 0.3)
        stores = [proxied.open() for _ in range(3)]
        with ThreadPoolExecutor(len(stores)) as pool:
            for key in ("a", "b"):
                told = list(pool.map(lambda number, key=key: stores[number].create(key, bytes([number])), range(3)))
                assert sorted(told) == [False, False, True]
                assert stores[0].read(key) == bytes([told.index(True)])

    def test_no_two_hold_a_lock(self, proxied, seed, monkeypatch):
        monkeypatch.setenv("PODIUM_STORE_LEASE", "2")
        monkeypatch.setenv("PODIUM_STORE_PATIENCE", "3")
        proxied.proxy.fault = sometimes(seed, 0.3)
        holders, most, ending = [], [0], time.monotonic() + 3

        def compete(_):
            store = proxied.open()
            while time.monotonic() < ending + (0 if most[0] else PATIENCE):
                try:
                    with store.lock("lock") as held:
                        if held is None:
                            continue
                        holders.append(held)
                        until = time.monotonic() + 0.3
                        while time.monotonic() < until:
                            most[0] = max(most[0], sum(not other.lost for other in list(holders)))
                            time.sleep(0.01)
                        holders.remove(held)
                except StoreUnreachable:
                    continue

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(compete, range(3)))
        assert most == [1]


def test_a_holder_that_cannot_reach_the_store_has_lost_the_lock_before_another_gets_it(proxied, monkeypatch):
    monkeypatch.setenv("PODIUM_STORE_LEASE", "12")  # which no busy machine keeps a holder from renewing
    cut_off, other = proxied.open(), proxied.open(**proxied.direct)
    with cut_off.lock("lock") as held:
        assert other.is_locked("lock")
        monkeypatch.setenv("PODIUM_STORE_LEASE", "4")
        with monkeypatch.context() as cut:
            cut.setenv("PODIUM_STORE_PATIENCE", "4")
            proxied.proxy.seen.clear()
            proxied.proxy.fault = lambda _method, _path: Fault.DROPPED
            eventually(lambda: held.lost or any(fault for *_, fault in list(proxied.proxy.seen)))
        eventually(lambda: not other.is_locked("lock"))
        assert held.lost
        with other.lock("lock") as taken:
            assert not taken.lost


class TestAway:
    def test_for_a_while(self, proxied):
        store = proxied.open()
        store.write("k", b"1")
        back = time.monotonic() + 1
        proxied.proxy.fault = lambda _method, _path: Fault.DROPPED if time.monotonic() < back else None
        assert store.read("k") == b"1"

    @pytest.mark.parametrize("fault", [Fault.DROPPED, Fault.THROTTLED])
    def test_for_good_is_said_soon_and_without_the_secret(self, proxied, fault, monkeypatch):
        monkeypatch.setenv("PODIUM_STORE_PATIENCE", "1")
        store = proxied.open()
        proxied.proxy.fault = lambda _method, _path: fault
        begun = time.monotonic()
        for call in (lambda: store.read("k"), lambda: store.create("k", b""), lambda: store.names("")):
            with pytest.raises(StoreUnreachable) as caught:
                call()
            assert store.url in caught.value.message
            assert caught.value.exit_code == 9
            assert proxied.secret not in f"{caught.value!s} {caught.value.__context__}"
        assert time.monotonic() - begun < 15

    def test_credentials_that_are_refused_are_told_at_once_without_the_secret(self, refused):
        begun = time.monotonic()
        for call in (lambda: refused.read("k"), lambda: refused.create("k", b"")):
            with pytest.raises(AccessError) as caught:
                call()
            assert refused.url in caught.value.message
            assert "m4rker" not in str(caught.value)
        assert time.monotonic() - begun < 10


def test_what_breaks_before_there_is_an_address_is_told_with_the_store():
    def access(*, elsewhere: bool) -> dict:
        raise RuntimeError(elsewhere)

    with pytest.raises(PodiumError, match=r"s3://bucket/runs failed: RuntimeError"):
        RemoteCalls("s3://bucket/runs", access)("_info", "bucket/runs/x")
