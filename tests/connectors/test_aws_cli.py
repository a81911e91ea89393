"""The aws connector at the command line: what is stored, shown and handed on."""

import json

import pytest


@pytest.fixture
def machine(aws, workspace):
    """Have this machine be configured for a user of AWS; return the workspace and the user's keys."""
    keys = aws.user("sts:*", "s3:*")
    for name in [name for name in workspace.environment if name.startswith("AWS_")]:
        del workspace.environment[name]
    workspace.environment |= {
        "PODIUM_SECRETS_BACKEND": "file",
        "PODIUM_SECRETS_PASSPHRASE": "p",
        "HOME": str(workspace.folder / "user"),
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_REGION": "us-east-1",
        **{name.upper(): value for name, value in keys.items()},
    }
    return workspace, keys


def test_what_this_machine_has_is_registered_verified_and_kept_secret(machine):
    workspace, keys = machine
    said = []

    def podium(*arguments):
        result = workspace.podium(*arguments)
        assert result.returncode == 0, result.stderr
        said.append(result.stdout + result.stderr)
        return result.stdout

    podium(
        "service-connector", "register", "cloud", "--type", "aws", "--auto-configure", "--resource-type", "s3-bucket"
    )
    shown = json.loads(podium("service-connector", "describe", "cloud", "--output", "json"))
    assert shown["auth_method"] == "session-token"
    rows = json.loads(podium("service-connector", "list-resources", "--output", "json"))
    assert rows[0]["resource_ids"] == ["s3://things"]
    podium("service-connector", "verify", "cloud", "--resource-id", "s3://things")
    assert "aws --profile podium-cloud" in podium("service-connector", "login", "cloud")
    podium("artifact-store", "register", "s", "--flavor=s3", "--path=s3://things", "--connector", "cloud")
    kept = [path.read_text(errors="replace") for path in workspace.home.rglob("*") if path.is_file()]
    assert not [text for text in [*said, *kept] for secret in keys.values() if secret in text]


def test_a_wrong_key_stores_nothing_and_exits_4(machine):
    workspace, keys = machine
    fields = {**keys, "aws_secret_access_key": "m4rker", "region": "us-east-1"}
    fields["endpoint_url"] = workspace.environment["AWS_ENDPOINT_URL"]
    options = [f"--{name}={value}" for name, value in fields.items()]
    result = workspace.podium("service-connector", "register", "cloud", "-t", "aws", "-a", "secret-key", *options)
    assert result.returncode == 4
    assert "the secret access key of service connector 'cloud' does not belong to its access key id" in result.stderr
    assert "m4rker" not in result.stderr
    assert not [path for path in workspace.home.rglob("*") if path.name.startswith("cloud")]
