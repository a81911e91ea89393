"""A real container registry on loopback, and a token service of the kind that Docker Hub and GitHub have."""

import base64
import json
import secrets
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import bcrypt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from servers.certificates import Authority
from servers.loopback import QuietHandler, free_port, serving

SERVICE = "podium tests"


@contextmanager
def registry(
    folder: Path,
    *,
    users: Mapping[str, str] | None = None,
    authority: Authority | None = None,
    auth: object = None,
    host: str = "127.0.0.1",
) -> Iterator[str]:
    """Run docker-registry with users and, when there is an authority, TLS; yield its `host:port`."""
    folder.mkdir()
    address = f"{host}:{free_port()}"
    config = {
        "version": 0.1,
        "log": {"level": "warn"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": address, "secret": secrets.token_hex()},
    }
    if users:
        lines = [f"{name}:{bcrypt.hashpw(word.encode(), bcrypt.gensalt(4)).decode()}\n" for name, word in users.items()]
        (folder / "htpasswd").write_text("".join(lines))
        config["auth"] = {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}
    if auth:
        config["auth"] = auth
    if authority:
        certificate, key = authority.write(folder)
        config["http"]["tls"] = {"certificate": str(certificate), "key": str(key)}
    (folder / "config.yml").write_text(json.dumps(config))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(["/usr/bin/docker-registry", "serve", folder / "config.yml"], stdout=log, stderr=log)
    try:
        _wait(process, address, folder / "log")
        yield address
    finally:
        process.kill()
        process.wait()


@contextmanager
def token_registry(folder: Path, authority: Authority, user: str, password: str) -> Iterator[str]:
    """Run a registry with TLS that takes the tokens of a service, which knows one user; yield its `host:port`."""
    folder.mkdir()
    (folder / "authority.crt").write_text(authority.pem)
    with _token_service(folder, authority, user, password) as realm:
        auth = {
            "token": {
                "realm": realm,
                "service": SERVICE,
                "issuer": "tests",
                "rootcertbundle": str(folder / "authority.crt"),
            }
        }
        with registry(folder / "registry", authority=authority, auth=auth) as address:
            yield address


@contextmanager
def _token_service(folder: Path, authority: Authority, user: str, password: str) -> Iterator[str]:
    expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    class Handler(QuietHandler):
        def respond(self) -> None:
            asked = parse_qs(urlsplit(self.path).query) | parse_qs(self.body().decode())
            by_token = asked.get("grant_type") == ["refresh_token"] and asked.get("refresh_token") == [password]
            if by_token or self.headers["Authorization"] == expected:
                self.answer(200, json.dumps({"token": _token(authority, user, asked.get("scope", []))}).encode())
            else:
                self.answer(401)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.write(folder, "tokens"))
    with serving(Handler, context) as server:
        yield f"https://127.0.0.1:{server.server_port}/token"


def _token(authority: Authority, user: str, scopes: list[str]) -> str:
    """Return a signed token as the registry's token authentication wants it, for all that is asked for."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = x509.load_pem_x509_certificate(authority.issue("tokens", key)[0].encode())
    chain = [base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()]
    parts = [scope.split(":") for scope in scopes]
    access = [{"type": kind, "name": name, "actions": actions.split(",")} for kind, name, actions in parts]
    now = int(time.time())
    claims = {"iss": "tests", "sub": user, "aud": SERVICE, "exp": now + 60, "nbf": now - 60, "iat": now}
    claims |= {"access": access}
    signed = ".".join(
        _encoded(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256", "x5c": chain}, claims)
    )
    numbers = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signed}.{_encoded(b''.join(number.to_bytes(32, 'big') for number in numbers))}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    host, _, port = address.partition(":")
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        else:
            return
