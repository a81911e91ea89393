"""Throw-away certificates: an authority, and what it signs for servers and for users."""

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def key_pem(key: ec.EllipticCurvePrivateKey, passphrase: bytes | None = None) -> str:
    """Return a private key as it stands in files."""
    encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()


class Authority:
    """Signs certificates that are good for an hour, for servers on loopback and at one more address."""

    def __init__(self, name: str = "test authority", address: str = "127.0.0.1") -> None:
        self._addresses = sorted({"127.0.0.1", address})
        self.key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = self._sign(name, self.key.public_key(), issuer=name, is_authority=True)

    @property
    def pem(self) -> str:
        """Its own certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, name: str, key: ec.EllipticCurvePrivateKey | None = None) -> tuple[str, str]:
        """Return a certificate and its key, for a server on loopback and for a user of this name alike."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(name, key.public_key(), issuer=self._certificate.subject)
        return certificate.public_bytes(serialization.Encoding.PEM).decode(), key_pem(key)

    def write(self, folder: Path, name: str = "server") -> tuple[Path, Path]:
        """Issue a certificate into files."""
        certificate, key = self.issue(name)
        paths = folder / f"{name}.crt", folder / f"{name}.key"
        for path, text in zip(paths, (certificate, key), strict=True):
            path.write_text(text)
        return paths

    def _sign(self, name, public_key, *, issuer, is_authority=False) -> x509.Certificate:
        now = dt.datetime.now(dt.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name(issuer) if isinstance(issuer, str) else issuer)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(minutes=5))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )
        if is_authority:
            usage = x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            )
            builder = builder.add_extension(usage, critical=True)
        else:
            addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in self._addresses]
            names = [x509.DNSName("localhost"), *addresses]
            usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False).add_extension(
                x509.ExtendedKeyUsage(usages), critical=False
            )
        return builder.sign(self.key, hashes.SHA256())
