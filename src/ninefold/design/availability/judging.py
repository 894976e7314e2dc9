"""From what was measured to findings, and from findings to a verdict with an owner and an action."""

import math
from collections.abc import Iterator, Sequence
from typing import Literal

from ninefold.design.availability.history import AssetHistory, EventHistory, SignalHistory
from ninefold.design.availability.live import Look
from ninefold.design.availability.operating import Operation
from ninefold.kernel.clock import iso
from ninefold.vocabulary.availability import Finding, NeedVerdict, Readiness, SourceFindings
from ninefold.vocabulary.use_case import DataNeed

TOLERANCE = 0.01  # of a history's length: the first sample of a shift comes after its beginning
RATE_TOLERANCE = 0.05
MAX_NULLS = 0.05  # share of rows inside the states
MIN_COVERAGE = 0.99  # share of the time inside the states that is covered
MAX_MISSED = 0.05  # share of the common window's working time that an asset may miss at its ends
CLOCK_S = 60.0  # of clock offset, when a need names no freshness
DAY_US = 86_400_000_000


def signal_findings(
    need: DataNeed, assets: Sequence[str], found: SignalHistory, operation: Operation, now: int
) -> Iterator[Finding]:
    """Return the findings on one signal of one table; `assets` are those that the need names."""
    yield from _assets(assets, list(found.assets))
    if not found.assets:
        yield Finding("rows", "fail", "no row has a value", 0)
        return
    yield Finding("rows", "pass", "rows have a value", sum(a.rows for a in found.assets.values()))
    if need.history is not None:
        yield _history(need.history, found)
    if need.rate_hz is not None:
        yield _rate(need.rate_hz, found)
    if need.max_gap is not None:
        yield _gaps(need.max_gap, found)
    yield _coverage(found)
    yield _window(found, operation)
    if found.nulls is None:
        yield Finding("nulls", "unknown", "no row lies inside the states")
    else:
        why = f"{found.nulls:.1%} of the rows inside the states lack it"
        yield Finding("nulls", _result(found.nulls <= MAX_NULLS), why, found.nulls, MAX_NULLS)
    if need.fresh is not None:
        yield _fresh(need.fresh, found, operation, now)


def live_findings(need: DataNeed, assets: Sequence[str], tags: dict[str, str], seen: Look) -> Iterator[Finding]:
    """Return the findings of a look at a live source; `tags` is asset -> name of the tag."""
    if seen.error:
        yield Finding("reachable", "fail", seen.error)
        return
    yield Finding("reachable", "pass", "the source answers")
    yield from _assets(assets, sorted(tags))
    looks = {asset: seen.tags[name] for asset, name in tags.items() if name in seen.tags}
    silent = [a for a, x in looks.items() if x.samples == 0]
    if silent:
        yield Finding("samples", "unknown", f"{_listed(silent)} sent nothing within {seen.seconds:g} s", 0)
    elif need.fresh is not None and looks:
        yield Finding("fresh", "pass", "samples arrive now", 0.0, float(need.fresh), "s")
    samples = sum(x.samples for x in looks.values())
    bad = sum(x.bad for x in looks.values())
    if samples:
        share = bad / samples
        yield Finding("quality", _result(share <= MAX_NULLS), f"{share:.0%} of the samples are bad", share, MAX_NULLS)
    doubted = [seen.doubts[name] for name in tags.values() if name in seen.doubts]
    if doubted:
        worst_ = max(doubted, key=lambda d: d.certain)
        yield Finding("plausible", "fail" if worst_.certain else "unknown", worst_.why)
    offsets = {a: x.offset_s for a, x in looks.items() if x.offset_s is not None}
    if offsets:
        worst = max(offsets, key=lambda a: abs(offsets[a]))
        limit = float(need.fresh) if need.fresh is not None else CLOCK_S
        why = f"the clock of {worst} is off by {_span(offsets[worst])} at most, the way here included"
        yield Finding("clock", _result(abs(offsets[worst]) <= limit), why, offsets[worst], limit, "s")
    else:
        yield Finding("clock", "unknown", "too few samples to compare the clocks")


def event_verdict(
    need: DataNeed, source: SourceFindings, found: EventHistory, needed: int | None, now: int
) -> NeedVerdict:
    """Return the verdict on a kind of event: how many are there, against how many are needed, and when they will be."""
    if found.count == 0:
        unreadable = next((f.why for f in source.findings if f.check == "readable" and f.result == "fail"), "")
        reason = unreadable or f"{source.connection} holds no {need.signal}"
        action = f"Ask the owner of {source.connection} how {need.signal} is recorded."
        return NeedVerdict(need.signal, "event", "missing", reason, action, source.connection, (source,), 0, needed)
    rate = found.recent / found.days if found.days > 0 else 0.0
    enough = needed is None or found.count >= needed
    on = None
    if not enough and needed is not None and rate > 0:
        on = now + math.ceil((needed - found.count) / rate * DAY_US)
    reason = f"{found.count} of {needed} events are there" if needed is not None else f"{found.count} events are there"
    action = ""
    if not enough:
        when = f"they will be there on {iso(on)[:10]}" if on is not None else "at today's rate they will not come"
        action = f"Wait, or label older records: {when}."
    failed = [f for f in source.findings if f.result == "fail"]
    if failed and enough:
        reason, action = failed[0].why, f"Ask the owner of {source.connection}."
    verdict: Readiness = "available" if enough and not failed else "partial"
    owner = "" if verdict == "available" else source.connection
    return NeedVerdict(need.signal, "event", verdict, reason, action, owner, (source,), found.count, needed, on)


def signal_verdict(need: DataNeed, histories: Sequence[SourceFindings], lives: Sequence[SourceFindings]) -> NeedVerdict:
    """Return the verdict on a signal: its best history and every live source must pass."""
    sources = (*histories, *lives)
    best = min(histories, key=lambda s: s.failed, default=None)
    counted = [*([best] if best is not None else []), *lives]
    usable = [s for s in counted if not _useless(s)]
    if not usable:
        worst = counted[0]
        why = next(f.why for f in worst.findings if f.result == "fail")
        action = f"Ask the owner of {worst.connection}."
        return NeedVerdict(need.signal, "signal", "missing", why, action, worst.connection, sources)
    if best is None and (need.history is not None or need.rate_hz is not None or need.max_gap is not None):
        reason = f"{lives[0].connection} is live and nothing records it"
        action = f"Record {lives[0].connection}, or connect its historian."
        return NeedVerdict(need.signal, "signal", "partial", reason, action, "the use case", sources)
    arriving = any(f.check == "fresh" and f.result == "pass" for s in lives for f in s.findings)
    gaps = [(s, f) for s in counted for f in s.findings if f.result == "fail"]
    if arriving:  # a historian that writes once a night is fresh enough beside a live source
        gaps = [(s, f) for s, f in gaps if f.check != "fresh"]
    gaps += [(s, f) for s in ([best] if best is not None else []) for f in s.findings if f.result == "unknown"]
    if not gaps:
        names = ", ".join(s.connection for s in counted)
        return NeedVerdict(need.signal, "signal", "available", f"{names} gives all that is needed", sources=sources)
    source, finding = gaps[0]
    action = f"Ask the owner of {source.connection}: {finding.check}."
    return NeedVerdict(need.signal, "signal", "partial", finding.why, action, source.connection, sources)


def worst(verdicts: Sequence[NeedVerdict]) -> Readiness:
    """Return the verdict of a use case."""
    order: tuple[Readiness, ...] = ("missing", "partial", "available")
    return min((v.verdict for v in verdicts), key=order.index, default="available")


def _useless(source: SourceFindings) -> bool:
    return any(
        f.result == "fail" and f.check in {"reachable", "rows", "readable", "connector"} for f in source.findings
    )


def _result(good: bool) -> Literal["pass", "fail"]:
    return "pass" if good else "fail"


def _assets(wanted: Sequence[str], found: Sequence[str]) -> Iterator[Finding]:
    absent = sorted(set(wanted) - set(found))
    why = f"{_listed(absent)} is absent" if absent else "every asset is there"
    yield Finding("assets", _result(not absent), why, len(set(wanted) & set(found)), len(set(wanted)))


def _history(needed_s: float, found: SignalHistory) -> Finding:
    first = min(a.first for a in found.assets.values())
    last = max(a.last for a in found.assets.values())
    days, needed = (last - first) / DAY_US, needed_s / 86400
    why = f"{days:.1f} days are there, from {iso(first)[:10]} to {iso(last)[:10]}"
    return Finding("history", _result(days >= needed * (1 - TOLERANCE)), why, days, needed, "d")


def _rate(needed: float, found: SignalHistory) -> Finding:
    rates = {a: h.rate_hz for a, h in found.assets.items()}
    known = {a: r for a, r in rates.items() if r is not None}
    if not known:
        return Finding("rate", "unknown", "too few samples inside the states", None, needed, "Hz")
    asset = min(known, key=lambda a: known[a])
    why = f"{asset} sends {known[asset]:.3g} Hz inside the states"
    return Finding("rate", _result(known[asset] >= needed * (1 - RATE_TOLERANCE)), why, known[asset], needed, "Hz")


def _gaps(needed_s: float, found: SignalHistory) -> Finding:
    number = sum(h.gaps for h in found.assets.values())
    asset, longest = max(found.assets.items(), key=lambda item: item[1].longest_s)
    if longest.longest_at is None:
        return Finding("gaps", "pass", f"no gap is longer than {_span(needed_s)}", 0.0, needed_s, "s")
    when = f"{_span(longest.longest_s)} on {asset} from {iso(longest.longest_at)}"
    why = f"{number} gaps inside the states; the longest: {when}"
    return Finding("gaps", "fail", why, longest.longest_s, needed_s, "s")


def _coverage(found: SignalHistory) -> Finding:
    shares = {a: s for a, h in found.assets.items() if (s := _share(h)) is not None}
    if not shares:
        return Finding("coverage", "unknown", "no time lies inside the states", None, MIN_COVERAGE)
    asset = min(shares, key=lambda a: shares[a])
    why = f"{shares[asset]:.2%} of the time inside the states is covered on {asset}"
    return Finding("coverage", _result(shares[asset] >= MIN_COVERAGE), why, shares[asset], MIN_COVERAGE)


def _share(history: AssetHistory) -> float | None:
    total = history.covered_s + history.gap_s
    return history.covered_s / total if total > 0 else None


def _window(found: SignalHistory, operation: Operation) -> Finding:
    """Every asset against the window of all: one that started late or has died shows."""
    names = list(found.assets)
    first = min(h.first for h in found.assets.values())
    last = max(h.last for h in found.assets.values())
    total = float(operation.worked([first], [last])[0])
    if total <= 0:
        return Finding("window", "unknown", "all samples are of one moment", None, MAX_MISSED)
    late = operation.worked([first] * len(names), [found.assets[a].first for a in names])
    early = operation.worked([found.assets[a].last for a in names], [last] * len(names))
    missed = {a: float(m) / total for a, m in zip(names, late + early, strict=True)}
    asset = max(missed, key=lambda a: missed[a])
    why = f"{asset} misses {missed[asset]:.1%} of the common window"
    return Finding("window", _result(missed[asset] <= MAX_MISSED), why, missed[asset], MAX_MISSED)


def _fresh(needed_s: float, found: SignalHistory, operation: Operation, now: int) -> Finding:
    ages = {a: float(operation.worked([h.last], [now])[0]) for a, h in found.assets.items()}
    asset = max(ages, key=lambda a: ages[a])
    if ages[asset] < 0:
        why = f"the newest sample of {asset} lies {_span(-ages[asset])} in the future"
        return Finding("fresh", "fail", why, ages[asset], needed_s, "s")
    why = f"the newest sample of {asset} is {_span(ages[asset])} of working time old"
    return Finding("fresh", _result(ages[asset] <= needed_s), why, ages[asset], needed_s, "s")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _span(seconds: float) -> str:
    size = abs(seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if size >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.3g} s"
