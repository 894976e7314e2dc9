"""What is said once on the page after an action: kept in the server's memory under a random name in a cookie."""

import secrets
import threading
from collections import OrderedDict
from typing import Any

from litestar import Request, Response

from ninefold.surface.words import Text

COOKIE = "nf-said"
_MOST = 1000  # of all readers together; the oldest is forgotten
_said: OrderedDict[str, Text] = OrderedDict()
_lock = threading.Lock()


def remember(answer: Response[Any], request: Request[Any, Any, Any], said: Text) -> None:
    """Let the next page that this browser sees say something."""
    name = secrets.token_urlsafe(12)
    with _lock:
        _said[name] = said
        while len(_said) > _MOST:
            _said.popitem(last=False)
    secure = request.url.scheme == "https"
    answer.set_cookie(key=COOKIE, value=name, path="/", httponly=True, samesite="strict", secure=secure, max_age=60)


def recall(request: Request[Any, Any, Any]) -> Text:
    """Return what is to be said now, and forget it."""
    name = request.cookies.get(COOKIE, "")
    with _lock:
        return _said.pop(name, "")
