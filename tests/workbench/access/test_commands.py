"""The commands about accounts: added with a password or a link, listed, let in, removed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ninefold.kernel.people import People
from ninefold.kernel.signing import create_key
from ninefold.kernel.sqlite import SqliteStore
from ninefold.workbench.access.access import Access

PASSWORD = "quiet horse battery"


def ninefold(*words: str, at: Path, stdin: str = "") -> tuple[int, str]:
    program = [sys.executable, "-m", "ninefold", "-C", str(at), *words]
    done = subprocess.run(program, input=stdin, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    (tmp_path / "ninefold.toml").write_text('name = "plant"\n')
    return tmp_path


def test_accounts_from_the_first_to_the_last(plant: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """With a key that was entered before, by a link, and what is refused."""
    path = tmp_path_factory.mktemp("keys") / "ada.pem"
    key = create_key(path)
    with SqliteStore(plant / ".ninefold/store.db") as store:
        person = People(store).add("Ada", public_key=key.public, roles=["approver"])
    add = ("accounts", "add", "Ada", "--role", "administrator", "--key", str(path))
    assert ninefold(*add, at=plant)[0] == 2
    assert ninefold(*add, "--password-stdin", at=plant, stdin="short")[0] == 1
    assert "There is no account." in ninefold("accounts", "list", at=plant)[1]
    code, said = ninefold(*add, "--password-stdin", at=plant, stdin=PASSWORD + "\n")
    assert (code, said.strip()) == (0, f"{person.key}: added as administrator, with a password.")
    access = Access(plant / ".ninefold")
    assert access.accounts.signing_key(person.key, PASSWORD).public == key.public
    code, said = ninefold("accounts", "add", "Bea", "--role", "editor", at=plant)
    found = re.search(r"/enter/([\w-]{43})", said)
    assert found is not None
    assert access.invitation(found[1]).chooses_password
    code, said = ninefold("accounts", "link", "ada", at=plant)
    assert not access.invitation(said.strip().removeprefix("/enter/")).chooses_password
    listed = ninefold("accounts", "list", at=plant)[1]
    assert "Ada" in listed
    assert "editor" in listed
    assert ninefold("accounts", "remove", "Bea", at=plant)[0] == 0
    code, said = ninefold("accounts", "remove", "Ada", at=plant)
    assert (code, "only administrator" in said) == (1, True)
    code, said = ninefold("accounts", "link", "Bea", at=plant)
    assert (code, "ninefold accounts list" in said) == (1, True)
    access.close()
