"""What a named person does: approve a model, answer for what is insufficient, take either back. Each is signed."""

from collections.abc import Mapping
from dataclasses import dataclass

from ninefold.development.validation.approval import PREFIX, facets_before
from ninefold.development.validation.coverage import Open, open_points, waived
from ninefold.kernel.clock import iso
from ninefold.kernel.decisions import check_body, sign_body
from ninefold.kernel.errors import Conflict, InvalidInput, NotFound, Refused, VerificationError
from ninefold.kernel.people import People
from ninefold.kernel.plan import Plan, Status
from ninefold.kernel.records import Draft, Input, encode
from ninefold.kernel.signing import SigningKey
from ninefold.kernel.sqlite import SqliteStore
from ninefold.kernel.view import View
from ninefold.vocabulary.approval import (
    APPROVAL,
    REVOCATION,
    WAIVER,
    Approval,
    Revocation,
    Waiver,
)
from ninefold.vocabulary.criterion import CriterionSpec
from ninefold.vocabulary.person import Person
from ninefold.vocabulary.verdict import Verdict

STEP = "sign@1"


@dataclass(frozen=True)
class Desk:
    """Where somebody signs: the project as it stands, and the moment (µs UTC)."""

    plan: Plan
    view: View
    store: SqliteStore
    now: int
    four_eyes: bool = True  # who made a record that an approval rests on does not sign it

    def status(self, model: str) -> Status:
        """Return the approval task of a model.

        Raises:
            NotFound: there is no such model.
        """
        name = f"{PREFIX}{model}"
        if name not in self.plan:
            known = ", ".join(n.removeprefix(PREFIX) for n in self.plan.statuses if n.startswith(PREFIX)) or "none"
            raise NotFound(f"No model is called {model}.", hint=f"Use one of: {known}.")
        return self.plan[name]


def signer(store: SqliteStore, key: SigningKey) -> Person:
    """Return the person who signs with a key.

    Raises:
        Refused: nobody is entered with it, or they may not approve.
    """
    person = People(store).by_public_key(key.public)
    if person is None:
        message = f"Nobody is entered with the key {key.public.id[:12]}."
        raise Refused(message, hint="Enter yourself with: ninefold people add NAME --role approver --key PATH.")
    if "approver" not in person.roles:
        message = f"{person.key} is entered without the role approver."
        raise Refused(message, hint="Have yourself entered with it: ninefold people add NAME --role approver.")
    return person


def open_of(desk: Desk, model: str) -> list[tuple[Open, str]]:
    """Return what does not pass before an approval of a model, each with the id of the waiver that opens it, or "".

    Raises:
        Refused: the bundle or a verdict is not fresh, or a file of the project has problems.
    """
    status = _ready(desk, model)
    bundle = (status.contents or {})["bundle"]
    waivers = live_waivers(desk.store)
    found = []
    for role, name in status.planned.results.items():
        if role == "bundle":
            continue
        record = desk.plan[name].record
        if record is None or record.data is None:
            raise Refused(f"{name} has no body; it was erased.", hint="Approve nothing on it.")
        verdict = record.body(Verdict)
        facet = f"{verdict.requirement}#criterion/{verdict.criterion}"
        spec = desk.view.facets[facet].body
        required = isinstance(spec, CriterionSpec) and spec.slices == "required"
        content = desk.view.content(facet)
        points = open_points(verdict, required=required)
        found += [(point, waived(point, bundle, content, waivers, desk.now)) for point in points]
    return found


def approve(
    desk: Desk, model: str, key: SigningKey, reason: str, *, standing_until: int | None = None, uses: int = 0,
    seen: str | None = None,
) -> str:  # fmt: skip
    """Sign the approval of a model as it stands and return the record's id.

    With `standing_until` (µs UTC) and `uses` it also covers later bundles that come from the same text. `seen` is what
    `signed_so_far` returned to the person who decides; by default what it returns now.

    Raises:
        Refused: the signer is nobody who may, or made a record that the approval rests on; something is not fresh,
            fails, or is insufficient without a waiver; a standing approval on anything but passes.
        InvalidInput: no reason; a standing approval without a moment to come or a number of uses.
        Conflict: somebody signed it since `seen`.
    """
    person = signer(desk.store, key)
    before = signed_so_far(desk.store, model) if seen is None else seen
    status = _ready(desk, model)
    waivers = _openings(open_of(desk, model), standing=standing_until is not None)
    ends = [w.until for id, w in live_waivers(desk.store) if id in waivers]
    contents = dict(status.contents or {})
    body = Approval(model, "exactly", contents, person.key, "", _reason(reason), {}, min(ends, default=0), 0, waivers)
    if standing_until is not None:
        if standing_until <= desk.now or uses < 1:
            message = (
                f"A standing approval ends at a moment to come and has uses; found {iso(standing_until)} and {uses}."
            )
            raise InvalidInput(message, hint="Give --until DATE and --uses N.")
        facets = facets_before(status, desk.view, desk.plan.statuses)
        body = Approval(model, "standing", contents, person.key, "", _reason(reason), facets, standing_until, uses)
    signed = sign_body(body, key, "approval")
    links = _links(desk, status)
    if desk.four_eyes:
        _refuse_own_work(desk.store, links, person.key)
    draft = Draft(APPROVAL, encode(APPROVAL, signed), STEP, person.key, desk.now, links, "", status.key, status.name,
                  0, signed.until)  # fmt: skip
    try:
        [id] = desk.store.put([draft], {_signed(model): before or None}, {_signed(model): str(int(before or 0) + 1)})
    except Conflict:
        message = f"Somebody else signed {PREFIX}{model} meanwhile, so this signature was not recorded."
        raise Conflict(message, hint="Look at what they signed, then sign again if it is still needed.") from None
    return id


def signed_so_far(store: SqliteStore, model: str) -> str:
    """Return how often a model was signed here, "" for never: two who sign at once hold the same, and one succeeds."""
    return store.reference(_signed(model)) or ""


def _signed(model: str) -> str:
    return f"signed:{model}"


def waive(
    desk: Desk, model: str, criterion: str, key: SigningKey, reason: str, until: int,
    where: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    """Sign a waiver of one insufficient criterion (REQ-x/recall; `where` names a slice) and return the record's id.

    Raises:
        Refused: the signer is nobody who may, the verdict is not fresh, or it passes or fails.
        NotFound: the criterion or slice is none that does not pass.
        InvalidInput: no reason, or `until` (µs UTC) is not to come.
    """
    person = signer(desk.store, key)
    if until <= desk.now:
        raise InvalidInput(f"A waiver ends at a moment to come, found {iso(until)}.", hint="Give a later --until DATE.")
    status = _ready(desk, model)
    place = dict(where or {})
    points = [p for p, _ in open_of(desk, model) if f"{p.requirement}/{p.criterion}" == criterion and p.where == place]
    if not points:
        names = ", ".join(p.name for p, _ in open_of(desk, model)) or "none"
        raise NotFound(f"{criterion} is not open before {model}.", hint=f"Open are: {names}.")
    if points[0].outcome == "fail":
        raise Refused(f"{points[0].name} fails; a waiver opens only what is insufficient.", hint="Improve the model.")
    requirement, _, name = criterion.partition("/")
    facet = desk.view.content(f"{requirement}#criterion/{name}")
    bundle = (status.contents or {})["bundle"]
    body = Waiver(model, bundle, requirement, name, facet, until, person.key, "", _reason(reason), place)
    signed = sign_body(body, key, "waiver")
    links = tuple(i for i in _links(desk, status) if i.role in {"bundle", criterion})
    draft = Draft(WAIVER, encode(WAIVER, signed), STEP, person.key, desk.now, links, until=until,
                  name=f"waiver:{model}/{criterion}")  # fmt: skip
    [id] = desk.store.put([draft])
    return id


def revoke(store: SqliteStore, id: str, key: SigningKey, reason: str, now: int) -> str:
    """Take back an approval or a waiver, from now on, and return the id of the record that says so.

    Raises:
        Refused: the signer is nobody who may, or the record is neither, or was taken back before.
        NotFound: there is no such record.
    """
    person = signer(store, key)
    record = store.get(id)
    if record.kind not in {APPROVAL, WAIVER}:
        raise Refused(f"{record.kind} {record.id[:12]} is no approval and no waiver.", hint="Look with: ninefold log.")
    if store.revoked(record.id):
        raise Refused(f"{record.kind} {record.id[:12]} was revoked before.")
    signed = sign_body(Revocation(record.id, person.key, "", _reason(reason)), key, "revocation")
    link = (Input("revoked", record.id, record.content),)
    [made] = store.put([Draft(REVOCATION, encode(REVOCATION, signed), STEP, person.key, now, link)])
    return made


def live_waivers(store: SqliteStore) -> list[tuple[str, Waiver]]:
    """Return the waivers (id, body) of a store that are signed and not revoked; some may have ended."""
    found = []
    for record in reversed(store.of_kind(WAIVER)):
        if record.data is None or store.revoked(record.id):
            continue
        try:
            check_body(record.plain, "waiver")
        except VerificationError:
            continue  # `ninefold verify-store` names it; here it opens nothing
        found.append((record.id, record.body(Waiver)))
    return found


def _ready(desk: Desk, model: str) -> Status:
    """Return the approval task of a model whose bundle and verdicts are all fresh, in a project that can be read."""
    if problems := desk.view.problems:
        files = ", ".join(sorted({p.file for p in problems}))
        message = f"{len(problems)} problem(s) leave out what stands in {files}; it may ask for more of {model}."
        raise Refused(message, hint="Correct them; see them with: ninefold check.")
    status = desk.status(model)
    if not status.key or status.contents is None:
        reason = status.reason or "its inputs are not fresh"
        raise Refused(
            f"{status.name} cannot be decided yet: {reason}.", hint=f"Run: {status.command or 'ninefold run'}."
        )
    return status


def _openings(points: list[tuple[Open, str]], *, standing: bool) -> tuple[str, ...]:
    """Return the waivers that open what does not pass."""
    for point, waiver in sorted(points, key=lambda p: p[0].outcome != "fail"):  # nobody waives what cannot be signed
        if point.outcome == "fail":
            raise Refused(f"{point.name} fails: {point.reason}", hint="Improve the model, or change the requirement.")
        if standing:
            raise Refused(f"{point.name} is {point.outcome}; a standing approval needs a pass of everything.")
        if not waiver:
            message = f"{point.name} is insufficient: {point.reason}"
            raise Refused(
                message, hint=f"Answer for it with: ninefold waive MODEL {point.requirement}/{point.criterion}."
            )
    return tuple(sorted(waiver for _, waiver in points))


def _links(desk: Desk, status: Status) -> tuple[Input, ...]:
    links = []
    for role, name in status.planned.results.items():
        record = desk.plan[name].record
        if record is None:
            raise Refused(f"{name} has no record.", hint=f"Run: ninefold run {name}.")
        links.append(Input(role, record.id, record.content))
    return tuple(links)


def _refuse_own_work(store: SqliteStore, links: tuple[Input, ...], person: str) -> None:
    """Return when nothing that an approval rests on, however far above, was made by the person who signs."""
    seen: set[str] = set()
    for link in links:
        for id in (link.id, *(edge.parent for edge in store.lineage(link.id, up=True))):
            if id in seen:
                continue
            seen.add(id)
            record = store.get(id)
            if record.actor == person:
                name = ", ".join(store.names(id)) or record.kind
                message = f"{person} made record {id[:12]} ({name}), which the approval rests on."
                hint = "Have somebody else sign, or say four_eyes = false in ninefold.toml."
                raise Refused(message, hint=hint)


def _reason(text: str) -> str:
    line = " ".join(text.split())
    if not 3 <= len(line) <= 500:
        raise InvalidInput("A decision has a reason of 3 to 500 characters.", hint="Give it with --reason TEXT.")
    return line
