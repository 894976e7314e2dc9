"""In which language somebody reads whom no session tells us: the one of their last session, else their browser's."""

from typing import Any

from litestar import Request
from litestar.datastructures import Cookie

from ninefold.surface.words import LANGUAGES, Language

COOKIE = "nf-language"
_YEAR_S = 365 * 86_400


def language_of(request: Request[Any, Any, Any]) -> Language:
    """Return the viewer's language; without one that of this browser's last session, then the first that it accepts."""
    viewer = getattr(request.state, "viewer", None)
    if viewer is not None:
        return viewer.language  # type: ignore[no-any-return]  # the gatekeeper put a Viewer there
    accepted = (part.strip()[:2].lower() for part in request.headers.get("accept-language", "")[:200].split(","))
    wanted = (request.cookies.get(COOKIE, ""), *accepted)
    return next((known for tag in wanted for known in LANGUAGES if known == tag), "en")


def language_cookie(language: Language, *, secure: bool) -> Cookie:
    """Return the cookie that remembers a language beyond the session: it says nothing else."""
    return Cookie(
        key=COOKIE, value=language, path="/", httponly=True, secure=secure, samesite="strict", max_age=_YEAR_S
    )
