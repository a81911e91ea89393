"""What registering a HyperAI connector says of its fields, without a network."""

import base64

import pytest
from servers.sshd import MARKER, make_key

from podium.connectors.hyperai import HyperAIConnector
from podium.core.connectors.types import method_of
from podium.core.errors import DefinitionError
from podium.core.validation import validated


def faults(method="ed25519-key", **values):
    """Return what is wrong with the fields, and make sure that their secrets are not in it."""
    given = {"hostnames": ["1.2.3.4"], "username": "me", **values}
    with pytest.raises(DefinitionError) as caught:
        validated(method_of(HyperAIConnector, method).config_class, given, subject="s", where="w")
    told = str(caught.value)
    assert MARKER not in told
    assert not [line for line in str(values.get("base64_ssh_key", "")).splitlines() if line and line in told]
    return told


@pytest.fixture(scope="module")
def valid(ssh_keys):
    return ssh_keys["ed25519", False].read_text()


def test_the_file_itself_is_as_good_as_its_base64(ssh_keys):
    for kind in ("rsa", "ecdsa", "ed25519"):
        text = ssh_keys[kind, False].read_text()
        wrapped = base64.encodebytes(text.encode()).decode()
        model = method_of(HyperAIConnector, f"{kind}-key").config_class
        for given in (text, text.rstrip(), wrapped):
            fields = {"base64_ssh_key": given, "hostnames": ["a", "b:22"], "username": "me"}
            assert validated(model, fields, subject="s", where="w").key.type.lower() == kind


@pytest.mark.parametrize("method", ["rsa-key", "ecdsa-key"])
def test_a_key_of_another_type_names_its_auth_method(valid, method):
    assert "use ed25519-key" in faults(method, base64_ssh_key=valid)


def test_dsa_is_refused_with_the_reason(tmp_path):
    assert "have dropped them" in faults("dsa-key", base64_ssh_key="anything")


def test_a_dsa_key_is_refused_under_another_method():
    from cryptography.hazmat.primitives.asymmetric.dsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(2048).private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert "neither an RSA nor an ECDSA nor an Ed25519 key" in faults("rsa-key", base64_ssh_key=key.decode())


def test_an_encrypted_key_needs_its_passphrase(ssh_keys):
    assert "its passphrase is needed" in faults(base64_ssh_key=ssh_keys["ed25519", True].read_text())


@pytest.mark.parametrize("form", ["RFC4716", "PEM"])
def test_a_wrong_passphrase_is_told(tmp_path, form):
    key = make_key(tmp_path / "key", "rsa", MARKER, "-m", form)
    told = faults("rsa-key", base64_ssh_key=key.read_text(), ssh_passphrase=f"not {MARKER}")
    assert "the passphrase is wrong" in told


def test_a_passphrase_of_a_key_without_one_is_told(valid):
    assert "it has none" in faults(base64_ssh_key=valid, ssh_passphrase=MARKER)


def test_a_public_key_is_told(ssh_keys):
    public = ssh_keys["ed25519", False].with_suffix(".pub").read_text()
    for given in (public, base64.b64encode(public.encode()).decode()):
        assert "this is a public key" in faults(base64_ssh_key=given)


@pytest.mark.parametrize("garbage", ["garbage", "", "Z2FyYmFnZQ==", "/wAA", "PuTTY-User-Key-File-3: ssh-ed25519\nx"])
def test_garbage_is_told(garbage):
    assert "neither a private key file" in faults(base64_ssh_key=garbage)


def test_a_damaged_key_is_told(valid):
    lines = valid.splitlines()
    assert "the file is damaged" in faults(base64_ssh_key="\n".join([*lines[:2], *lines[3:]]))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"hostnames": []}, "at least one host"),
        ({"hostnames": ["a", "A"]}, "given twice: a, A"),
        ({"hostnames": ["me@host"]}, "'me@host' is no host name"),
        ({"hostnames": ["-oProxyCommand=x"]}, "is no host name"),
        ({"hostnames": ["a:70000"]}, "70000 is no port"),
        ({"port": 0}, "0 is no port"),
        ({"host_keys": ["SHA256:short"]}, "each is a fingerprint"),
        ({"host_keys": ["host ssh-ed25519 AAAA"]}, "each is a fingerprint"),
        ({"host_keys": ["host"]}, "each is a fingerprint"),
    ],
)
def test_fields_that_make_no_sense_are_told(valid, values, told):
    assert told in faults(**{"base64_ssh_key": valid, **values})


@pytest.mark.parametrize("host", ["10.0.0.1", "gpu-1.example.com:2222", "::1", "[fe80::1%eth0]:22", "HOST"])
def test_hosts_are_names_or_addresses_with_or_without_port(valid, host):
    model = method_of(HyperAIConnector, "ed25519-key").config_class
    fields = {"base64_ssh_key": valid, "hostnames": [host], "username": "me"}
    assert validated(model, fields, subject="s", where="w").hostnames == [host]
