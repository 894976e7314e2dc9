"""Recall and false alarms counted the slow way: the oracle of the fast code."""

from ninefold.criteria.subjects import Episodes


def recount(subject: Episodes, positive: list[bool], lead: tuple[float, float], hold: float) -> tuple[int, int, int]:
    """Return caught events, false alarms and alarms, on the operating clock, one row at a time."""
    rows = sorted(range(len(positive)), key=lambda i: (str(subject.asset[i]), int(subject.t[i])))
    life = {i: (str(subject.asset[i]), None if subject.reset is None else str(subject.reset[i])) for i in rows}
    raised, alarms = {}, []  # life -> when the latest alarm was raised
    for i in rows:
        if positive[i] and (life[i] not in raised or subject.op_t[i] - raised[life[i]] >= hold):
            raised[life[i]] = subject.op_t[i]
            alarms.append(i)
    caught, excused = 0, set()
    for asset, t, at in zip(subject.events.asset, subject.events.t, subject.events.op_t, strict=True):
        before = [i for i in rows if str(subject.asset[i]) == str(asset) and subject.t[i] <= t]
        if not before:
            continue
        mine = [i for i in rows if life[i] == life[before[-1]]]
        in_time = {i for i in mine if lead[0] <= at - subject.op_t[i] <= lead[1]}
        late = {i for i in mine if -lead[1] <= at - subject.op_t[i] < lead[0] and at >= subject.op_t[i]}
        fatal = [i for i in mine if subject.op_t[i] >= at][:1]
        caught += bool(in_time & set(alarms))
        excused |= in_time | late | set(fatal)
    known = [True] * len(positive) if subject.known is None else subject.known
    return caught, sum(i not in excused and bool(known[i]) for i in alarms), len(alarms)
