"""What comes from outside leads nowhere else, and names no other host."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ninefold.workbench.access.paths import allowed_hosts, is_ours, local_path, login_path

_NASTY = st.text(st.sampled_from("/\\.:@%?#&=; \t\r\n\x00evilhttpsjavascript0123[]ü"), max_size=40)


@given(st.one_of(st.text(max_size=60), _NASTY, _NASTY.map("/".__add__)))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("https:evil.example")
@example("/.//evil.example")
@example("/x/..//evil.example")
@example("javascript:alert(1)")
@example("/login?next=//evil.example")
def test_a_login_never_leads_to_another_host(text: str) -> None:
    """Whatever `next` says, the browser stays here, and nothing breaks out of the header."""
    found = local_path(text)
    target = urlsplit(urljoin("http://127.0.0.1:9400/login", found))
    assert (target.scheme, target.netloc) == ("http", "127.0.0.1:9400")
    assert found.startswith("/")
    assert not found.startswith("//")
    assert found.isascii()
    assert found.isprintable()
    assert "\\" not in found


@pytest.mark.parametrize("text", ["/", "/requirements/REQ-x?tab=history&page=2", "/m/cell%2Fm4", "/trace/0abc"])
def test_pages_of_ours_are_kept(text: str) -> None:
    """Also with a query and escaped characters."""
    assert local_path(text) == text


def test_the_login_itself_is_no_aim() -> None:
    """Else one would go round in circles, or log out at once."""
    assert [local_path(t) for t in ("/login", "/login?x=1", "/logout", "/enter/abc", "/logins")] == ["/"] * 4 + [
        "/logins"
    ]
    assert login_path("/", "") == "/login"
    assert login_path("/trace/1", "a=b&c=d") == "/login?next=%2Ftrace%2F1%3Fa%3Db%26c%3Dd"


@given(st.one_of(st.binary(max_size=60), st.from_regex(rb"(127\.0\.0\.1|localhost|\[::1\])[.:@ ]?[0-9]{0,5}.{0,3}")))
@example(b"127.0.0.1:9400.evil.example")
@example(b"127.0.0.1.:9400")
@example(b"evil@127.0.0.1:9400")
@example(b"127.0.0.1:9400, evil.example")
@example(b"0.0.0.0:9400")
@example(b"127.1:9400")
def test_only_our_own_names_are_answered(header: bytes) -> None:
    """To the letter: no other spelling of an address, no dot at the end, no second name."""
    allowed = allowed_hosts("127.0.0.1", 9400)
    names = {b"127.0.0.1:9400", b"localhost:9400", b"[::1]:9400"}
    assert is_ours([header], allowed) is (header.lower() in names)


def test_one_host_header_and_no_more() -> None:
    """None and two are as wrong as another one."""
    allowed = allowed_hosts("0.0.0.0", 443, ["Cell.Example.org"])  # noqa: S104 - a name that must not be allowed
    assert is_ours([b"cell.example.org"], allowed)
    assert is_ours([b"LOCALHOST:443"], allowed)
    assert not is_ours([], allowed)
    assert not is_ours([b"localhost:443", b"localhost:443"], allowed)
    assert not is_ours([b"0.0.0.0:443"], allowed)
