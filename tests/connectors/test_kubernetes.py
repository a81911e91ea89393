import base64
import os
import ssl
import tempfile
import traceback

import pytest
import yaml
from conformance.service_connector import Given, ServiceConnectorConformance
from cryptography.hazmat.primitives.asymmetric import ec
from kubernetes import client, config
from servers.certificates import Authority, key_pem
from servers.loopback import QuietHandler, free_port, serving

from podium.connectors.kubernetes import KubernetesConnector
from podium.core.connectors.types import method_of
from podium.core.errors import PodiumError, UsageError
from podium.core.validation import validated

METHODS = ["password", "token", "certificate", "kubeconfig"]
MARKER = "m4rk-er-secret-x"
RESOURCE = "kubernetes-cluster"


def connector(method, values):
    model = method_of(KubernetesConnector, method).config_class
    return KubernetesConnector("prod", method, validated(model, values, subject="s", where="w"))


def fields(cluster, **values):
    """Return the fields that every method has but kubeconfig, where a value of None takes one away."""
    found = {"cluster_name": "kind", "server": cluster.url, "certificate_authority": cluster.authority.pem}
    return {name: value for name, value in (found | values).items() if value is not None}


def certificate(cluster, user="alice"):
    issued, key = cluster.authority.issue(user)
    return {"client_certificate": issued, "client_key": key}


def kubeconfig(cluster, user, **other):
    authority = base64.b64encode(cluster.authority.pem.encode()).decode()
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "kind", "cluster": {"server": cluster.url, "certificate-authority-data": authority}}],
        "users": [{"name": "me", "user": user}],
        "contexts": [{"name": "dev", "context": {"cluster": "kind", "user": "me"}}],
        "current-context": "dev",
        **other,
    }


def of_method(cluster, method):
    if method == "kubeconfig":
        return connector(method, {"kubeconfig": yaml.safe_dump(kubeconfig(cluster, {"token": cluster.token}))})
    credentials = {
        "password": {"username": "alice", "password": cluster.password},
        "token": {"token": cluster.token},
        "certificate": certificate(cluster),
    }
    return connector(method, fields(cluster, **credentials[method]))


def failure(call, *arguments) -> str:
    """Return the whole traceback of a failing call, so that a secret anywhere in it is seen."""
    with pytest.raises(PodiumError) as caught:
        call(*arguments)
    return "".join(traceback.format_exception(caught.value))


def version(api) -> str:
    with api:
        return client.VersionApi(api).get_code().git_version


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Give kubectl a kubeconfig of the test's own, which is not there yet."""
    path = tmp_path / "kube" / "config"
    monkeypatch.setenv("KUBECONFIG", str(path))
    return path


@pytest.mark.parametrize("method", METHODS)
def test_each_method_is_verified_as_the_user_it_stands_for(cluster, method):
    cluster.reviewed.clear()
    assert list(of_method(cluster, method).resources(RESOURCE)) == ["kind"]
    assert cluster.reviewed == ["alice"]


@pytest.mark.parametrize("method", METHODS)
def test_the_client_of_each_method_is_let_in_and_leaves_no_file(cluster, method, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    api = of_method(cluster, method).client(RESOURCE)
    assert list(tmp_path.iterdir()) == []
    assert client.Configuration.get_default_copy().host != cluster.url
    with api:
        review = client.V1SelfSubjectAccessReview(
            spec=client.V1SelfSubjectAccessReviewSpec(
                resource_attributes=client.V1ResourceAttributes(verb="create", resource="pods", namespace="default")
            )
        )
        assert client.AuthorizationV1Api(api).create_self_subject_access_review(review).status.allowed


@pytest.mark.parametrize("method", METHODS)
def test_the_kubeconfig_of_a_job_lets_it_in(cluster, method, tmp_path):
    handed = of_method(cluster, method).credentials(RESOURCE)
    assert {name: secret.reveal() for name, secret in handed.environment.items()} == {"KUBECONFIG": "{dir}/kubeconfig"}
    path = tmp_path / "kubeconfig"
    path.write_text(handed.files["kubeconfig"].reveal())
    assert version(config.new_client_from_config(str(path))) == "v1.31.0"


@pytest.mark.parametrize("encoded", [lambda text: base64.b64encode(text.encode()).decode(), lambda text: f"\n{text}\n"])
def test_certificates_are_taken_as_pem_and_in_base64(cluster, encoded):
    values = {name: encoded(text) for name, text in certificate(cluster).items()}
    connector("certificate", fields(cluster, certificate_authority=encoded(cluster.authority.pem), **values)).verify()


def test_a_certificate_may_stand_in_place_of_a_token(cluster):
    connector("token", fields(cluster, **certificate(cluster))).verify()


def test_an_insecure_connector_takes_any_certificate(cluster):
    connector("token", fields(cluster, certificate_authority=None, insecure=True, token=cluster.token)).verify()


@pytest.mark.parametrize(
    ("method", "credentials", "told"),
    [
        ("token", {"token": MARKER}, "does not know the bearer of this token (401)"),
        ("password", {"username": "alice", "password": MARKER}, "does not know user 'alice' (401)"),
    ],
)
def test_wrong_credentials_are_told_without_them(cluster, method, credentials, told):
    text = failure(connector(method, fields(cluster, **credentials)).verify)
    assert f"cluster 'kind' at {cluster.url} {told}" in text
    assert MARKER not in text
    assert base64.b64encode(f"alice:{MARKER}".encode()).decode() not in text


def test_a_certificate_of_another_authority_is_refused(cluster):
    issued, key = Authority("another").issue("alice")
    values = fields(cluster, client_certificate=issued, client_key=key)
    told = failure(connector("certificate", values).verify)
    assert "refused the TLS connection: unknown ca" in told
    assert key.splitlines()[1] not in told


@pytest.mark.parametrize("kind", ["of another", "encrypted"])
def test_a_key_that_cannot_be_used_is_told_without_asking_the_terminal(cluster, kind):
    key = ec.generate_private_key(ec.SECP256R1())
    issued, _ = cluster.authority.issue("alice", key)
    wrong = key_pem(key, b"words") if kind == "encrypted" else cluster.authority.issue("bob")[1]
    values = fields(cluster, client_certificate=issued, client_key=wrong)
    assert "client_certificate and client_key cannot be used" in failure(connector("certificate", values).verify)


def test_a_missing_permission_is_named(cluster):
    told = failure(connector("token", fields(cluster, token=cluster.bobs_token)).verify)
    assert "the bearer of this token may not create pods in namespace 'default' of cluster 'kind'" in told
    told = failure(connector("token", fields(cluster, token=cluster.token, namespace="research")).verify)
    assert "may not create pods in namespace 'research'" in told


def test_an_untrusted_server_says_what_to_set(cluster):
    told = failure(connector("token", fields(cluster, certificate_authority=None, token=cluster.token)).verify)
    assert "is not trusted" in told
    assert "set certificate_authority" in told


def test_a_server_that_is_not_there_is_named(cluster):
    url = f"https://127.0.0.1:{free_port()}"
    told = failure(connector("token", fields(cluster, server=url, token=MARKER)).verify)
    assert f"nothing listens at {url.removeprefix('https://')}" in told
    assert MARKER not in told


@pytest.mark.parametrize(
    "found",
    [
        (200, b"<html>", "does not answer /version in JSON"),
        (200, b'{"version": 1}', "its /version names none"),
        (404, b"", "it answers 404 to /version"),
        (403, b"", "may not use /version of cluster 'kind' (403)"),
    ],
)
def test_what_is_no_api_server_is_told(authority, cluster, tmp_path, found):
    class Handler(QuietHandler):
        def respond(self):
            self.answer(*found[:2])

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.write(tmp_path))
    with serving(Handler, context) as server:
        url = f"https://127.0.0.1:{server.server_port}"
        values = fields(cluster, server=url, certificate_authority=authority.pem, token=MARKER)
        assert found[2] in failure(connector("token", values).verify)


def test_a_server_without_tls_is_told(cluster):
    with serving(QuietHandler) as server:
        url = f"https://127.0.0.1:{server.server_port}"
        told = failure(connector("token", fields(cluster, server=url, token=MARKER)).verify)
    assert "does not speak TLS" in told


@pytest.mark.parametrize(
    ("method", "values", "told"),
    [
        ("token", {}, "token is missing"),
        ("token", {"client_key": "-----BEGIN X"}, "client_certificate and client_key belong together"),
        ("token", {"token": f"a\n{MARKER}"}, "field 'token': a token has no spaces"),
        ("token", {"token": "t", "insecure": True}, "exclude each other"),
        ("token", {"token": "t", "server": "http://host"}, "field 'server': the address of an API server is https"),
        ("token", {"token": "t", "server": f"https://u:{MARKER}@host"}, "field 'server'"),
        ("certificate", {"client_key": MARKER, "client_certificate": MARKER}, "is neither PEM nor base64 of it"),
        ("kubeconfig", {"kubeconfig": f"a: [{MARKER}]]"}, "kubeconfig, line 1"),
        ("kubeconfig", {"kubeconfig": "current-context: x"}, "there is no context 'x'"),
    ],
)
def test_fields_that_cannot_be_right_are_refused_without_showing_them(cluster, method, values, told):
    values = values if method == "kubeconfig" else fields(cluster, **values)
    text = failure(connector, method, values)
    assert told in text
    assert MARKER not in text


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ({"exec": {"command": "aws"}}, "come from a command, which a connector cannot hold"),
        ({"auth-provider": {"name": "gcp"}}, "come from a command"),
        ({"token": "t", "as": "root"}, "uses as: a connector cannot hold it"),
        ({"tokenFile": "/run/token"}, "tokenFile is a path, /run/token, and not part of the kubeconfig"),
        ({"username": "me"}, "has only half of its user's credentials"),
        ({}, "has no credentials"),
        ({"token": 12}, "token is not text"),
    ],
)
def test_a_kubeconfig_that_a_connector_cannot_hold_is_refused(cluster, user, told):
    assert told in failure(connector, "kubeconfig", {"kubeconfig": yaml.safe_dump(kubeconfig(cluster, user))})


def test_another_context_of_a_kubeconfig_can_be_chosen(cluster):
    text = yaml.safe_dump(kubeconfig(cluster, {"token": cluster.token}, **{"current-context": "gone"}))
    connector("kubeconfig", {"kubeconfig": text, "context": "dev"}).verify()


def test_another_cluster_than_the_connectors_is_refused(cluster):
    with pytest.raises(UsageError, match="is for the cluster 'kind', not for 'other'"):
        of_method(cluster, "token").verify(RESOURCE, "other")


def test_login_adds_a_context_for_kubectl_and_keeps_the_rest(cluster, own):
    before = kubeconfig(cluster, {"token": "0123"}, preferences={"colors": True})
    own.parent.mkdir()
    real = own.with_name("real")
    real.write_text(yaml.safe_dump(before))
    own.symlink_to(real)
    told = of_method(cluster, "token").login(RESOURCE)
    assert "podium-prod" in told
    assert str(own) in told
    after = yaml.safe_load(real.read_text())
    assert after.pop("current-context") == "podium-prod"
    for section in ("clusters", "users", "contexts"):
        assert [item["name"] for item in after[section]] == [before[section][0]["name"], "podium-prod"]
        assert after.pop(section)[0] == before[section][0]
    assert after == {"apiVersion": "v1", "kind": "Config", "preferences": {"colors": True}}
    assert own.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in own.parent.iterdir()) == ["config", "real"]
    assert version(config.new_client_from_config(str(own))) == "v1.31.0"


def test_a_second_login_replaces_the_first(cluster, own):
    of_method(cluster, "password").login(RESOURCE)
    of_method(cluster, "certificate").login(RESOURCE)
    written = yaml.safe_load(own.read_text())
    assert [len(written[section]) for section in ("clusters", "users", "contexts")] == [1, 1, 1]
    assert written["users"][0]["user"].keys() == {"client-certificate-data", "client-key-data"}


@pytest.mark.parametrize("content", [b"a: [", b"clusters: {}\n", b"\xff"])
def test_login_leaves_a_kubeconfig_it_does_not_understand(cluster, own, content):
    own.parent.mkdir()
    own.write_bytes(content)
    assert str(own) in failure(of_method(cluster, "token").login, RESOURCE)
    assert own.read_bytes() == content
    assert list(own.parent.iterdir()) == [own]


@pytest.mark.parametrize("method", ["password", "token", "certificate"])
def test_the_current_context_of_kubectl_is_detected(cluster, own, method):
    of_method(cluster, method).login(RESOURCE)
    found = KubernetesConnector.detect()
    assert (found.auth_method, found.values["cluster_name"]) == (method, "podium-prod")
    assert found.source == f"context 'podium-prod' of {own}"
    plain = {name: getattr(value, "reveal", lambda value=value: value)() for name, value in found.values.items()}
    connector(found.auth_method, plain).verify()
    assert cluster.token not in repr(found)


def test_files_that_a_kubeconfig_names_are_found_beside_it(cluster, own, tmp_path, monkeypatch):
    own.parent.mkdir()
    (own.parent / "token").write_text(f"{cluster.token}\n")
    (own.parent / "ca.crt").write_text(cluster.authority.pem)
    named = {"server": cluster.url, "certificate-authority": "ca.crt"}
    parts = kubeconfig(cluster, {"tokenFile": "token"}, clusters=[{"name": "kind", "cluster": named}])
    current = tmp_path / "current"
    current.write_text("current-context: dev\n")
    own.write_text(yaml.safe_dump(parts | {"current-context": "other"}))
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, (tmp_path / "absent", current, own))))
    found = KubernetesConnector.detect()
    assert found.values["token"].reveal() == cluster.token
    assert found.values["certificate_authority"] == cluster.authority.pem


def test_without_a_kubeconfig_nothing_is_detected(own):
    with pytest.raises(UsageError, match=f"there is no kubeconfig at {own}"):
        KubernetesConnector.detect()


if os.environ.get("KUBECONFIG"):

    def test_the_cluster_of_this_machine_lets_its_user_in():
        found = KubernetesConnector.detect()
        plain = {name: getattr(value, "reveal", lambda value=value: value)() for name, value in found.values.items()}
        real = connector(found.auth_method, plain)
        real.verify()
        assert version(real.client(RESOURCE)).startswith("v")


class TestKubernetesConnector(ServiceConnectorConformance):
    connector = KubernetesConnector

    @pytest.fixture(params=["token", "certificate"])
    def working(self, request, cluster):
        credentials = {"token": cluster.token} if request.param == "token" else certificate(cluster)
        return Given(request.param, fields(cluster, **credentials))

    @pytest.fixture
    def wrong(self, cluster):
        return Given("token", fields(cluster, token=MARKER), "does not know the bearer of this token (401)")

    @pytest.fixture
    def unreachable(self, cluster):
        values = fields(cluster, server=f"https://127.0.0.1:{free_port()}", token=MARKER)
        return Given("token", values, "nothing listens at 127.0.0.1")

    @pytest.fixture
    def reachable(self):
        return {RESOURCE: ["kind"]}

    def use(self, client, resource_type):
        del resource_type
        assert version(client) == "v1.31.0"
