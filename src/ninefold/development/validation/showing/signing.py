"""What people sign on the validation page: the approval, waivers of what is insufficient, and taking either back."""

from collections.abc import Mapping

import msgspec

from ninefold.development.validation.standing import Signed, Standing
from ninefold.kernel.errors import AccessDenied, NinefoldError
from ninefold.surface.blocks import Block, Facts, Field, Form, Panel, Words
from ninefold.surface.cells import Moment, Noted, Ref, State
from ninefold.surface.table import Cell, Table
from ninefold.surface.words import Say, Text, quote
from ninefold.vocabulary.approval import Approval


class Tried(msgspec.Struct, frozen=True):
    """A form that was sent and could not be done: its values come back, with what was wrong."""

    form: str  # sign, waive or revoke
    values: Mapping[str, str]
    error: NinefoldError
    field: str = ""  # the field that is wrong; "" for the whole form


def sign_panel(found: Standing, four_eyes: bool, mine: str = "", tried: Tried | None = None) -> Panel:
    """Return what would be signed, by whom it was, and the form; without the form while nothing can be signed, or
    where the reader made `mine` of it themselves.
    """
    blocks: list[Block] = [Facts("", _facts(found, four_eyes))]
    if found.obstacle is not None:
        blocks.append(Words(Say("validation.not-yet", {"why": str(found.obstacle)}), "note"))
    elif found.closed:
        names = ", ".join(p.name for p in found.closed)
        blocks.append(Words(Say("validation.closed", {"names": names}), "note"))
    elif mine:
        blocks.append(Words(Say("validation.own-work", {"what": mine}), "note"))
    sent = _of(tried, "sign")
    if sent is not None or not (found.obstacle or found.closed or mine):  # what was sent comes back with its problem
        blocks.append(_form(found, sent))
    end = Say("validation.four-eyes") if four_eyes else Say("validation.one-person")
    return Panel(Say("validation.sign-title", {"model": found.model}), tuple(blocks), end, name="sign")


def _facts(found: Standing, four_eyes: bool) -> tuple[tuple[Text, Cell, Text], ...]:
    bundle = (found.approval.contents or {}).get("bundle", "")
    facts: list[tuple[Text, Cell, Text]] = [
        (Say("validation.contents"), f"{found.model} · {bundle[:12]}" if bundle else Say("validation.no-bundle"), "")
    ]
    if found.current is not None:
        record = found.current.record
        facts.append(
            (Say("validation.approved"), Ref("record", record.id, found.current.name), found.current.body.reason)
        )
        facts.append((Say("validation.at"), Moment(record.time), ""))
        if found.current.body.until:
            facts.append((Say("validation.until"), Moment(found.current.body.until), ""))
    rule = Say("validation.four-eyes-told") if four_eyes else Say("validation.one-person-told")
    return (*facts, (Say("validation.rule"), rule, ""))


def _form(found: Standing, tried: Tried | None) -> Form:
    can_stand = all(v.outcome == "pass" for v in found.verdicts.values())
    fields = [
        Field("seen", "", "hidden", found.seen),
        _field(
            tried, Field("reason", Say("validation.reason"), "area", hint=Say("validation.reason-hint"), required=True)
        ),
    ]
    if can_stand:
        fields += [
            _field(tried, Field("standing", Say("validation.standing"), "check", hint=Say("validation.standing-hint"))),
            _field(tried, Field("until", Say("validation.standing-until"), "date", hint=Say("validation.until-hint"))),
            _field(tried, Field("uses", Say("validation.uses"), "number", "1")),
        ]
    fields.append(_password(tried))
    submit = Say("validation.sign-again" if found.current else "validation.sign", {"model": found.model})
    return Form(
        Say("validation.sign-title", {"model": found.model}), f"validation/{found.model}/sign", tuple(fields), submit,
        "approver", "plain" if found.current else "main", Say("validation.sign-note"), _problem(tried),
    )  # fmt: skip


def waive_panel(found: Standing, tried: Tried | None = None) -> Panel | None:
    """Return the form by which somebody answers for what is insufficient; None while nothing is."""
    open_ = [p for p in found.closed if p.outcome == "insufficient"]
    if not open_:
        return None
    sent = _of(tried, "waive")
    options = tuple((str(place), p.name) for place, p in enumerate(open_))
    fields = (
        *(
            Field(f"point-{place}", "", "hidden", point_key(p.requirement, p.criterion, p.where))
            for place, p in enumerate(open_)
        ),
        _field(sent, Field("point", Say("validation.waive-what"), "select", options=options)),
        _field(sent, Field("reason", Say("validation.reason"), "area", required=True)),
        _field(
            sent, Field("until", Say("validation.until"), "date", hint=Say("validation.waive-until"), required=True)
        ),
        _password(sent),
    )
    form = Form(
        Say("validation.waive-title"), f"validation/{found.model}/waive", fields, Say("validation.waive"), "approver",
        "main", Say("validation.waive-note"), _problem(sent),
    )  # fmt: skip
    reasons = tuple((p.name, quote(p.reason), "") for p in open_)
    return Panel(Say("validation.waive-title"), (Facts("", reasons), form), name="waive")


def point_key(requirement: str, criterion: str, where: Mapping[str, str]) -> str:
    """Return how a form names an open point; `point_of` reads it."""
    return msgspec.json.encode((requirement, criterion, dict(where))).decode()


def point_of(key: str) -> tuple[str, dict[str, str]] | None:
    """Return the criterion (REQ-x/ID) and the slice that a form names; None when it names none."""
    try:
        requirement, criterion, where = msgspec.json.decode(key, type=tuple[str, str, dict[str, str]])
    except msgspec.DecodeError:
        return None
    return f"{requirement}/{criterion}", where


def signed_panel(found: Standing, tried: Tried | None = None) -> Panel | None:
    """Return who signed what, and the form that takes one of them back; None when nobody signed anything."""
    if not found.signed:
        return None
    columns = tuple(Say(f"validation.{c}") for c in ("state", "signed-what", "by", "at", "until", "reason"))
    rows = tuple(_signed(found, s) for s in found.signed[:20])
    blocks: list[Block] = [Table("", columns, rows)]
    living = [s for s in found.signed if s.live]
    if living:
        blocks.append(_revoke(found, living, _of(tried, "revoke")))
    return Panel(Say("validation.signed"), tuple(blocks), name="signed")


def _signed(found: Standing, s: Signed) -> tuple[Cell, ...]:
    ref = Ref("record", s.record.id, _kind(s))
    place = "" if isinstance(s.body, Approval) else _place(s.body.requirement, s.body.criterion, s.body.where)
    until = Moment(s.body.until) if s.body.until else None
    what = Noted(ref, place) if place else ref
    return _state(found, s), what, s.name, Moment(s.record.time), until, s.body.reason


def _kind(s: Signed) -> Text:
    if not isinstance(s.body, Approval):
        return Say("validation.kind-waiver")
    return Say("validation.kind-standing" if s.body.decision == "standing" else "validation.kind-exactly")


def _state(found: Standing, s: Signed) -> State:
    if s.revoked:
        return State("revoked", Say("validation.is-revoked"))
    if not s.live:
        return State("idle", Say("validation.is-ended"))
    holds = found.current is not None and found.current.record.id == s.record.id
    mine = holds or s.record.id in {waiver for _, waiver in found.points}
    return State("pass", Say("validation.is-live")) if mine else State("idle", Say("validation.is-other"))


def _place(requirement: str, criterion: str, where: Mapping[str, str]) -> str:
    place = ", ".join(f"{k}={v}" for k, v in sorted(where.items()))
    return f"{requirement}/{criterion}{f' [{place}]' if place else ''}"


def _revoke(found: Standing, living: list[Signed], tried: Tried | None) -> Form:
    options = tuple((s.record.id, f"{s.record.kind.partition('@')[0]} {s.record.id[:12]}, {s.name}") for s in living)
    fields = (
        _field(tried, Field("record", Say("validation.revoke-what"), "select", options=options)),
        _field(tried, Field("reason", Say("validation.reason"), "area", required=True)), _password(tried),
    )  # fmt: skip
    action = f"validation/{found.model}/revoke"
    return Form(
        Say("validation.revoke-title"), action, fields, Say("validation.revoke"), "approver", "danger",
        Say("validation.revoke-note"), _problem(tried),
    )  # fmt: skip


def _of(tried: Tried | None, form: str) -> Tried | None:
    return tried if tried is not None and tried.form == form else None


def _field(tried: Tried | None, field: Field) -> Field:
    if tried is None:
        return field
    problem = str(tried.error) if tried.field == field.name else ""
    return msgspec.structs.replace(field, value=tried.values.get(field.name, "")[:5000], problem=problem)


def _password(tried: Tried | None) -> Field:
    """Return the field of the password; what was typed never comes back."""
    wrong = tried is not None and isinstance(tried.error, AccessDenied)
    problem = str(tried.error) if tried is not None and wrong else ""
    return Field("password", Say("validation.password"), "password", problem=problem, required=True)


def _problem(tried: Tried | None) -> Text:
    return "" if tried is None or tried.field or isinstance(tried.error, AccessDenied) else str(tried.error)
