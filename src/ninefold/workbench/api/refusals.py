"""An answer of the API that no error of the house stands for: a precondition, a header, a wait."""

from typing import Any

from litestar.exceptions import HTTPException


class Refusal(HTTPException):
    """A status with what happened, what to do, and more members of the problem."""

    def __init__(self, status: int, detail: str, hint: str, **more: Any) -> None:
        headers = more.pop("headers", None)
        super().__init__(detail=detail, status_code=status, headers=headers)
        self.hint, self.more = hint, more
