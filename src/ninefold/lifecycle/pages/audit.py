"""The audit: what was recorded, the newest first, narrowed as asked; whether every chain verifies; who keeps it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from ninefold.kernel.clock import iso
from ninefold.kernel.errors import NotFound
from ninefold.kernel.log_filter import LogFilter
from ninefold.kernel.records import Record
from ninefold.kernel.sqlite import SqliteStore
from ninefold.lifecycle.job import JobState
from ninefold.lifecycle.known import who
from ninefold.lifecycle.tables import said
from ninefold.surface.blocks import Act, Block, Facts, Field, Form, Go, Panel, Why
from ninefold.surface.cells import Cell, Moment, Noted, Ref, State
from ninefold.surface.page import Page
from ninefold.surface.table import Table
from ninefold.surface.words import Say, Text, counted, quote

ROWS = 100  # of a page
COLUMNS = ("time", "record", "kind", "names", "step", "actor", "says")


class Asked(msgspec.Struct, frozen=True):
    """What the page is narrowed to, as its form sends it."""

    kind: str = ""
    step: str = ""
    actor: str = ""
    day: str = ""  # 2026-11-24, in the reader's zone
    before: str = ""  # the id of a record

    def filter(self, zone: str) -> tuple[LogFilter, Text]:
        """Return the filter, and what is wrong with the day."""
        only = LogFilter(self.kind, self.step, self.actor)
        if not self.day:
            return only, ""
        try:
            begin = datetime.strptime(self.day, "%Y-%m-%d").replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            return only, Say("audit.wrong-day")
        since, until = (round(t.astimezone(UTC).timestamp() * 1e6) for t in (begin, begin + timedelta(days=1)))
        return msgspec.structs.replace(only, since=since, until=until), ""


def audit_page(
    store: SqliteStore, asked: Asked, zone: str, names: Mapping[str, str], verified: JobState | None = None
) -> Page:
    """Return the latest records that are asked for, or those before one.

    Raises:
        NotFound: no record has the id `before`.
    """
    if asked.before and not store.has(asked.before):
        raise NotFound(f"No record is called {asked.before[:64]!r}.", hint="Open the audit page without it.")
    only, wrong = asked.filter(zone)
    found = store.log(ROWS + 1, asked.before, only)
    records = _table(store, found, asked, names)
    return Page(
        Say("audit.title", {"n": store.count()}),
        (
            Panel(Say("audit.verification"), _verification(verified), name="verification"),
            Panel(Say("audit.narrow"), (_form(store, asked, names, wrong),), name="narrow"),
            Panel(Say("audit.records"), (records,), name="records"),
            Panel(Say("audit.chains"), _chains(store), Say("audit.heads"), name="chains"),
        ),
        subtitle=Say("audit.sub", {"n": len(store.tails())}), place="audit",
    )  # fmt: skip


def rows_of(store: SqliteStore, only: LogFilter, most: int = 1_000_000) -> Iterator[tuple[str, ...]]:
    """Yield every record that is asked for as plain text, the newest first, one cell for each of COLUMNS."""
    before = ""
    while most > 0 and (found := store.log(min(1000, most), before, only)):
        named = store.names_of([r.id for r in found])
        for r in found:
            yield (iso(r.time), r.id, r.kind, ", ".join(named[r.id]), r.step, r.actor, said(r.plain))
        before, most = found[-1].id, most - len(found)


def _table(store: SqliteStore, found: Sequence[Record], asked: Asked, names: Mapping[str, str]) -> Table:
    shown = found[:ROWS]
    named = store.names_of([r.id for r in shown])
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (Moment(r.time), Noted(Ref("record", r.id, (named[r.id] or [r.kind])[0]), quote(said(r.plain)[:300])),
         r.kind, r.step, who(r.actor, names), r.id[:12]) for r in shown
    )  # fmt: skip
    columns = tuple(Say(f"audit.{c}") for c in ("time", "record", "kind", "step", "actor", "id"))
    more = ""
    if len(found) > ROWS:
        values = {k: v for k, v in msgspec.structs.asdict(asked).items() if v} | {"before": shown[-1].id}
        more = f"/audit?{urlencode(values)}"
    narrowed = asked != Asked()
    return Table("", columns, rows, (), Say("audit.none-such" if narrowed else "audit.empty"), more)


def _form(store: SqliteStore, asked: Asked, names: Mapping[str, str], wrong: Text) -> Form:
    kinds: tuple[tuple[str, Text], ...] = (("", Say("audit.any")), *((k, k) for k in store.kinds()))
    people: tuple[tuple[str, Text], ...] = (("", Say("audit.any")), *names.items())
    if asked.actor and asked.actor not in names:
        people = (*people, (asked.actor, asked.actor))
    fields = (
        Field("kind", Say("audit.kind"), "select", asked.kind, kinds),
        Field("step", Say("audit.step"), value=asked.step, hint=Say("audit.step-hint")),
        Field("actor", Say("audit.actor"), "select", asked.actor, people),
        Field("day", Say("audit.day"), "date", asked.day, problem=wrong),
    )
    also = (("audit.csv", Say("audit.export")),)
    return Form("", "audit", fields, Say("audit.show"), role="viewer", weight="plain", also=also, asks=True)


def _verification(job: JobState | None) -> tuple[Block, ...]:
    act = Act(Say("audit.verify"), "audit/verify", role="viewer")
    if job is None:
        return (Why(State("pending", Say("audit.not-verified")), Say("audit.verify-told"), "", "", act),)
    go = Go(Say("audit.open-run"), Ref("page", f"jobs/{job.id}"))
    if job.stage == "running":
        return (Why(State("running"), Say("jobs.title-verify-running"), "", "", go),)
    note = Say("audit.took", {"s": round((job.ended - job.started) / 1e6, 1)})
    if job.stage == "done":
        text: Text = Say("jobs.title-verify-done", {"records": job.records})
        facts = Facts("", ((Say("audit.verified-at"), Moment(job.ended), ""),))
        return (Why(State("pass", Say("audit.verified")), text, note, "", act), facts)
    broken = Say("jobs.title-broken")
    text = counted("jobs.title-verify-failed", len(job.failed)) if job.failed else broken
    return (Why(State("failed"), text, note, "", go),)


def _chains(store: SqliteStore) -> tuple[Block, ...]:
    """Return the end of each chain, and how far others keep it: a cut tail shows only against a head elsewhere."""
    kept: dict[str, list[tuple[str, int]]] = {}
    for origin, witness, sequence, _ in store.witnessed():
        kept.setdefault(origin, []).append((witness, sequence))
    rows: list[tuple[Cell, ...]] = []
    for origin, (sequence, digest) in sorted(store.tails().items()):
        others = ", ".join(f"{w} ({n})" for w, n in kept.get(origin, ()))
        rows.append((origin, sequence, digest[:16], others or Say("audit.nobody")))
    columns = tuple(Say(f"audit.{c}") for c in ("origin", "event", "head", "kept"))
    return (Table("", columns, tuple(rows), (), Say("audit.no-chain")),)
