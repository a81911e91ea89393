"""Auto-configuration: what AWS's own tools use on this machine."""

import pytest
from servers.aws import REGION

from podium.connectors.aws import AWSConnector
from podium.core.connectors.types import method_of
from podium.core.errors import AccessError, UsageError
from podium.core.validation import validated

KEYS = {"aws_access_key_id": "AKIA1", "aws_secret_access_key": "secret-1"}


@pytest.fixture
def configure(aws_home):
    """Return a function that writes the user's AWS files."""

    def write(config: str = "", credentials: str = "") -> None:
        aws_home.mkdir()
        (aws_home / "config").write_text(config)
        (aws_home / "credentials").write_text(credentials)

    return write


@pytest.fixture
def keys_in_environment(aws_home, monkeypatch):
    """Set the variables of a user's keys and the region."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)


@pytest.mark.usefixtures("keys_in_environment")
def test_keys_of_the_environment_become_session_token():
    found = AWSConnector.detect()
    assert (found.auth_method, found.source, found.expires) == ("session-token", "environment variables", None)
    assert found.values == {"region": REGION, **KEYS}


@pytest.mark.usefixtures("keys_in_environment")
def test_a_session_of_the_environment_becomes_sts_token_with_its_expiry(monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token-1")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2040-01-01T00:00:00Z")
    found = AWSConnector.detect()
    assert (found.auth_method, found.expires) == ("sts-token", 2208988800.0)
    assert found.values == {"region": REGION, **KEYS, "aws_session_token": "token-1"}


def test_a_profile_is_named_as_the_source(configure, monkeypatch):
    configure(
        "[profile work]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\n",
        "[work]\naws_access_key_id = AKIA1\naws_secret_access_key = secret-1\n",
    )
    monkeypatch.setenv("AWS_PROFILE", "work")
    found = AWSConnector.detect()
    assert found.source == "profile 'work' of the credentials file"
    assert found.values == {"region": "eu-west-1", "endpoint_url": "http://127.0.0.1:1", **KEYS}


ROLE = "arn:aws:iam::123456789012:role/admin"
ASSUMES = f"[default]\nregion = {REGION}\nrole_arn = {ROLE}\nsource_profile = base\n"


def test_a_role_is_taken_over_with_the_keys_of_its_source_profile(configure):
    configure(ASSUMES, "[base]\naws_access_key_id = AKIA1\naws_secret_access_key = secret-1\n")
    found = AWSConnector.detect()
    assert (found.auth_method, found.source) == ("iam-role", "role of profile 'default'")
    assert found.values == {"region": REGION, **KEYS, "role_arn": ROLE}


@pytest.mark.parametrize(
    ("more", "base", "told"),
    [
        ("mfa_serial = arn:aws:iam::1:mfa/me\n", "", "needs mfa_serial"),
        ("external_id = x\n", "", "needs external_id"),
        ("", "aws_session_token = t\n", "has no lasting keys in its source profile 'base'"),
    ],
)
def test_a_role_that_a_connector_cannot_hold_is_refused(configure, more, base, told):
    configure(ASSUMES + more, f"[base]\naws_access_key_id = AKIA1\naws_secret_access_key = secret-1\n{base}")
    with pytest.raises(UsageError, match=told) as caught:
        AWSConnector.detect()
    assert "--auth-method implicit" in str(caught.value)


def test_without_credentials_it_says_how_to_get_some(configure):
    configure(f"[default]\nregion = {REGION}\n")
    with pytest.raises(AccessError, match="there are no AWS credentials on this machine") as caught:
        AWSConnector.detect()
    assert "aws configure" in str(caught.value)


@pytest.mark.usefixtures("keys_in_environment")
def test_without_a_region_it_says_how_to_set_one(monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(UsageError, match="no AWS region is configured on this machine") as caught:
        AWSConnector.detect()
    assert "AWS_REGION" in str(caught.value)


def test_an_unknown_profile_is_named(aws_home, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "work")
    with pytest.raises(AccessError, match="this machine has no AWS profile 'work'"):
        AWSConnector.detect()


def test_what_is_found_works(aws, aws_home, monkeypatch):
    keys = aws.user("sts:GetSessionToken", "s3:ListAllMyBuckets")
    for name, value in keys.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
    found = AWSConnector.detect()
    config = validated(method_of(AWSConnector, found.auth_method).config_class, found.values, subject="s", where="w")
    assert list(AWSConnector("c", found.auth_method, config).resources("s3-bucket")) == ["s3://things"]
