"""Certificates of machines."""

from datetime import UTC, datetime

import pytest
from cryptography import x509

from ninefold.kernel.certificates import create_certificate, fingerprint, read_certificate, uri_of
from ninefold.kernel.errors import Conflict, InvalidInput, NotFound


class At:
    """A clock that stands."""

    def __init__(self, year):
        self.year = year

    def now(self):
        return round(datetime(self.year, 6, 1, tzinfo=UTC).timestamp() * 1e6)


def test_pair_is_created_once_and_kept(tmp_path):
    """The second call returns the same files: a pinned certificate must not change by itself."""
    first = create_certificate(tmp_path / "pki", "agent", "urn:ninefold:agent")
    before = fingerprint(first.certificate)
    assert create_certificate(tmp_path / "pki", "agent", "urn:ninefold:agent") == first
    assert fingerprint(first.certificate) == before


def test_key_is_readable_by_its_owner_only(tmp_path):
    """The private key has mode 0600."""
    pair = create_certificate(tmp_path, "agent", "urn:ninefold:agent")
    assert pair.key.stat().st_mode & 0o777 == 0o600


def test_uri_and_hosts_stand_in_the_alternative_name(tmp_path):
    """OPC UA servers compare the ApplicationUri with the certificate; clients compare the host."""
    pair = create_certificate(tmp_path, "s", "urn:plant:s", hosts=["cell.local", "127.0.0.1"])
    found = read_certificate(pair.certificate)
    assert uri_of(found) == "urn:plant:s"
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["cell.local"]


def test_pair_of_another_uri_is_a_conflict(tmp_path):
    """A pair is never replaced silently."""
    create_certificate(tmp_path, "agent", "urn:ninefold:agent")
    with pytest.raises(Conflict, match="belongs to urn:ninefold:agent"):
        create_certificate(tmp_path, "agent", "urn:other")


def test_half_a_pair_is_a_conflict(tmp_path):
    """A certificate without its key cannot be used, and is not completed with a foreign one."""
    pair = create_certificate(tmp_path, "agent", "urn:ninefold:agent")
    pair.key.unlink()
    with pytest.raises(Conflict, match=r"agent\.pem is missing"):
        create_certificate(tmp_path, "agent", "urn:ninefold:agent")


def test_out_of_date_pair_is_a_conflict(tmp_path):
    """The error says until when it was valid."""
    create_certificate(tmp_path, "agent", "urn:ninefold:agent", clock=At(2026))
    with pytest.raises(Conflict, match="valid until 2036"):
        create_certificate(tmp_path, "agent", "urn:ninefold:agent", clock=At(2040))


@pytest.mark.parametrize("name", ["", "../agent", "a b", "a/b"])
def test_name_that_leaves_the_folder_is_refused(tmp_path, name):
    """A name is a plain file name."""
    with pytest.raises(InvalidInput):
        create_certificate(tmp_path, name, "urn:x")


def test_absent_and_foreign_files_have_their_own_errors(tmp_path):
    """Absent is not found; anything else than a certificate is invalid input."""
    with pytest.raises(NotFound):
        fingerprint(tmp_path / "absent.der")
    (tmp_path / "x.der").write_bytes(b"no certificate")
    with pytest.raises(InvalidInput, match="no certificate"):
        fingerprint(tmp_path / "x.der")
