import pytest

from podium.core.errors import AccessError, NotFoundError
from podium.core.secrets.env_backend import EnvBackend
from podium.core.secrets.vault import open_vault, read, read_key


@pytest.fixture(autouse=True)
def vault(monkeypatch):
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "env")
    monkeypatch.setenv("PODIUM_SECRETS_PASSPHRASE", "no secret of this kind")
    return EnvBackend()


def test_nothing_is_there_without_variables(vault):
    assert vault.names() == []
    assert vault.read("backend") is None
    assert vault.read("passphrase") is None


@pytest.mark.parametrize(
    ("name", "key", "variable"),
    [
        ("hf", "token", "HF_TOKEN"),
        ("service-connector.sky", "key-id", "SERVICE_CONNECTOR_SKY_KEY_ID"),
        ("AWS.prod", "awsKey", "AWS_PROD_AWSKEY"),
        ("a", "b_c", "A_B_C"),
        ("a_b", "c", "A_B_C"),
    ],
)
def test_one_value_is_found_by_its_exact_name(vault, monkeypatch, name, key, variable):
    monkeypatch.setenv(f"PODIUM_SECRETS_{variable}", "value")
    assert vault.read_key(name, key) == "value"
    assert read_key(name, key) == "value"
    assert vault.read_key(name, f"{key}s") is None


def test_a_whole_secret_is_what_starts_with_its_name(vault, monkeypatch):
    monkeypatch.setenv("PODIUM_SECRETS_AWS_PROD_KEY", "1")
    monkeypatch.setenv("PODIUM_SECRETS_AWS_PROD_KEY_ID", "2")
    monkeypatch.setenv("PODIUM_SECRETS_AWS_PRODUCTION", "3")
    assert vault.read("aws.prod") == {"key": "1", "key_id": "2"}
    assert vault.names() == ["aws"]
    assert vault.read("aws") == {"prod_key": "1", "prod_key_id": "2", "production": "3"}


def test_an_empty_variable_is_an_empty_value(vault, monkeypatch):
    monkeypatch.setenv("PODIUM_SECRETS_HF_TOKEN", "")
    assert vault.read("hf") == {"token": ""}


def test_nothing_is_written_and_the_variables_are_named(vault, monkeypatch):
    assert open_vault().writable is False
    with pytest.raises(AccessError, match="set or unset PODIUM_SECRETS_HF_TOKEN PODIUM_SECRETS_HF_KEY_ID"):
        vault.write("hf", {"token": "s3cr3t", "key-id": "1"})
    vault.delete("hf")
    monkeypatch.setenv("PODIUM_SECRETS_HF_TOKEN", "s3cr3t")
    with pytest.raises(AccessError, match="PODIUM_SECRETS_HF_"):
        vault.delete("hf")


def test_what_is_missing_names_the_variable_to_set():
    with pytest.raises(NotFoundError, match=r"hint: set PODIUM_SECRETS_HF_KEY$"):
        read("hf")


def test_a_missing_key_names_those_there_are(monkeypatch):
    monkeypatch.setenv("PODIUM_SECRETS_HF_TOKEN", "s3cr3t")
    with pytest.raises(NotFoundError, match="it has: token"):
        read_key("hf", "password")
