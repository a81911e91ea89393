"""Which credentials an S3 artifact store uses where, and what it says of buckets and keys that are wrong."""

import os
import signal
import time

import pytest
from conformance.artifact_store import opened, other_process
from conformance.workspace import eventually
from servers.aws import REGION
from servers.fault_proxy import Fault, fault_proxy

from podium.connectors.aws import AWSConnector
from podium.core import registry
from podium.core.artifacts.open import open_store
from podium.core.artifacts.remote import RemoteObjects
from podium.core.connectors.types import method_of
from podium.core.errors import AccessError, NotFoundError
from podium.core.validation import validated

pytestmark = pytest.mark.usefixtures("aws_home")


@pytest.fixture
def ambient(aws, aws_home, monkeypatch):
    """Have AWS's tools find the keys of a user on this machine, who may do all with S3; return the keys."""
    keys = aws.user("s3:*", "sts:GetSessionToken")
    for name, value in keys.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    return keys


class TestCredentials:
    def test_of_this_machine_none_is_named_to_processes_here(self, ambient, s3_bucket):
        with opened("s3", {"path": f"s3://{s3_bucket.name}"}) as store:
            store.write("k", b"1")
            assert ambient["aws_secret_access_key"] not in str(store.options)
            assert open_store(store.url, store.options).read("k") == b"1"

    def test_processes_elsewhere_get_temporary_ones(self, ambient, s3_bucket, aws, monkeypatch):
        with opened("s3", {"path": f"s3://{s3_bucket.name}"}) as store:
            store.write("k", b"1")
            carried = store.carried()
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        assert carried["storage"]["token"]
        assert carried["storage"]["key"] != ambient["aws_access_key_id"]
        assert carried["expires"] > time.time() + 3600
        assert carried["address"] == aws.endpoint
        assert open_store(store.url, carried).read("k") == b"1"

    def test_a_user_who_may_have_no_temporary_ones_gives_the_own(self, s3_bucket, aws, monkeypatch):
        keys = aws.user("s3:*")
        for name, value in keys.items():
            monkeypatch.setenv(name.upper(), value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        with opened("s3", {"path": f"s3://{s3_bucket.name}"}) as store:
            assert store.carried()["storage"]["secret"] == keys["aws_secret_access_key"]

    def test_those_of_a_connector_are_temporary(self, s3_bucket, aws):
        keys = aws.user("s3:*", "sts:GetSessionToken")
        values = {"region": REGION, "endpoint_url": aws.endpoint, **keys}
        config = validated(method_of(AWSConnector, "secret-key").config_class, values, subject="s", where="w")
        connector = AWSConnector("cloud", "secret-key", config, resource_type="s3-bucket")
        flavor = registry.load("artifact-store", "s3")
        fields = validated(flavor.config_class, {"path": f"s3://{s3_bucket.name}"}, subject="s", where="w")
        store = flavor("s", fields, connector=connector).open()
        store.write("k", b"1")
        assert store.options["storage"]["token"]
        assert store.options["storage"]["secret"] != keys["aws_secret_access_key"]
        assert open_store(store.url, store.options).read("k") == b"1"

    def test_others_are_asked_for_before_they_end(self, s3_bucket):
        asked = []

        def access(*, elsewhere):
            asked.append(elsewhere)
            with opened("s3", {"path": f"s3://{s3_bucket.name}", **s3_bucket.config}) as store:
                return {**store.options, "expires": time.time() + (60 if len(asked) == 1 else 3600)}

        store = RemoteObjects(f"s3://{s3_bucket.name}", access)
        for number in range(3):
            store.write(f"k{number}", b"1")
        assert asked == [False, False]

    def test_a_machine_without_any_is_told_so(self, s3_bucket, monkeypatch):
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        with opened(
            "s3", {"path": f"s3://{s3_bucket.name}", "endpoint_url": s3_bucket.config["endpoint_url"]}
        ) as store:
            with pytest.raises(AccessError, match="does not allow it: there are no credentials"):
                store.read("k")
            with pytest.raises(AccessError, match="there are no AWS credentials on this machine"):
                store.carried()


class TestByItsURL:
    def test_a_registered_store_is_found_with_its_keys(self, workspace, s3_bucket, monkeypatch):
        workspace.environment["PODIUM_SECRETS_BACKEND"] = "file"
        fields = [f"--{name}={value}" for name, value in s3_bucket.config.items()]
        url = f"s3://{s3_bucket.name}/x"
        result = workspace.podium("artifact-store", "register", "mine", "--flavor=s3", f"--path={url}/", *fields)
        assert result.returncode == 0, result.stderr
        with opened("s3", {"path": url, **s3_bucket.config}) as store:
            store.write("k", b"1")
        monkeypatch.setenv("PODIUM_HOME", str(workspace.home))
        monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "file")
        assert open_store(url).read("k") == b"1"

    @pytest.mark.usefixtures("ambient")
    def test_another_is_reached_as_this_machine_is_let_in(self, workspace, s3_bucket, monkeypatch):
        monkeypatch.setenv("PODIUM_HOME", str(workspace.home))
        with opened("s3", {"path": f"s3://{s3_bucket.name}/x", **s3_bucket.config}) as store:
            store.write("k", b"1")
        assert open_store(f"s3://{s3_bucket.name}/x").read("k") == b"1"


class TestWhatIsWrong:
    @pytest.mark.parametrize(
        "act",
        [
            lambda store: store.read("k"),
            lambda store: store.write("k", b"1"),
            lambda store: store.create("k", b"1"),
            lambda store: store.names("k"),
            lambda store: store.fetched("k"),
            lambda store: store.delete("k"),
        ],
    )
    def test_a_missing_bucket_is_no_missing_object(self, s3_bucket, act):
        with (
            opened("s3", {"path": "s3://no-such-bucket/x", **s3_bucket.config}) as store,
            pytest.raises(NotFoundError, match="bucket 'no-such-bucket' of the artifact store s3://no-such-bucket/x"),
        ):
            act(store)

    def test_a_file_for_a_missing_bucket_is_told_so(self, s3_bucket):
        with (
            opened("s3", {"path": "s3://no-such-bucket/x", **s3_bucket.config}) as store,
            pytest.raises(NotFoundError, match="does not exist"),
            store.staged("k") as path,
        ):
            path.write_bytes(b"1")

    def test_what_the_keys_may_not_do_is_refused(self, s3_bucket, aws):
        key, secret = aws.user("s3:ListBucket", "s3:GetObject").values()
        config = {**s3_bucket.config, "key": key, "secret": secret}
        with opened("s3", {"path": f"s3://{s3_bucket.name}", **config}) as store:
            assert store.names("") == []
            with pytest.raises(AccessError, match="does not allow it: it answers 403 AccessDenied") as refused:
                store.write("k", b"1")
            assert secret not in str(refused.value)


def test_an_interrupted_upload_leaves_no_parts(s3_bucket, aws):
    code = """
import os
try:
    with store.staged("large") as path:
        path.write_bytes(os.urandom(1 << 20) * 60)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    with fault_proxy(aws.endpoint) as proxy:
        proxy.delay = 0.3
        proxy.fault = lambda _method, path: Fault.DELAYED if "partNumber=" in path else None
        config = {"path": f"s3://{s3_bucket.name}", **s3_bucket.config, "endpoint_url": proxy.address}
        with opened("s3", config) as store:
            process = other_process(store, code)
            eventually(lambda: any("partNumber=5" in path for _, path, _ in list(proxy.seen)))
            process.send_signal(signal.SIGINT)
            assert process.communicate()[0] == b"interrupted\n"
            assert not store.exists("large")
    client = aws.client("s3", s3_bucket.config["key"], s3_bucket.config["secret"])
    assert client.list_multipart_uploads(Bucket=s3_bucket.name).get("Uploads", []) == []
