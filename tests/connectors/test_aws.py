"""The aws connector against a service that checks keys, signatures, permissions and the policies of sessions."""

import sys
import traceback

import pytest
from servers.aws import ACCOUNT, REGION, policy
from servers.loopback import QuietHandler, free_port, serving

from podium.connectors.aws import AWSConnector
from podium.core.connectors.types import method_of
from podium.core.errors import AccessError, DefinitionError, MissingToolError, NotFoundError, PodiumError, UsageError
from podium.core.validation import validated

REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
REACHED = {
    "aws-generic": [ACCOUNT],
    "s3-bucket": ["s3://things"],
    "kubernetes-cluster": ["blue"],
    "docker-registry": [REGISTRY],
}
ALL = ("s3:*", "ecr:*", "eks:*", "sts:*")
MARKER = "m4rkerSECRETwJalrXUtnFEMIK7MDENGbPxRfiCY"

pytestmark = pytest.mark.usefixtures("aws_home")


def connector(aws, method, seconds=None, **values):
    values = {"region": REGION, "endpoint_url": aws.endpoint} | values
    config = validated(method_of(AWSConnector, method).config_class, values, subject="s", where="w")
    return AWSConnector("cloud", method, config, expiration_seconds=seconds)


def failure(call, *arguments, raises=AccessError) -> str:
    with pytest.raises(raises) as caught:
        call(*arguments)
    return "".join(traceback.format_exception(caught.value))


@pytest.fixture(scope="session")
def user(aws):
    """The keys of a user who may do everything that matters here."""
    return aws.user(*ALL)


@pytest.fixture
def implicit(user, aws_home, monkeypatch):
    """Have this machine use the user's keys."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", user["aws_access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", user["aws_secret_access_key"])


@pytest.mark.parametrize("resource_type", REACHED)
class TestEveryMethodReachesEveryResource:
    def test_secret_key(self, aws, user, resource_type):
        assert list(connector(aws, "secret-key", **user).resources(resource_type)) == REACHED[resource_type]

    def test_sts_token(self, aws, user, resource_type):
        keys = aws.session(user)
        assert list(connector(aws, "sts-token", **keys).resources(resource_type)) == REACHED[resource_type]

    def test_session_token(self, aws, user, resource_type):
        assert list(connector(aws, "session-token", **user).resources(resource_type)) == REACHED[resource_type]

    def test_federation_token(self, aws, user, resource_type):
        federated = connector(aws, "federation-token", policy=policy(*ALL), **user)
        assert list(federated.resources(resource_type)) == REACHED[resource_type]

    def test_iam_role(self, aws, resource_type):
        keys, role = aws.user("sts:AssumeRole"), aws.role("s3:*", "ecr:*", "eks:*")
        found = connector(aws, "iam-role", role_arn=role, **keys).resources(resource_type)
        assert list(found) == REACHED[resource_type]

    @pytest.mark.usefixtures("implicit")
    def test_implicit(self, aws, resource_type):
        assert list(connector(aws, "implicit").resources(resource_type)) == REACHED[resource_type]

    @pytest.mark.usefixtures("implicit")
    def test_implicit_with_a_role(self, aws, resource_type):
        found = connector(aws, "implicit", role_arn=aws.role("s3:*", "ecr:*", "eks:*")).resources(resource_type)
        assert list(found) == REACHED[resource_type]

    def test_without_a_policy_what_the_resource_needs_is_allowed(self, aws, user, resource_type):
        if resource_type == "aws-generic":
            told = failure(connector(aws, "federation-token", **user).verify, resource_type, raises=UsageError)
            assert "has no permissions for aws-generic" in told
        else:
            found = connector(aws, "federation-token", **user).resources(resource_type)
            assert list(found) == REACHED[resource_type]

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"aws_access_key_id": "AKIA" + "X" * 16}, "the access key id of service connector 'cloud' is not known"),
            (
                {"aws_secret_access_key": MARKER},
                "the secret access key of service connector 'cloud' does not belong to",
            ),
        ],
    )
    def test_a_wrong_key_is_told_without_the_keys(self, aws, user, resource_type, wrong, told):
        keys = user | wrong
        text = failure(connector(aws, "secret-key", **keys).verify, resource_type)
        assert told in text
        assert not [value for value in keys.values() if value in text]

    def test_an_expired_session_is_told(self, aws, user, resource_type):
        keys = aws.session(user, seconds=-1)
        text = failure(connector(aws, "sts-token", **keys).verify, resource_type)
        assert "the session token of service connector 'cloud' has expired" in text
        assert keys["aws_session_token"] not in text


def test_another_sessions_token_is_told(aws, user):
    keys = aws.session(user) | {"aws_session_token": MARKER}
    text = failure(connector(aws, "sts-token", **keys).verify, "s3-bucket")
    assert "the session token of service connector 'cloud' is not valid (InvalidToken)" in text
    assert MARKER not in text


@pytest.mark.parametrize(
    ("resource_type", "resource_id", "action"),
    [
        ("s3-bucket", None, "s3:ListAllMyBuckets on all buckets"),
        ("s3-bucket", "s3://things", "s3:ListBucket on bucket 'things'"),
        ("docker-registry", None, "ecr:GetAuthorizationToken on AWS"),
        ("kubernetes-cluster", None, "eks:ListClusters on all clusters"),
        ("kubernetes-cluster", "blue", "eks:DescribeCluster on cluster 'blue'"),
    ],
)
def test_a_missing_permission_is_named(aws, resource_type, resource_id, action):
    text = failure(connector(aws, "secret-key", **aws.user("iam:GetUser")).verify, resource_type, resource_id)
    assert f"service connector 'cloud' lacks the permission {action}" in text


def test_a_registry_whose_repositories_are_not_to_be_seen_is_told(aws):
    keys = aws.user("ecr:GetAuthorizationToken")
    text = failure(connector(aws, "secret-key", **keys).verify, "docker-registry")
    assert f"lacks the permission ecr:DescribeRepositories on registry {REGISTRY}" in text


def test_a_user_needs_no_permissions_to_be_known(aws):
    connector(aws, "secret-key", **aws.user()).verify()


@pytest.mark.parametrize("actions", [(), ("sts:AssumeRole",)])
def test_a_role_that_cannot_be_assumed_is_named(aws, actions):
    role = aws.role("s3:*", trusts=f"arn:aws:iam::{ACCOUNT}:user/someone-else")
    text = failure(connector(aws, "iam-role", role_arn=role, **aws.user(*actions)).verify)
    assert f"service connector 'cloud' may not assume role {role} (AccessDenied)" in text
    assert "trust policy" in text


@pytest.mark.parametrize("resource_id", ["things", "s3://things", "s3://things/below/it", "arn:aws:s3:::things"])
def test_a_bucket_has_several_forms(aws, user, resource_id):
    connector(aws, "session-token", **user).verify("s3-bucket", resource_id)


@pytest.mark.parametrize("resource_id", ["blue", f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/blue"])
def test_a_cluster_has_several_forms(aws, user, resource_id):
    connector(aws, "session-token", **user).verify("kubernetes-cluster", resource_id)


@pytest.mark.parametrize("resource_id", [REGISTRY, f"https://{REGISTRY}/team/app"])
def test_a_registry_has_several_forms(aws, user, resource_id):
    connector(aws, "session-token", **user).verify("docker-registry", resource_id)


@pytest.mark.parametrize(
    ("resource_type", "resource_id", "told"),
    [
        ("s3-bucket", "no-such-bucket", "bucket 'no-such-bucket' does not exist (NoSuchBucket)"),
        ("kubernetes-cluster", "red", "cluster 'red' does not exist (ResourceNotFoundException)"),
    ],
)
def test_what_is_not_there_is_named(aws, user, resource_type, resource_id, told):
    text = failure(connector(aws, "secret-key", **user).verify, resource_type, resource_id, raises=NotFoundError)
    assert told in text


@pytest.mark.parametrize(
    ("resource_type", "resource_id", "told"),
    [
        ("s3-bucket", "gs://things", "'gs://things' names no S3 bucket"),
        ("kubernetes-cluster", "a b", "'a b' names no EKS cluster"),
        ("kubernetes-cluster", f"arn:aws:eks:eu-west-1:{ACCOUNT}:cluster/blue", "is in region eu-west-1"),
        ("docker-registry", "ghcr.io", "ghcr.io is no ECR registry"),
        ("docker-registry", "a b", "resource id 'a b'"),
        ("docker-registry", REGISTRY.replace(REGION, "eu-west-1"), "is in region eu-west-1"),
        ("aws-generic", "210987654321", "is of another AWS account than '210987654321'"),
    ],
)
def test_an_id_that_cannot_be_meant_is_refused(aws, user, resource_type, resource_id, told):
    assert told in failure(connector(aws, "secret-key", **user).verify, resource_type, resource_id, raises=UsageError)


def test_a_role_is_restricted_to_the_resource_that_is_asked_for(aws):
    with aws.unchecked():
        aws.client("s3").create_bucket(Bucket="others")
    role = connector(aws, "iam-role", role_arn=aws.role("s3:*", "eks:*"), **aws.user("sts:AssumeRole"))
    s3 = role.client("s3-bucket", "s3://things").client("s3")
    s3.put_object(Bucket="things", Key="below/it", Body=b"1")
    assert s3.get_object(Bucket="things", Key="below/it")["Body"].read() == b"1"
    s3.delete_object(Bucket="things", Key="below/it")
    refused = [
        (s3.list_objects_v2, {"Bucket": "others"}),
        (s3.put_object, {"Bucket": "others", "Key": "k", "Body": b""}),
        (s3.list_buckets, {}),
        (role.client("s3-bucket", "s3://things").client("eks").list_clusters, {}),
    ]
    for call, arguments in refused:
        with pytest.raises(Exception, match="AccessDenied"):
            call(**arguments)
    with aws.unchecked():
        aws.client("s3").delete_bucket(Bucket="others")


def test_a_policy_of_the_connector_restricts_in_place_of_podiums(aws, user):
    session = connector(aws, "federation-token", policy=policy("s3:ListAllMyBuckets"), **user).client("s3-bucket")
    session.client("s3").list_buckets()
    with pytest.raises(Exception, match="AccessDenied"):
        session.client("s3").list_objects_v2(Bucket="things")


@pytest.mark.parametrize(
    ("method", "seconds", "told"),
    [
        ("iam-role", 899, "AssumeRole gives credentials for 900 to 43200 seconds, not 899"),
        ("session-token", 129601, "GetSessionToken gives credentials for 900 to 129600 seconds, not 129601"),
        ("federation-token", 60, "GetFederationToken gives credentials for 900 to 129600 seconds, not 60"),
    ],
)
def test_a_lifetime_that_aws_does_not_give_is_refused(aws, user, method, seconds, told):
    more = {"role_arn": aws.role()} if method == "iam-role" else {}
    text = failure(connector(aws, method, seconds, **user, **more).verify, "s3-bucket", raises=UsageError)
    assert told in text


def test_a_lifetime_for_keys_that_have_one_already_is_refused(aws, user):
    text = failure(connector(aws, "sts-token", 1000, **aws.session(user)).verify, raises=UsageError)
    assert "has keys of a session, which end with it and cannot live for 1000 s" in text


def test_a_service_that_is_not_there_is_named(aws, user):
    address = f"127.0.0.1:{free_port()}"
    text = failure(connector(aws, "secret-key", **user | {"endpoint_url": f"http://{address}"}).verify)
    assert f"{address} cannot be reached" in text


def test_what_is_no_aws_is_told(aws, user):
    class Handler(QuietHandler):
        def respond(self):
            self.answer(404, b"<html>nothing")

    with serving(Handler) as server:
        values = user | {"endpoint_url": f"http://127.0.0.1:{server.server_port}"}
        told = failure(connector(aws, "secret-key", **values).verify, raises=PodiumError)
    assert "does not speak AWS's protocol for sts:GetCallerIdentity" in told


def test_an_implicit_connector_without_credentials_says_so(aws):
    assert "there are no AWS credentials on this machine for service connector 'cloud'" in failure(
        connector(aws, "implicit").verify
    )


def test_an_implicit_connector_with_an_unknown_profile_names_it(aws):
    assert "this machine has no AWS profile 'work'" in failure(connector(aws, "implicit", profile_name="work").verify)


def test_keys_of_the_connector_are_used_whatever_this_machine_is_configured_for(aws, user, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "missing")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    session = connector(aws, "session-token", **user).client("s3-bucket")
    assert session.client("s3").list_buckets()["Buckets"][0]["Name"] == "things"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("region", "eu central", "the name of a region is like"),
        ("endpoint_url", "https://user:pw@host", "an endpoint is"),
        ("aws_access_key_id", "AKIA\nX-Evil: 1", "a key has no spaces"),
        ("role_arn", "admin", "the ARN of a role is"),
        ("policy", "allow all", "a policy is a JSON object"),
    ],
)
def test_a_field_that_cannot_be_meant_is_refused(aws, user, field, value, told):
    text = failure(
        lambda: connector(aws, "iam-role", **{"role_arn": f"arn:aws:iam::{ACCOUNT}:role/r"} | user | {field: value}),
        raises=DefinitionError,
    )
    assert f"field {field!r}: {told}" in text
    assert value not in text


def test_without_the_sdk_the_integration_is_named(aws, user, monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    for call in (connector(aws, "secret-key", **user).verify, AWSConnector.detect):
        assert "podium integration install aws" in failure(call, raises=MissingToolError)
