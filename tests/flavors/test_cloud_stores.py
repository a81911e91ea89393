"""Artifact stores in buckets: what their registrations say, and whether the bucket is reached."""

import base64
import json
import sys

import pytest
from servers.aws import REGION
from servers.buckets import azure
from servers.gcs import google
from servers.loopback import free_port

from podium.connectors.aws import AWSConnector
from podium.core import registry as flavors
from podium.core.connectors.types import method_of
from podium.core.errors import DefinitionError
from podium.core.validation import validated

ACCOUNT_KEY = base64.b64encode(b"right-4711-right-4711-right-4711").decode()
WRONG_KEY = base64.b64encode(b"m4rker-m4rker-m4rker-m4rker-m4rk").decode()
PATHS = {"s3": "s3://things", "gcs": "gs://things", "azure": "az://things"}


def store(flavor, *, connector=None, **values):
    found = flavors.load("artifact-store", flavor)
    values = {"path": PATHS[flavor]} | values
    config = validated(found.config_class, values, subject="artifact-store 's'", where="w")
    return found("s", config, connector=connector)


def findings(found) -> list[tuple[str, str]]:
    return [(finding.level, finding.what) for finding in found.check()]


@pytest.mark.parametrize(
    ("flavor", "path", "resource", "prefix"),
    [
        ("s3", "s3://things", "s3://things", ""),
        ("s3", "s3://things/", "s3://things", ""),
        ("s3", "s3://things/team/a b/", "s3://things", "team/a b"),
        ("gcs", "gs://my_things.org/x", "gs://my_things.org", "x"),
        ("azure", "az://things/x", "az://things", "x"),
        ("azure", "abfs://things", "abfs://things", ""),
    ],
)
def test_a_path_is_a_bucket_and_what_names_begin_with(flavor, path, resource, prefix):
    found = store(flavor, path=path)
    assert (found.resource_id(), found.prefix) == (resource, prefix)


@pytest.mark.parametrize("flavor", PATHS)
@pytest.mark.parametrize(
    "path",
    ["{scheme}://", "{scheme}:/things", "{scheme}://things/../x", "{scheme}://things//x", "ftp://things", "/things"],
)
def test_a_path_that_is_no_bucket_is_refused(flavor, path):
    scheme = PATHS[flavor].partition(":")[0]
    with pytest.raises(DefinitionError, match=r"field 'path': a path (is|has)"):
        store(flavor, path=path.format(scheme=scheme))


@pytest.mark.parametrize(
    ("flavor", "values", "told"),
    [
        ("s3", {"key": "k"}, "key and secret belong together"),
        ("s3", {"token": "t"}, "token needs key and secret"),
        ("s3", {"client_kwargs": {"aws_access_key_id": "k"}}, "client_kwargs holds aws_access_key_id"),
        (
            "s3",
            {"endpoint_url": "http://a", "client_kwargs": {"endpoint_url": "http://b"}},
            "endpoint_url and that of client_kwargs differ",
        ),
        ("gcs", {"service_account_json": "{}"}, "the key of a service account is JSON with client_email"),
        ("gcs", {"service_account_json": "~/key.json"}, "the key of a service account is JSON with client_email"),
        ("azure", {"account_key": "k", "sas_token": "t"}, "exclude each other"),
        ("azure", {"client_id": "i"}, "client_id, client_secret and tenant_id belong together"),
        ("azure", {"account_key": "k"}, "account_name is missing"),
    ],
)
def test_fields_that_do_not_fit_together_are_refused(flavor, values, told):
    with pytest.raises(DefinitionError) as caught:
        store(flavor, **values)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("flavor", "module", "integration"),
    [("s3", "botocore", "s3"), ("gcs", "google.auth", "gcp"), ("azure", "azure.core", "azure")],
)
def test_a_missing_sdk_names_the_integration(flavor, module, integration, monkeypatch):
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{module}.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    (finding,) = store(flavor).check()
    assert finding.level == "fail"
    assert finding.what.endswith("is not installed")
    assert finding.hint == f"podium integration install {integration}"


@pytest.mark.usefixtures("aws_home")
class TestS3:
    @pytest.fixture
    def s3(self, aws):
        """Return a function that makes a store with the keys of a user who may list buckets."""
        keys = aws.user("s3:ListBucket", "sts:GetSessionToken")
        own = {"key": keys["aws_access_key_id"], "secret": keys["aws_secret_access_key"]}
        return lambda **values: store("s3", **own | {"endpoint_url": aws.endpoint} | values)

    def test_the_bucket_is_reached_with_its_own_keys(self, s3):
        assert findings(s3()) == [("ok", "artifact-store 's' reaches s3://things")]

    def test_the_bucket_is_reached_with_a_session(self, aws, s3):
        keys = aws.session(aws.user("s3:ListBucket", "sts:GetSessionToken"))
        own = {name: keys[f"aws_{long}"] for name, long in zip(("key", "secret", "token"), TOKEN_FIELDS, strict=True)}
        assert findings(s3(**own)) == [("ok", "artifact-store 's' reaches s3://things")]

    def test_the_bucket_is_reached_as_zenml_is_told_to(self, aws, s3):
        kwargs = {"endpoint_url": aws.endpoint, "region_name": "eu-west-1"}
        found = s3(endpoint_url=None, client_kwargs=kwargs, config_kwargs={"s3": {"addressing_style": "path"}})
        assert findings(found) == [("ok", "artifact-store 's' reaches s3://things")]

    def test_without_keys_those_of_this_machine_are_used(self, aws, monkeypatch):
        for name, value in aws.user("s3:ListBucket").items():
            monkeypatch.setenv(name.upper(), value)
        found = store("s3", endpoint_url=aws.endpoint)
        assert findings(found) == [("ok", "artifact-store 's' reaches s3://things")]

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"secret": "m4rker"}, "the secret access key of artifact-store 's' does not belong to its access key id"),
            ({"key": "AKIAm4rker"}, "the access key id of artifact-store 's' is not known"),
            ({"path": "s3://none-such"}, "bucket 'none-such' does not exist"),
            ({"config_kwargs": {"m4rker": 1}}, "config_kwargs or client_kwargs hold what botocore does not take"),
            ({"client_kwargs": {"m4rker": 1}}, "config_kwargs or client_kwargs hold what botocore does not take"),
            ({"endpoint_url": "nonsense"}, "config_kwargs or client_kwargs hold what botocore does not take"),
        ],
    )
    def test_what_is_wrong_is_told(self, s3, wrong, told):
        ((level, what),) = findings(s3(**wrong))
        assert level == "fail"
        assert told in what
        assert "m4rker" not in what

    def test_a_missing_permission_is_named(self, aws, s3):
        keys = aws.user("iam:GetUser")
        found = s3(key=keys["aws_access_key_id"], secret=keys["aws_secret_access_key"])
        ((_, what),) = findings(found)
        assert "artifact-store 's' lacks the permission s3:ListBucket on bucket 'things'" in what

    def test_an_endpoint_that_is_not_there_is_named(self, s3):
        address = f"127.0.0.1:{free_port()}"
        assert findings(s3(endpoint_url=f"http://{address}")) == [("fail", f"{address} cannot be reached")]

    def test_a_connector_is_used_in_place_of_keys(self, aws):
        values = {"region": REGION, "endpoint_url": aws.endpoint, **aws.user("s3:ListBucket")}
        config = validated(method_of(AWSConnector, "secret-key").config_class, values, subject="s", where="w")
        found = store("s3", connector=AWSConnector("cloud", "secret-key", config))
        assert findings(found) == [("ok", "service connector 'cloud' reaches s3://things")]


TOKEN_FIELDS = ("access_key_id", "secret_access_key", "session_token")


@pytest.fixture(scope="module")
def service():
    """Run Google's storage."""
    with google() as service:
        yield service


class TestGCS:
    def gcs(self, service, path="gs://things/x", **wrong):
        address, key = service
        values = {"endpoint_url": address, "service_account_json": json.dumps(key | wrong)}
        return store("gcs", path=path, **values)

    def test_the_bucket_is_reached_with_the_key_of_an_account(self, service):
        assert findings(self.gcs(service)) == [("ok", "artifact-store 's' reaches gs://things")]

    @pytest.mark.parametrize(
        ("bucket", "told"),
        [
            ("none", "bucket 'none' does not exist (404)"),
            ("closed", "artifact-store 's' lacks the permission storage.objects.list on bucket 'closed' (403)"),
            ("broken", "bucket 'broken' cannot be listed: the service answers 501"),
        ],
    )
    def test_what_is_wrong_is_told(self, service, bucket, told):
        assert findings(self.gcs(service, path=f"gs://{bucket}")) == [("fail", told)]

    def test_a_key_of_another_account_is_refused(self, service):
        with google() as (_, other):
            found = findings(self.gcs(service, private_key=other["private_key"]))
        assert found == [("fail", "Google refuses the credentials of artifact-store 's'")]

    def test_a_damaged_key_is_refused_without_showing_it(self, service):
        assert findings(self.gcs(service, private_key="m4rker")) == [
            ("fail", "Google refuses the credentials of artifact-store 's'")
        ]

    def test_a_token_service_that_is_not_there_is_told(self, service):
        uri = f"http://127.0.0.1:{free_port()}/token"
        assert findings(self.gcs(service, token_uri=uri)) == [("fail", "Google's token service cannot be reached")]

    def test_without_credentials_it_says_how_to_get_some(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NO_GCE_CHECK", "true")
        monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
        ((_, what),) = findings(store("gcs"))
        assert what == "there are no Google Cloud credentials on this machine for artifact-store 's'"


@pytest.fixture(scope="module")
def address():
    """Run Azure's storage."""
    with azure("mine", ACCOUNT_KEY) as address:
        yield address


class TestAzure:
    def azure(self, address, path="az://things/x", key=ACCOUNT_KEY):
        text = f"DefaultEndpointsProtocol=http;AccountName=mine;AccountKey={key};BlobEndpoint={address};"
        return store("azure", path=path, connection_string=text)

    def test_the_container_is_reached_with_a_connection_string(self, address):
        assert findings(self.azure(address)) == [("ok", "artifact-store 's' reaches az://things")]

    @pytest.mark.parametrize(
        ("container", "told"),
        [
            ("none", "container 'none' does not exist"),
            ("closed", "artifact-store 's' may not list container 'closed' (AuthorizationPermissionMismatch)"),
            ("broken", "container 'broken' cannot be listed"),
        ],
    )
    def test_what_is_wrong_is_told(self, address, container, told):
        ((level, what),) = findings(self.azure(address, path=f"az://{container}"))
        assert level == "fail"
        assert told in what

    def test_a_wrong_key_is_told_without_the_key(self, address):
        assert findings(self.azure(address, key=WRONG_KEY)) == [
            ("fail", "Azure does not accept the credentials of artifact-store 's' (AuthenticationFailed)")
        ]

    def test_an_account_that_is_not_there_is_told(self):
        found = self.azure(f"http://127.0.0.1:{free_port()}/mine")
        ((_, what),) = findings(found)
        assert "the storage account of artifact-store 's', or Azure's login, cannot be reached" in what

    def test_a_connection_string_of_another_form_is_told_without_it(self):
        ((_, what),) = findings(store("azure", connection_string="m4rker"))
        assert what == "the credentials of artifact-store 's' are not in the form that Azure gives them"

    def test_a_key_of_another_form_is_told_without_it(self):
        ((_, what),) = findings(store("azure", account_name="mine", account_key="m4rker"))
        assert what == "Azure does not accept the credentials of artifact-store 's' (AzureSigningError)"

    def test_an_account_has_to_be_named(self):
        assert findings(store("azure")) == [("fail", "artifact-store 's' names no storage account")]


def test_the_keys_are_registered_as_secrets(workspace):
    workspace.environment |= {"PODIUM_SECRETS_BACKEND": "file", "PODIUM_SECRETS_PASSPHRASE": "p"}
    options = ("--flavor=s3", "--path=s3://things/x", "--key=AKIAm4rker", "--secret=m4rker-secret")
    registered = workspace.podium("artifact-store", "register", "s", *options)
    assert registered.returncode == 0, registered.stderr
    stored = (workspace.home / "artifact-stores/s.yaml").read_text()
    assert "{{artifact-store.s.secret}}" in stored
    shown = workspace.podium("artifact-store", "describe", "s", "--output", "json")
    assert json.loads(shown.stdout)["config"]["path"] == "s3://things/x"
    kept = [path.read_bytes() for path in workspace.home.rglob("*") if path.is_file()]
    assert not [data for data in [*kept, shown.stdout.encode(), registered.stderr.encode()] if b"m4rker" in data]
