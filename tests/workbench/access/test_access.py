"""Accounts, links, sessions and tokens: who comes in, who no longer, and what a stolen file tells."""

from pathlib import Path

import pytest
from tests.workbench.access.made import CHEAP, PASSWORD

from ninefold.kernel.errors import AccessDenied, Conflict, InvalidInput, NotFound, Refused
from ninefold.kernel.signing import SigningKey
from ninefold.testing.clock import FakeClock
from ninefold.vocabulary.account import ROLES
from ninefold.workbench.access.access import Access
from ninefold.workbench.access.links import FIRST_LIFE, LIFE
from ninefold.workbench.access.sessions import IDLE, MOST, OLDEST

OTHER = "another long password"


def secret_of(link: str | None) -> str:
    assert link is not None
    return link.removeprefix("/enter/")


def first(access: Access, name: str = "Ada") -> str:
    """Let the first person in, and return their key."""
    secret = access.accept(secret_of(access.first_link()), name, PASSWORD, "127.0.0.1")
    viewer = access.by_session(secret)
    assert viewer is not None
    return viewer.person


def test_the_first_person_becomes_administrator_and_approver(access: Access) -> None:
    """By one link, which is then used up; the person is entered with a key that the password opens."""
    link = secret_of(access.first_link())
    person = access.accounts.get(first(access)).person
    stored = access.people.get(person)
    assert access.accounts.get(person).role == "administrator"
    assert stored.roles == ("approver",)
    assert access.accounts.signing_key(person, PASSWORD).public.hex == stored.public_key
    assert access.first_link() is None
    with pytest.raises(NotFound):
        access.accept(link, "Eve", PASSWORD, "")
    with pytest.raises(AccessDenied, match="does not open"):
        access.accounts.signing_key(person, OTHER)


def test_of_two_first_persons_one_comes_through(access: Access, folder: Path, clock: FakeClock) -> None:
    """Two processes with a link each: the later one is told, and is no administrator."""
    other = Access(folder, clock, CHEAP)
    link = secret_of(access.first_link())
    looked = other.invitation(link)
    assert looked.person is None
    first(access)
    with pytest.raises(NotFound):
        other.accept(link, "Eve", PASSWORD, "")
    with pytest.raises(Conflict, match="Somebody else made the first account"):
        other.accounts.add("Eve", "administrator", 1, only_first=True)
    assert [a.name for a in other.accounts.all()] == ["Ada"]
    other.close()


def test_an_unfinished_first_account_is_offered_again(access: Access) -> None:
    """Stopped between name and password, nobody is locked out of the project."""
    person = access.accounts.add("Ada", "administrator", 1, only_first=True).person
    access.accept(secret_of(access.first_link()), "", PASSWORD, "")
    assert access.accounts.get(person).has_password


def test_a_weak_password_leaves_the_link(access: Access) -> None:
    """Too short, and too long; nothing was made, and the link still holds."""
    link = secret_of(access.first_link())
    for password in ("short", "x" * 1025):
        with pytest.raises(InvalidInput, match="12 to 1024 characters"):
            access.accept(link, "Ada", password, "")
    with pytest.raises(InvalidInput, match="A name has"):
        access.accept(link, " ", PASSWORD, "")
    assert access.accounts.all() == []
    access.accept(link, "Ada", PASSWORD, "")


def test_links_end_and_replace_each_other(access: Access, clock: FakeClock) -> None:
    """After a day, after an hour for the first person, and when another one is made."""
    person = first(access)
    one, two = secret_of(access.link(person)), secret_of(access.link(person))
    with pytest.raises(NotFound):
        access.invitation(one)
    clock.advance(LIFE / 1e6)
    with pytest.raises(NotFound, match="was used, has ended, or never was"):
        access.accept(two, "", "", "")
    assert FIRST_LIFE < LIFE


def test_a_link_lets_a_person_with_a_password_in_without_changing_it(access: Access) -> None:
    """It does not choose a password, so an administrator's link gives nobody's signature away."""
    first(access)
    person, link = access.invite("Bea", "approver")
    access.accept(secret_of(link), "ignored", OTHER, "")
    before = access.people.get(person).public_key
    session = access.accept(secret_of(access.link(person)), "", "x" * 20, "")
    assert access.by_session(session) is not None
    assert access.accounts.signing_key(person, OTHER).public.hex == before
    access.accept(secret_of(access.link(person, reset=True)), "", PASSWORD, "")
    assert access.people.get(person).public_key != before
    with pytest.raises(AccessDenied):
        access.accounts.signing_key(person, OTHER)


def test_a_changed_password_keeps_the_key_and_ends_the_sessions(access: Access) -> None:
    """All sessions and links; a wrong old password changes nothing."""
    person = first(access)
    old = access.enter(person, "")
    link = secret_of(access.link(person))
    key = access.people.get(person).public_key
    with pytest.raises(AccessDenied, match="old password"):
        access.change_password(person, "wrong", OTHER, "")
    with pytest.raises(AccessDenied):
        access.change_password(person, "", OTHER, "")
    new = access.change_password(person, PASSWORD, OTHER, "")
    assert access.by_session(old) is None
    assert access.by_session(new) is not None
    assert access.accounts.signing_key(person, OTHER).public.hex == key
    with pytest.raises(NotFound):
        access.invitation(link)


def test_an_existing_key_is_taken_over(access: Access) -> None:
    """Who was entered at the command line keeps their person; a foreign name for the key is refused."""
    key = SigningKey.new()
    person = access.people.add("Ada", public_key=key.public, roles=["auditor"])
    with pytest.raises(Conflict, match="has another name"):
        access.accounts.add("Eve", "approver", 1, key=key)
    made = access.accounts.add("ada", "approver", 1, key=key)
    assert made.person == person.key
    access.accounts.set_password(made.person, PASSWORD, None, key)
    assert access.accounts.signing_key(made.person, PASSWORD).public == key.public
    assert set(access.people.get(person.key).roles) == {"approver", "auditor"}
    access.accounts.set_role(made.person, "administrator")
    access.invite("Bea", "administrator")
    access.accounts.set_role(made.person, "editor")
    assert access.people.get(person.key).roles == ("auditor",)
    with pytest.raises(AccessDenied, match="may not approve"):
        access.accounts.signing_key(made.person, PASSWORD)


def test_sessions_end_by_idleness_age_and_number(access: Access, clock: FakeClock) -> None:
    """Looking keeps one alive, but not for ever; the one idle longest makes room."""
    person = first(access)
    secret = access.enter(person, "")
    clock.advance(IDLE / 1e6 - 1)
    assert access.by_session(secret) is not None
    clock.advance(IDLE / 1e6 - 1)
    assert access.by_session(secret) is not None
    clock.advance(IDLE / 1e6)
    assert access.by_session(secret) is None
    secret = access.enter(person, "")
    for _ in range(OLDEST // IDLE * 2):
        clock.advance(IDLE / 2e6)
        access.by_session(secret)
    assert access.by_session(secret) is None
    many = [access.enter(person, "") for _ in range(MOST + 2)]
    assert len(access.sessions.of(person, clock.now())) == MOST
    assert access.by_session(many[-1]) is not None
    assert access.sessions.end_all(person) == MOST


def test_tokens_never_do_more_than_their_owner(access: Access, clock: FakeClock) -> None:
    """A scope above is refused, a lowered role lowers them, and removal, revocation and time end them."""
    first(access)
    person, _ = access.invite("Bea", "editor")
    with pytest.raises(Refused, match="cannot have the scope approver"):
        access.tokens.make(person, "editor", "ci", "approver", 9, clock.now())
    for days in (0, 367):
        with pytest.raises(InvalidInput, match="1 to 366 days"):
            access.tokens.make(person, "editor", "ci", "editor", days, clock.now())
    secret = access.tokens.make(person, "editor", "ci", "editor", 9, clock.now())
    with pytest.raises(Conflict):
        access.tokens.make(person, "editor", "ci", "editor", 9, clock.now())
    viewer = access.by_token(secret)
    assert viewer is not None
    assert (viewer.role, viewer.via, viewer.csrf) == ("editor", "token", "")
    access.accounts.set_role(person, "viewer")
    viewer = access.by_token(secret)
    assert viewer is not None
    assert viewer.role == "viewer"
    clock.advance(9 * 86_400)
    assert access.by_token(secret) is None
    again = access.tokens.make(person, "viewer", "ci 2", "viewer", 9, clock.now())
    access.accounts.remove(person)
    assert access.by_token(again) is None


def test_an_erased_person_is_nobody(access: Access, clock: FakeClock) -> None:
    """Their session ends with their name, and the last administrator among the living stays."""
    ada = first(access)
    bea, link = access.invite("Bea", "administrator")
    session = access.accept(secret_of(link), "", PASSWORD, "")
    access.people.erase(bea, "left", "account-1", clock.now())
    assert access.by_session(session) is None
    assert [a.person for a in access.accounts.all()] == [ada]
    with pytest.raises(Refused, match="only administrator"):
        access.accounts.remove(ada)
    with pytest.raises(Refused, match="only administrator"):
        access.accounts.set_role(ada, "viewer")


@pytest.mark.parametrize("other", ["ADA lovelace", "Ａｄａ  Lovelace", " ada\tLOVELACE "])
def test_one_name_has_one_account(access: Access, other: str) -> None:
    """Case, width and spaces make no second one, and log in all the same."""
    first(access, "Ada Lovelace")
    assert access.accounts.named(other) is not None
    with pytest.raises(Conflict, match="has an account already"):
        access.invite(other, "viewer")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "مريم", "\u202eevil", "Ö" * 200, 'O\'Brien "x"'])
def test_odd_names_are_names(access: Access, name: str) -> None:
    """They come back as they were given; pages escape them."""
    person = first(access, name)
    assert access.accounts.get(person).name == name


def test_the_file_holds_no_secret_and_no_name(access: Access, folder: Path, clock: FakeClock) -> None:
    """A stolen file opens no session, no link and no token, and names nobody; others cannot read it."""
    person = first(access, "Quetzalcoatl")
    secrets = [access.enter(person, ""), secret_of(access.link(person)), PASSWORD,
               access.tokens.make(person, "administrator", "ci", "viewer", 9, clock.now()),
               "Quetzalcoatl"]  # fmt: skip
    found = b"".join(p.read_bytes() for p in folder.glob("access.db*"))
    for secret in secrets:
        assert secret.encode() not in found
    assert (folder / "access.db").stat().st_mode & 0o077 == 0


def test_wishes_are_checked(access: Access) -> None:
    """Language, zone and theme that do not exist are named."""
    person = first(access)
    access.accounts.set_wishes(person, "de", "Europe/Berlin", "dark")
    account = access.accounts.get(person)
    assert (account.language, account.zone, account.theme) == ("de", "Europe/Berlin", "dark")
    for wrong in (("fr", "UTC", "dark"), ("de", "../../etc/passwd", "dark"), ("de", "UTC", "pink")):
        with pytest.raises(InvalidInput, match=r"is no (language|time zone|theme)"):
            access.accounts.set_wishes(person, *wrong)
    assert ROLES[0] == "viewer"
