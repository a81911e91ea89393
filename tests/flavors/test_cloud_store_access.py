"""With which credentials artifact stores in buckets are opened, here and elsewhere, and what is said of them."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from azure.storage.blob import ContainerSasPermissions, generate_container_sas
from conformance.artifact_store import opened
from servers.azurite import ACCOUNT, KEY

from podium.core import registry
from podium.core.artifacts.open import open_store
from podium.core.contracts.service_connector import Credentials
from podium.core.errors import AccessError, NotFoundError
from podium.core.secrets.secret import Secret
from podium.core.validation import validated


class Handing:
    """A service connector as far as stores see it: what it hands out for one kind of resource."""

    name = "c"

    def __init__(self, given):
        self.given = given

    def credentials(self, resource_type, resource_id):
        assert (resource_type, resource_id) in {("gcs-bucket", "gs://things"), ("blob-container", "az://things")}
        return self.given


def connected(flavor, config, given):
    """Open a store that uses a connector."""
    found = registry.load("artifact-store", flavor)
    config = validated(found.config_class, config, subject="s", where="test")
    return found("s", config, connector=Handing(given)).open()


@pytest.fixture
def no_google_login(tmp_path, monkeypatch):
    """Give this machine no credentials of Google's."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


@pytest.fixture
def key_file(gcs, no_google_login, tmp_path, monkeypatch):
    """Give this machine the key of an account."""
    file = tmp_path / "key.json"
    file.write_text(json.dumps(gcs[1]))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    return file


@pytest.mark.usefixtures("no_google_login")
class TestGCS:
    def test_with_what_this_machine_has_and_jobs_elsewhere_get_that(self, gcs_bucket, key_file):
        del gcs_bucket["service_account_json"]
        with opened("gcs", gcs_bucket) as store:
            store.write("k", b"1")
            assert "private_key" not in json.dumps(store.options)
            carried = store.carried()
            key_file.unlink()
            assert open_store(store.url, carried).read("k") == b"1"

    def test_a_login_that_cannot_be_read_is_told_without_it(self, gcs_bucket, key_file):
        del gcs_bucket["service_account_json"]
        key_file.write_text("m4rker")
        with opened("gcs", gcs_bucket) as store, pytest.raises(AccessError, match="is no login of Google's") as caught:
            store.carried()
        assert "m4rker" not in str(caught.value)

    def test_with_what_a_connector_hands_out(self, gcs_bucket):
        key = Secret(gcs_bucket.pop("service_account_json"))
        environment = {"GOOGLE_APPLICATION_CREDENTIALS": Secret("{dir}/key.json")}
        given = Credentials(environment=environment, files={"key.json": key}, expires=4e9)
        store = connected("gcs", gcs_bucket, given)
        store.write("k", b"1")
        assert store.read("k") == b"1"
        assert store.options["expires"] == 4e9

    def test_without_any(self, gcs_bucket):
        del gcs_bucket["service_account_json"]
        with opened("gcs", gcs_bucket) as store, pytest.raises(AccessError, match="does not allow it"):
            store.read("k")

    def test_a_bucket_that_is_closed_to_the_account(self, gcs_bucket):
        with opened("gcs", gcs_bucket | {"path": "gs://closed/x"}) as store, pytest.raises(AccessError):
            store.write("k", b"1")

    def test_a_bucket_that_is_not_there(self, gcs_bucket):
        with opened("gcs", gcs_bucket | {"path": "gs://none/x"}) as store, pytest.raises(NotFoundError, match="'none'"):
            store.write("k", b"1")


def signature(permission: str, *, hours: int = 1) -> str:
    """Return a signature for the container."""
    until = datetime.now(timezone.utc) + timedelta(hours=hours)
    permissions = ContainerSasPermissions.from_string(permission)
    return generate_container_sas(ACCOUNT, "things", account_key=KEY, permission=permissions, expiry=until)


class TestAzure:
    def signed(self, azurite, container, permission, **options):
        text = f"BlobEndpoint={azurite};SharedAccessSignature={signature(permission, **options)}"
        return opened("azure", container | {"connection_string": text})

    def test_with_a_signature(self, azurite, azure_container):
        with self.signed(azurite, azure_container, "rcwdl") as store:
            store.write("a/k", b"1")
            assert store.names("a") == ["k"]
            store.delete("a")
            assert not store.exists("a")

    @pytest.mark.parametrize(("permission", "hours"), [("rl", 1), ("rcwdl", -1)])
    def test_a_signature_that_does_not_allow_it(self, azurite, azure_container, permission, hours):
        with self.signed(azurite, azure_container, permission, hours=hours) as store:
            with pytest.raises(AccessError, match="does not allow it") as caught:
                store.write("k", b"1")
            assert "sig=" not in str(caught.value)

    def test_with_what_a_connector_hands_out(self, azure_container):
        text = Secret(azure_container.pop("connection_string"))
        store = connected("azure", azure_container, Credentials(environment={"AZURE_STORAGE_CONNECTION_STRING": text}))
        store.write("k", b"1")
        assert store.read("k") == b"1"

    def test_the_environment_counts_for_nothing_beside_the_config(self, azure_container, monkeypatch):
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", "BlobEndpoint=http://127.0.0.1:1/other;AccountKey=a2V5")
        monkeypatch.setenv("AZURE_STORAGE_CLIENT_ID", "other")
        with opened("azure", azure_container) as store:
            store.write("k", b"1")

    def test_a_container_that_is_not_there(self, azure_container):
        config = azure_container | {"path": "az://none/x"}
        with opened("azure", config) as store, pytest.raises(NotFoundError, match="'none'"):
            store.write("k", b"1")

    @pytest.mark.parametrize(
        ("own", "storage"),
        [
            (
                {"account_key": "a2V5"},
                {"connection_string": "BlobEndpoint=https://me.blob.core.windows.net;AccountName=me;AccountKey=a2V5"},
            ),
            (
                {"sas_token": "?sv=1&sig=s"},
                {"connection_string": "BlobEndpoint=https://me.blob.core.windows.net;SharedAccessSignature=sv=1&sig=s"},
            ),
            (
                {"tenant_id": "t", "client_id": "i", "client_secret": "s"},
                {
                    "account_url": "https://me.blob.core.windows.net",
                    "principal": {"tenant_id": "t", "client_id": "i", "client_secret": "s"},
                },
            ),
        ],
    )
    def test_credentials_of_the_config_go_everywhere(self, own, storage):
        with opened("azure", {"path": "az://things", "account_name": "me", **own}) as store:
            assert store.options["storage"] == store.carried()["storage"] == storage
            assert store.options["address"] == "https://me.blob.core.windows.net"

    def test_a_login_of_this_machine_is_none_elsewhere(self):
        with opened("azure", {"path": "az://things", "account_name": "me"}) as store:
            assert store.options["storage"] == {"account_url": "https://me.blob.core.windows.net", "principal": None}
            with pytest.raises(AccessError, match="no job elsewhere has"):
                store.carried()

    @pytest.mark.parametrize(
        ("config", "told"),
        [({"connection_string": "m4rker"}, "not in the form that Azure gives them"), ({}, "names no storage account")],
    )
    def test_what_is_no_credential_is_told_without_it(self, config, told):
        with (
            opened("azure", {"path": "az://things", **config}) as store,
            pytest.raises(AccessError, match=told) as caught,
        ):
            store.read("k")
        assert "m4rker" not in str(caught.value)
