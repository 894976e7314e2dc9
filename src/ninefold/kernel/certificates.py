"""Certificates of machines: a self-signed pair per application, as OPC UA wants it, in a folder never committed.

The private key is readable by its owner only. Trust is by pinning: the other side's certificate is given as a file.
"""

import ipaddress
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ninefold.kernel.clock import Clock, SystemClock
from ninefold.kernel.errors import Conflict, InvalidInput, NotFound

KEY_BITS = 2048  # what Basic256Sha256 asks for at least
DAYS = 3650  # a cell is not visited to renew a pinned certificate


class CertificatePair(NamedTuple):
    """The files of one application's identity."""

    certificate: Path  # DER, X.509
    key: Path  # PEM, PKCS #8, mode 0600


def create_certificate(
    folder: Path,
    name: str,
    uri: str,
    *,
    hosts: Sequence[str] = ("localhost", "127.0.0.1"),
    clock: Clock | None = None,
) -> CertificatePair:
    """Return the pair `NAME.der`, `NAME.pem` in a folder; it is created when it is absent and never replaced.

    `uri` is the ApplicationUri; it stands in the subject alternative name, where OPC UA servers look for it.

    Raises:
        Conflict: a pair of that name exists for another uri, is out of date, or only half of it is there.
        InvalidInput: the name is no plain file name.
    Source: OPC 10000-6, 6.2.2 (application instance certificate).
    """
    if not name or not all(c.isalnum() or c in "-_" for c in name):
        raise InvalidInput(f"{name!r} is no name for a certificate.", hint="Use letters, digits, '-' and '_'.")
    pair = CertificatePair(folder / f"{name}.der", folder / f"{name}.pem")
    now = datetime.fromtimestamp((clock or SystemClock()).now() / 1e6, UTC)
    if pair.certificate.exists() or pair.key.exists():
        _check_existing(pair, uri, now)
        return pair
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    certificate = _signed(key, name, uri, hosts, now)
    data = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(pair.key, data, 0o600)
    _write(pair.certificate, certificate.public_bytes(serialization.Encoding.DER), 0o644)
    return pair


def fingerprint(certificate: Path) -> str:
    """Return the SHA-256 of a certificate in DER or PEM, as people compare it: lower-case hex.

    Raises:
        NotFound: the file is absent.
        InvalidInput: it is no certificate.
    """
    return read_certificate(certificate).fingerprint(hashes.SHA256()).hex()


def read_certificate(path: Path) -> x509.Certificate:
    """Return a certificate from a DER or PEM file.

    Raises:
        NotFound: the file is absent.
        InvalidInput: it is no certificate.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"The certificate {path.name} cannot be read: {error.strerror}."
        raise NotFound(message, hint="Copy it there, or correct the path.") from None
    try:
        if data.startswith(b"-----BEGIN"):
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except ValueError:
        raise InvalidInput(f"{path.name} is no certificate in DER or PEM.", hint="Export it again.") from None


def uri_of(certificate: x509.Certificate) -> str | None:
    """Return the ApplicationUri in a certificate's subject alternative name."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    return uris[0] if uris else None


def _check_existing(pair: CertificatePair, uri: str, now: datetime) -> None:
    hint = f"Remove {pair.certificate.name} and {pair.key.name}, then hand out the new certificate."
    if not (pair.certificate.exists() and pair.key.exists()):
        missing = pair.key if pair.certificate.exists() else pair.certificate
        raise Conflict(f"{missing.name} is missing beside the other half of the pair.", hint=hint)
    found = read_certificate(pair.certificate)
    if uri_of(found) != uri:
        raise Conflict(f"{pair.certificate.name} belongs to {uri_of(found)}, not to {uri}.", hint=hint)
    if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
        until = found.not_valid_after_utc
        raise Conflict(f"{pair.certificate.name} is out of date (valid until {until:%Y-%m-%d}).", hint=hint)


def _signed(key: rsa.RSAPrivateKey, name: str, uri: str, hosts: Sequence[str], now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=True, data_encipherment=True,
        key_cert_sign=True, key_agreement=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri), *(_host(h) for h in hosts)])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # clocks in a plant differ
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(purposes, critical=False)
        .add_extension(names, critical=False)
        .add_extension(identifier, critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(path: Path, data: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        message = f"Another process is writing {path.name}."
        raise Conflict(message, hint="Repeat when it is done.") from None
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
