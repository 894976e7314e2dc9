"""Certificates of the simulated controller: its own pair, and the folder of the clients that it trusts.

    PKI/server.der, PKI/server.pem    the controller's certificate and private key (mode 0600)
    PKI/trusted/*.der                 clients; nobody else gets a session
A self-signed certificate is trusted by being in the folder, byte for byte, as controllers on shop floors do it.
"""

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAYS = 3650
KEY_BITS = 2048
SERVER_URI = "urn:ninefold:simulation:milling-cell"


def make_pair(folder: Path, name: str, uri: str) -> tuple[Path, Path]:
    """Write NAME.der and NAME.pem for an application and return their paths; a pair that is there stays.

    The certificate holds the ApplicationUri, localhost and 127.0.0.1 in its SAN, and serves as client and server.
    """
    certificate_path, key_path = folder / f"{name}.der", folder / f"{name}.pem"
    if certificate_path.exists() and key_path.exists():
        return certificate_path, key_path
    folder.mkdir(parents=True, exist_ok=True)
    key = rsa.generate_private_key(65537, KEY_BITS)
    certificate = _self_signed(key, name, uri)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key_path.unlink(missing_ok=True)
    with os.fdopen(os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(pem)
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.DER))
    return certificate_path, key_path


def _self_signed(key: rsa.RSAPrivateKey, name: str, uri: str) -> x509.Certificate:
    subject = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "ninefold")]
    )
    addresses = [
        x509.UniformResourceIdentifier(uri),
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=True, data_encipherment=True,
        key_agreement=False, key_cert_sign=True, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=DAYS))
    builder = builder.add_extension(x509.SubjectAlternativeName(addresses), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(usage, critical=True)
    purposes = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    return builder.sign(key, hashes.SHA256())


def trust(folder: Path, name: str, certificate: Path) -> Path:
    """Copy a certificate into a trust folder as NAME.der; return its path there."""
    target = folder / "trusted" / f"{name}.der"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(certificate.read_bytes())
    return target


def introduce(server: Path, client: Path, *, connection: str = "cell", name: str = "agent", known_as: str = "") -> None:
    """Let a controller and a client trust each other: copy NAME.der there, and the controller's here as CONNECTION.der.

    The controller keeps it as KNOWN_AS.der (default: NAME), so that several clients may call their own pair alike.

    Both pairs must exist. On a shop floor a person does this, after comparing the fingerprints.
    """
    trust(server, known_as or name, client / f"{name}.der")
    trust(client, connection, server / "server.der")


class TrustedClients:
    """The certificates of a trust folder, read when asked, so that a client can be added while the server runs."""

    def __init__(self, folder: Path) -> None:
        """Watch PKI/trusted."""
        self._folder = folder / "trusted"

    def name_of(self, certificate: bytes | None) -> str | None:
        """Return the name under which a certificate is trusted now; None when it is not, or has expired."""
        if not certificate:
            return None
        for path in sorted(self._folder.glob("*.der")):
            if path.read_bytes() == certificate:
                parsed, now = x509.load_der_x509_certificate(certificate), datetime.now(UTC)
                return path.stem if parsed.not_valid_before_utc <= now <= parsed.not_valid_after_utc else None
        return None
