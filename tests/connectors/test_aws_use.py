"""What the aws connector gives to components, to jobs, and to the user's own tools."""

import base64
import hashlib
import hmac
import json
import stat
import time
from configparser import RawConfigParser
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import boto3
import docker
import kubernetes
import pytest
import yaml
from servers.aws import ACCOUNT, REGION, policy
from servers.docker_engine import docker_engine
from servers.kubernetes_api import VERSION
from servers.loopback import QuietHandler, serving

from podium.connectors.aws import AWSConnector
from podium.core.connectors.types import method_of
from podium.core.errors import AccessError, UsageError
from podium.core.validation import validated

REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"


@pytest.fixture(scope="session")
def user(aws):
    """The keys of a user who may do everything that matters here."""
    return aws.user("s3:*", "ecr:*", "eks:*", "sts:*")


@pytest.fixture
def connect(aws, aws_home):
    """Return a function that makes a connector."""

    def made(method, seconds=None, **values):
        values = {"region": REGION, "endpoint_url": aws.endpoint} | values
        config = validated(method_of(AWSConnector, method).config_class, values, subject="s", where="w")
        return AWSConnector("cloud", method, config, expiration_seconds=seconds)

    return made


def revealed(secrets) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in secrets.items()}


def in_job(handed, monkeypatch):
    """Return a session in the environment that a job has."""
    for name, value in revealed(handed.environment).items():
        monkeypatch.setenv(name, value)
    return boto3.Session()


@pytest.mark.parametrize("method", ["secret-key", "session-token", "iam-role"])
def test_a_job_gets_keys_that_end(aws, user, connect, monkeypatch, method):
    role = {"role_arn": aws.role("s3:*")} if method == "iam-role" else {}
    handed = connect(method, **user, **role).credentials("s3-bucket", "s3://things")
    assert handed.expires == pytest.approx(time.time() + (3600 if role else 43200), abs=30)
    assert not set(user.values()) & set(revealed(handed.environment).values())
    assert in_job(handed, monkeypatch).client("s3").list_objects_v2(Bucket="things")["KeyCount"] == 0


def test_a_job_gets_keys_for_as_long_as_was_asked_for(user, connect):
    handed = connect("federation-token", 1000, **user).credentials("s3-bucket")
    assert handed.expires == pytest.approx(time.time() + 1000, abs=30)


def test_a_job_gets_the_users_keys_only_where_sts_gives_none(aws, connect, monkeypatch):
    keys = aws.user("s3:*")
    handed = connect("secret-key", **keys).credentials("s3-bucket")
    assert handed.expires is None
    assert revealed(handed.environment) == {
        "AWS_ACCESS_KEY_ID": keys["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": keys["aws_secret_access_key"],
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": aws.endpoint,
    }
    assert in_job(handed, monkeypatch).client("s3").list_buckets()["Buckets"]


def test_a_job_gets_no_wrong_keys(user, connect):
    with pytest.raises(AccessError, match="does not belong to its access key id"):
        connect("secret-key", **user | {"aws_secret_access_key": "wrong"}).credentials("s3-bucket")


def test_a_job_gets_a_session_as_it_is(aws, user, connect, monkeypatch):
    keys = aws.session(user)
    handed = connect("sts-token", **keys).credentials("aws-generic")
    assert revealed(handed.environment).items() >= {"AWS_SESSION_TOKEN": keys["aws_session_token"]}.items()
    assert in_job(handed, monkeypatch).client("sts").get_caller_identity()["Account"] == ACCOUNT


def test_the_keys_of_a_job_do_not_show(user, connect):
    handed = connect("secret-key", **user).credentials("s3-bucket")
    assert not [value for value in revealed(handed.environment).values() if value in repr(handed)]


def test_the_session_of_a_component_renews_its_keys(aws, user, connect):
    session = connect("iam-role", 900, role_arn=aws.role("s3:*"), **user).client("s3-bucket", "things")
    first, second = (session.get_credentials().get_frozen_credentials().access_key for _ in range(2))
    assert first != second  # so short-lived ones are renewed whenever they are asked for
    assert session.client("s3").list_objects_v2(Bucket="things")["KeyCount"] == 0


def test_a_job_gets_a_login_of_the_registry(user, connect, tmp_path):
    handed = connect("session-token", **user).credentials("docker-registry", REGISTRY)
    assert revealed(handed.environment) == {"DOCKER_CONFIG": "{dir}"}
    assert handed.expires is not None
    (tmp_path / "config.json").write_text(handed.files["config.json"].reveal())
    found = docker.auth.load_config(str(tmp_path / "config.json")).resolve_authconfig(REGISTRY)
    assert found["password"] == f"{ACCOUNT}-auth-token"


def test_a_docker_client_is_logged_into_the_registry(user, connect, monkeypatch):
    with docker_engine(f"{ACCOUNT}-auth-token") as (address, logins):
        monkeypatch.setenv("DOCKER_HOST", address)
        connect("session-token", **user).client("docker-registry").close()
    assert [(login["username"], login["serveraddress"]) for login in logins] == [("AWS", REGISTRY)]


def test_docker_is_logged_into_the_registry(user, connect, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    told = connect("session-token", **user).login("docker-registry")
    config = json.loads((tmp_path / "docker/config.json").read_text())
    assert base64.b64decode(config["auths"][REGISTRY]["auth"]).decode() == f"AWS:{ACCOUNT}-auth-token"
    assert told.startswith(f"docker is logged into {REGISTRY} until 2015-01-01T00:00:00+00:00")


def signer_of(token: str, cluster: str, user: dict[str, str]) -> str:
    """Return the key id that signed a token; fail unless its signature is right for the cluster and the user."""
    prefix, _, encoded = token.partition(".")
    assert prefix == "k8s-aws-v1"
    url = urlsplit(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
    query = dict(parse_qsl(url.query))
    signature = query.pop("X-Amz-Signature")
    assert (url.netloc, query["Action"]) == (f"sts.{REGION}.amazonaws.com", "GetCallerIdentity")
    assert query["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
    request = "\n".join(
        [
            "GET",
            "/",
            urlencode(sorted(query.items()), quote_via=quote, safe="-_.~"),
            f"host:{url.netloc}",
            f"x-k8s-aws-id:{cluster}",
            "",
            "host;x-k8s-aws-id",
            hashlib.sha256().hexdigest(),
        ]
    )
    scope = query["X-Amz-Credential"].partition("/")[2]
    text = "\n".join(["AWS4-HMAC-SHA256", query["X-Amz-Date"], scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{user['aws_secret_access_key']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    assert hmac.new(key, text.encode(), "sha256").hexdigest() == signature
    return query["X-Amz-Credential"].partition("/")[0]


def test_a_job_gets_a_kubeconfig_with_a_token_that_the_cluster_takes(user, connect):
    handed = connect("secret-key", **user).credentials("kubernetes-cluster", "blue")
    assert revealed(handed.environment) == {"KUBECONFIG": "{dir}/kubeconfig"}
    assert handed.expires == pytest.approx(time.time() + 14 * 60, abs=30)
    config = yaml.safe_load(handed.files["kubeconfig"].reveal())
    assert config["clusters"][0]["cluster"]["server"].endswith(".eks.amazonaws.com")
    assert signer_of(config["users"][0]["user"]["token"], "blue", user) == user["aws_access_key_id"]


def test_a_kubernetes_client_makes_a_token_for_each_request(user, connect):
    seen = []

    class Handler(QuietHandler):
        def respond(self):
            seen.append(self.headers["Authorization"].removeprefix("Bearer "))
            self.answer(200, json.dumps(VERSION).encode(), Content_Type="application/json")

    with serving(Handler) as server, connect("secret-key", **user).client("kubernetes-cluster", "blue") as client:
        client.configuration.host = f"http://127.0.0.1:{server.server_port}"
        for pause in (0, 1.1):  # signatures are of a second
            time.sleep(pause)
            kubernetes.client.VersionApi(client).get_code()
    assert seen[0] != seen[1]
    assert {signer_of(token, "blue", user) for token in seen} == {user["aws_access_key_id"]}


def test_kubectl_gets_a_context(user, connect, tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    told = connect("session-token", **user).login("kubernetes-cluster", "blue")
    config = yaml.safe_load((tmp_path / "kubeconfig").read_text())
    assert config["current-context"] == "podium-cloud"
    assert "context 'podium-cloud'" in told
    assert " until 20" in told


@pytest.mark.parametrize("verb", ["client", "credentials", "login"])
def test_a_cluster_has_to_be_named(user, connect, verb):
    with pytest.raises(UsageError, match="no cluster is named"):
        getattr(connect("session-token", **user), verb)("kubernetes-cluster")


def test_login_gives_aws_tools_a_profile_and_keeps_the_others(aws, user, connect, aws_home):
    mine = "# mine\n[default]\naws_access_key_id = AKIA1\n\n[work]\nregion=eu-west-1\n# last\n"
    old = "[podium-cloud]\naws_access_key_id = OLD\naws_session_token = OLD\n\n"
    aws_home.mkdir()
    (aws_home / "credentials").write_text(mine.replace("[work]", f"{old}[work]"))
    told = connect("session-token", **user).login("s3-bucket")
    text = (aws_home / "credentials").read_text()
    assert text.startswith(mine)
    assert "OLD" not in text
    assert stat.S_IMODE((aws_home / "credentials").stat().st_mode) == 0o600
    profile = boto3.Session(profile_name="podium-cloud")
    assert profile.client("s3").list_buckets()["Buckets"]
    assert told.startswith("aws --profile podium-cloud now uses these credentials until 20")
    assert not set(user.values()) & set(text.split())


def test_login_twice_leaves_one_profile(user, connect, aws_home, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "elsewhere"))
    for _ in range(2):
        connect("secret-key", **user).login("aws-generic")
    parser = RawConfigParser(strict=True)
    parser.read(tmp_path / "elsewhere")
    assert parser.sections() == ["podium-cloud"]
    assert not aws_home.exists()


def test_nothing_is_logged_in_with_wrong_keys(user, connect, aws_home):
    with pytest.raises(AccessError, match="is not known"):
        connect("session-token", **user | {"aws_access_key_id": "AKIAWRONG"}).login("aws-generic")
    assert not aws_home.exists()


def test_a_federation_token_needs_a_policy_for_anything(user, connect, monkeypatch):
    with pytest.raises(UsageError, match="has no permissions for aws-generic"):
        connect("federation-token", **user).client("aws-generic")
    handed = connect("federation-token", policy=policy("s3:ListAllMyBuckets"), **user).credentials("aws-generic")
    assert in_job(handed, monkeypatch).client("s3").list_buckets()["Buckets"]
