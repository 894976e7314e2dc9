"""The race, the threshold and the model as tables for any surface."""

from ninefold.surface.table import Cell, Table
from ninefold.vocabulary.model import Candidate, Leaderboard, Model, OperatingPoint


def leaderboard_table(name: str, board: Leaderboard) -> Table:
    """Return the leaderboard: best first, then what did not finish, with the reason."""
    columns = ("candidate", "outcome", board.metric, "95 % interval", "behind", "CPU s", "MB", "kB", "us/row",
               "largest difference", "reason")  # fmt: skip
    counts = board.split
    positive = {n: f" ({c} positive)" for n, c in counts.positives.items()}
    rows = (
        f"Split by {counts.kind}: {counts.rows['train']} rows to train on{positive.get('train', '')} in "
        f"{counts.folds} folds, {counts.rows['test']} to test on{positive.get('test', '')}, "
        f"{counts.rows['unused']} in the gap, {counts.rows['censored']} without a label."
    )
    notes = (
        board.why,
        f"{board.used_cpu_s:.1f} of {board.budget_cpu_s:g} s CPU used; {board.ended}.",
        rows,
        *(f"Rows by class to {n} on: {', '.join(f'{c} {k}' for c, k in found.items())}."
          for n, found in counts.by_class.items()),
    )  # fmt: skip
    return Table(f"Candidates of {name}", columns, tuple(map(_row, board.candidates)), notes)


def _row(candidate: Candidate) -> tuple[Cell, ...]:
    interval = (
        None if candidate.low is None or candidate.high is None else f"{candidate.low:.3f} to {candidate.high:.3f}"
    )
    difference = candidate.parity.largest_difference if candidate.parity else None
    return (
        candidate.name, candidate.outcome, _round(candidate.score, 4), interval, _share(candidate.behind),
        round(candidate.cpu_s, 2), round(candidate.peak_mb), _round(candidate.size_kb, 1), candidate.row_us,
        None if difference is None else f"{difference:.1e}", _remark(candidate),
    )  # fmt: skip


def _remark(candidate: Candidate) -> str:
    """Return the reason why it did not finish, or what is to be known of one that did."""
    if candidate.reason:
        return candidate.reason
    if candidate.members:
        return "blend of " + ", ".join(f"{weight:.0%} {name}" for name, weight in candidate.members.items())
    return candidate.parity.note if candidate.parity else ""


def operating_point_table(name: str, point: OperatingPoint) -> Table:
    """Return what each criterion is expected to show on the test set, with the rule beside the model."""
    rows: list[tuple[Cell, ...]] = [
        (point.candidate, e.criterion, _round(e.value, 3), _share(e.probability), e.note) for e in point.expectations
    ]
    if point.baseline is not None:
        rows += [
            (f"rule: {point.baseline.rule}", e.criterion, _round(e.value, 3), _share(e.probability), e.note)
            for e in point.baseline.expectations
        ]
    if point.threshold is not None:
        title = f"Operating point of {name}: alarm from a score of {point.threshold:.4g}"
    else:
        title = f"Operating point of {name}: {f'alarm when the {point.alarm}' if point.alarm else 'nothing alarms'}"
    columns = ("who", "criterion", "out of fold", "passes with probability", "note")
    return Table(title, columns, tuple(rows), (point.reason,))


def model_table(model: Model) -> Table:
    """Return the model that ships, and how it stands to the limits of its device."""
    rows: list[tuple[Cell, ...]] = [
        ("candidate", model.candidate), ("task", model.task), ("features", ", ".join(model.features)), _decides(model),
        ("kB", round(model.size_kb, 1)), ("graph", model.onnx[:12]), ("rows of the parity gate", model.parity.rows),
        ("largest difference", model.parity.largest_difference), ("label flips", model.label_flips),
    ]  # fmt: skip
    if model.classes:
        rows.append(("classes", ", ".join(model.classes)))
    for limit in model.limits:
        held = {True: "held", False: "exceeded", None: "measured on the device"}[limit.held]
        rows.append((f"limit {limit.name}", f"{limit.limit:g}: {held}"))
    return Table(f"Model {model.name}", ("what", "value"), tuple(rows))


def _decides(model: Model) -> tuple[Cell, ...]:
    if model.threshold is not None:
        return ("threshold", model.threshold)
    return ("alarm", str(model.alarm) if model.alarm else "never")


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _share(value: float | None) -> str | None:
    return None if value is None else f"{value:.0%}"
