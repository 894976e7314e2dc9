"""Keys, people and bundle files on the command line: a fresh process each, sentences, exit codes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ninefold.bundle.file import write_file
from ninefold.kernel.errors import InvalidInput
from ninefold.kernel.signing import load_key
from ninefold.surface.signer import moment
from ninefold.testing.bundles import small_payload
from ninefold.testing.evidence import small_evidence


def ninefold(*arguments: str, at: Path, passphrase: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder, with a home of its own."""
    environment = {**os.environ, "XDG_CONFIG_HOME": str(at / "config")}
    environment.pop("NINEFOLD_KEY", None)
    if passphrase is not None:
        environment["NINEFOLD_PASSPHRASE"] = passphrase
    command = [sys.executable, "-m", "ninefold", *arguments]
    return subprocess.run(
        command, cwd=at, capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL
    )


def test_a_key_is_made_once_and_shows_its_public_half_only(tmp_path: Path) -> None:
    """The second one is refused; the public half goes to a file."""
    made = ninefold("key", "new", at=tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    secret = (tmp_path / "config" / "ninefold" / "key.pem").read_text().splitlines()[1]
    again = ninefold("key", "new", at=tmp_path)
    assert (again.returncode, "exists already" in again.stderr) == (1, True)
    shown = ninefold("key", "public", "-o", "keys/me.pub", at=tmp_path)
    assert (tmp_path / "keys" / "me.pub").exists()
    assert secret not in made.stdout + again.stderr + shown.stdout


def test_a_locked_key_needs_its_passphrase(tmp_path: Path) -> None:
    """From the environment; absent or wrong, a sentence."""
    assert ninefold("key", "new", "--passphrase", at=tmp_path, passphrase="horse").returncode == 0
    assert ninefold("key", "public", at=tmp_path, passphrase="horse").returncode == 0
    absent, wrong = ninefold("key", "public", at=tmp_path), ninefold("key", "public", at=tmp_path, passphrase="cow")
    assert (absent.returncode, "needs a passphrase" in absent.stderr) == (1, True)
    assert (wrong.returncode, "passphrase is wrong" in wrong.stderr) == (1, True)


def test_people_are_entered_listed_and_erased(tmp_path: Path) -> None:
    """The table shows all that is stored by name; afterwards nothing is."""
    ninefold("init", "cell", at=tmp_path)
    cell = tmp_path / "cell"
    ninefold("key", "new", "--key", "../mine.pem", at=cell)
    added = ninefold("people", "add", "Ada Example", "--role", "approver", "--key", "../mine.pem", at=cell)
    assert added.returncode == 0
    person = added.stdout.partition(":")[0]
    listed = ninefold("people", "list", at=cell)
    assert "Ada Example" in listed.stdout
    mine = ninefold("key", "public", "--key", "../mine.pem", at=cell).stdout
    assert ninefold("people", "key", person, "-o", "ada.pub", at=cell).stdout == mine
    assert "PUBLIC KEY" in (cell / "ada.pub").read_text()
    assert ninefold("people", "erase", person, "--reason", "asked for", at=cell).returncode == 0
    assert "Nobody is stored" in ninefold("people", "list", at=cell).stdout


def test_a_bundle_verifies_outside_any_project(tmp_path: Path) -> None:
    """0 when it does, 1 with the reason when it does not; no store, no project."""
    ninefold("key", "new", "--key", "signer.pem", at=tmp_path)
    ninefold("key", "public", "--key", "signer.pem", "-o", "trusted/signer.pub", at=tmp_path)
    payload = small_payload()
    data = write_file(payload, small_evidence(tmp_path, payload), 3, [load_key(tmp_path / "signer.pem")])
    (tmp_path / "good.9fb").write_bytes(data)
    (tmp_path / "bad.9fb").write_bytes(data.replace(b"Sigmoid", b"SigmoiD", 1))
    good = ninefold("verify", "good.9fb", "--trust", "trusted", at=tmp_path)
    assert (good.returncode, good.stderr) == (0, "")
    assert "tool-failure version 3" in good.stdout
    assert "REQ-x/recall: pass" in good.stdout
    for arguments, message in (
        (("bad.9fb", "--trust", "trusted"), "the entry payload.zip was altered"),
        (("good.9fb",), "Nobody who is trusted here signed"),
        (("good.9fb", "--trust", "trusted/signer.pub", "--minimum-version", "4"), "is older than version 4"),
        (("absent.9fb",), "cannot be read"),
        (("good.9fb", "--trust", "nowhere.pub"), "nowhere.pub cannot be read"),
    ):
        done = ninefold("verify", *arguments, at=tmp_path)
        assert (done.returncode, message in done.stderr, "Traceback" in done.stderr) == (1, True, False), done.stderr


def test_a_day_lasts_to_its_end() -> None:
    """A date alone, and a moment with a zone; anything else is refused."""
    assert moment("1970-01-01") == 86_400_000_000
    assert moment("1970-01-01T00:00:01Z") == 1_000_000
    assert moment("1970-01-01T01:00:00+01:00") == 0
    for text in ("tomorrow", "2027-13-01", "31.1.2027", "", "9999-12-31"):
        with pytest.raises(InvalidInput, match="is no date"):
            moment(text)
    with pytest.raises(InvalidInput, match="has no time zone"):
        moment("2027-01-01T00:00:00")
