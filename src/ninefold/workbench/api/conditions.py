"""If-Match and If-None-Match: nobody writes over what they have not seen."""

from typing import NamedTuple, Self

from ninefold.workbench.api.refusals import Refusal

_HINT = "Read it again, look at what changed, and repeat with its ETag."


class Seen(NamedTuple):
    """The ETag with which somebody read what they change; `new` when they expect nothing to be there."""

    etag: str
    new: bool = False

    @classmethod
    def of(cls, if_match: str | None, if_none_match: str | None) -> Self:
        """Return what two headers say.

        Raises:
            Refusal: 428 without either; 400 for what is no single strong ETag.
        """
        if if_none_match is not None:
            if if_none_match.strip() != "*" or if_match is not None:
                raise Refusal(400, "If-None-Match can only be *, without If-Match.", "Send one of the two.")
            return cls("", new=True)
        if if_match is None:
            raise Refusal(428, "The request does not say what it changes.", "Read it, and send its ETag as If-Match.")
        text = if_match.strip()
        if len(text) < 3 or text[0] != '"' or text[-1] != '"' or '"' in text[1:-1]:
            raise Refusal(
                400, 'If-Match is one ETag in double quotes, as in "1a2b".', "Send the header ETag as it came."
            )
        return cls(text[1:-1])

    def check(self, etag: str, what: str) -> None:
        """Return when something is still as it was seen.

        Raises:
            Refusal: 412, it was changed meanwhile.
        """
        if self.etag != etag:
            raise Refusal(412, f"{what} was changed since it was read.", _HINT, etag=etag)
