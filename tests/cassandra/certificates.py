"""Certificates for tests: an authority, and what it vouches for, as files that Cassandra and Spanglass read."""

import datetime as dt
import ipaddress
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

PASSWORD: Final = "secret"  # noqa: S105 (of files that tests make and delete)
VALID: Final = dt.timedelta(days=2)


class Authority:
    """An authority of its own, whose certificate is the file ``certificate`` (PEM)."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir()
        self.certificate = folder / "ca.pem"
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self._own = self._signed(self._name, self._key, x509.BasicConstraints(ca=True, path_length=0))
        self.certificate.write_bytes(self._own.public_bytes(serialization.Encoding.PEM))

    def trusted(self) -> Path:
        """Return a store (PKCS12) of Java's that trusts this authority."""
        path = self._folder / "trusted.p12"
        known = pkcs12.PKCS12Certificate(self._own, b"ca")
        path.write_bytes(pkcs12.serialize_java_truststore([known], _encryption()))
        return path

    def node(self, host: str) -> Path:
        """Return a store (PKCS12) of Java's with a key and a certificate for an address."""
        path = self._folder / f"{host}.p12"
        key = ec.generate_private_key(ec.SECP256R1())
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        signed = self._signed(_named(host), key, address)
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"node", key, signed, [self._own], _encryption()))
        return path

    def client(self, name: str) -> tuple[Path, Path]:
        """Return the files (PEM) of a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        signed = self._signed(_named(name), key, x509.BasicConstraints(ca=False, path_length=None))
        paths = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        paths[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        plain = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
        return paths

    def _signed(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - VALID)
            .not_valid_after(now + VALID)
            .add_extension(extension, critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _encryption() -> serialization.KeySerializationEncryption:
    return serialization.BestAvailableEncryption(PASSWORD.encode())
