"""Validation: how every model stands, one model's evidence, and what people sign, waive and take back."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ninefold.development.validation.pages import Tried, desk_of, point_of, validation_list, validation_page
from ninefold.kernel.errors import AccessDenied, InvalidInput, NinefoldError, StoreError
from ninefold.kernel.signing import SigningKey
from ninefold.surface.cells import Ref
from ninefold.surface.page import Page
from ninefold.surface.signer import moment
from ninefold.surface.words import Say
from ninefold.workbench.desk import Answer, Desk, Done, Shown
from ninefold.workbench.downloads import Download, download
from ninefold.workbench.errors import status_of
from ninefold.workbench.routes import action, page
from ninefold.workbench.signing import signing_key
from ninefold.workbench.starting import start_of

if TYPE_CHECKING:
    from ninefold.development.validation.signing_off import Desk as Signing


@page("/validation")
def validation(desk: Desk) -> Page:
    """Show how every model stands, from a row on (`?from=`)."""
    return validation_list(_desk(desk), start_of(desk))


@page("/validation/{model:str}")
def validation_of(desk: Desk, model: str) -> Page:
    """Show one model's evidence."""
    return _page(desk, model)


@action("/validation/{model:str}/sign", role="approver")
def sign(desk: Desk, model: str) -> Answer:
    """Approve a model as it stands, or with `standing` also later bundles of the same text."""
    from ninefold.development.validation.signing_off import approve

    def work(key: SigningKey) -> None:
        form = desk.form
        ends = _until(desk) if form.get("standing") else None
        uses = _uses(desk) if form.get("standing") else 0
        approve(
            _desk(desk), model, key, form.get("reason", ""), standing_until=ends, uses=uses, seen=form.get("seen", "")
        )

    return _tried(desk, model, "sign", work, Say("validation.said-signed", {"model": model}))


@action("/validation/{model:str}/waive", role="approver")
def waive(desk: Desk, model: str) -> Answer:
    """Answer for one insufficient criterion or slice, with a reason and until a day."""
    from ninefold.development.validation.signing_off import waive as answer

    def work(key: SigningKey) -> None:
        found = point_of(desk.form.get(f"point-{desk.form.get('point', '')[:4]}", ""))
        if found is None:
            raise Wrong("point", "Nothing was chosen to answer for.", hint="Choose one of the list.")
        answer(_desk(desk), model, found[0], key, desk.form.get("reason", ""), _until(desk), found[1])

    return _tried(desk, model, "waive", work, Say("validation.said-waived"))


@action("/validation/{model:str}/revoke", role="approver")
def revoke(desk: Desk, model: str) -> Answer:
    """Take an approval or a waiver of this model back."""
    from ninefold.development.validation.signing_off import revoke as take_back
    from ninefold.development.validation.standing import signed_for

    def work(key: SigningKey) -> None:
        now, record = desk.session.clock.now(), desk.form.get("record", "")
        if record not in {s.record.id for s in signed_for(desk.session.store, model, now)}:
            raise Wrong("record", "This is no approval and no waiver of the model.", hint="Choose one of the list.")
        take_back(desk.session.store, record, key, desk.form.get("reason", ""), now)

    return _tried(desk, model, "revoke", work, Say("validation.said-revoked"))


@download("/validation/{model:str}/report.html")
def report_html(desk: Desk, model: str) -> Download:
    """Return the validation report as one page of HTML."""
    from ninefold.development.validation.report.document import document_of
    from ninefold.development.validation.report.gathered import gather
    from ninefold.development.validation.report.html import page as html

    data = html(document_of(gather(desk.session, model))).encode()
    return Download(f"{model}-validation.html", data, "text/html; charset=utf-8")


@download("/validation/{model:str}/report.pdf")
def report_pdf(desk: Desk, model: str) -> Download:
    """Return the validation report as PDF."""
    from ninefold.development.validation.report.document import document_of
    from ninefold.development.validation.report.gathered import gather
    from ninefold.development.validation.report.pdf import paper

    return Download(f"{model}-validation.pdf", paper(document_of(gather(desk.session, model))), "application/pdf")


@download("/validation/{model:str}/bundle.9fb")
def bundle_file(desk: Desk, model: str) -> Download:
    """Return the signed bundle file, which carries its evidence."""
    from ninefold.operations.deployment.released import last_signed

    found = last_signed(desk.session.store, model)
    name = f"{model}-{found.version}.9fb" if found.version else f"{model}-{found.file[:12]}.9fb"
    return Download(name, desk.session.blobs.read(found.file))


class Wrong(InvalidInput):
    """One field of a form is wrong."""

    def __init__(self, field: str, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.field = field


def _tried(desk: Desk, model: str, form: str, work: Callable[[SigningKey], None], said: Say) -> Answer:
    """Do what was signed; what cannot be done is told beside the form, and nothing that was typed is lost."""
    try:
        _reason(desk)
        work(signing_key(desk, desk.form.get("password", "")))
    except StoreError:
        raise  # the page cannot be read either
    except NinefoldError as error:
        tried = Tried(form, desk.form, error, getattr(error, "field", ""))
        status = 403 if isinstance(error, AccessDenied) else status_of(error)
        return Shown(_page(desk, model, tried), status)
    return Done(Ref("validation", model), said)


def _page(desk: Desk, model: str, tried: Tried | None = None) -> Page:
    from ninefold.operations.deployment.released import find_signed

    bundle = find_signed(desk.session.store, model) is not None
    return validation_page(desk.session, _desk(desk), model, desk.viewer.language, tried, bundle=bundle)


def _reason(desk: Desk) -> None:
    if len(" ".join(desk.form.get("reason", "").split())) < 3:
        raise Wrong("reason", "A signature has a reason.", hint="Write why, in 3 to 500 characters.")


def _until(desk: Desk) -> int:
    try:
        return moment(desk.form.get("until", ""))
    except InvalidInput as error:
        raise Wrong("until", error.message, hint=error.hint) from None


def _uses(desk: Desk) -> int:
    text = desk.form.get("uses", "1").strip()
    if not text.isdecimal() or not 1 <= int(text[:6]) <= 1000:
        raise Wrong("uses", f"{text[:20]!r} is no number of uses.", hint="Give a whole number from 1 to 1000.")
    return int(text)


def _desk(desk: Desk) -> "Signing":
    return desk_of(desk.session, desk.project.settings.four_eyes)


ROUTES = (validation, validation_of, sign, waive, revoke, report_html, report_pdf, bundle_file)
