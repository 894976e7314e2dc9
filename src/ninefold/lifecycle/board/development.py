"""The board's cells of phase II: rows, model, validation."""

from ninefold.lifecycle.board.standing import Standing, body_of, cell, not_all_fresh
from ninefold.lifecycle.gate import gate, worst
from ninefold.surface.blocks import BoardCell
from ninefold.surface.cells import Ref
from ninefold.surface.words import Say
from ninefold.vocabulary.model import Leaderboard


def rows(standing: Standing, use_case: str) -> BoardCell:
    tasks = standing.belonging.tasks(use_case, 4)
    labels = [t for t in tasks if t.name.startswith("labels:")]
    recipe = labels[0].name.partition(":")[2] if labels else ""
    to = Ref("recipe", recipe) if recipe else Ref("page", "data/recipes")
    if not [t for t in tasks if not t.name.startswith("dataset:")]:
        return cell("missing", Say("overview.no-recipe"), to)
    if (found := not_all_fresh(standing, tasks, to)) is not None:
        return found
    body = labels[0].last.plain if labels and labels[0].last is not None else None
    if not isinstance(body, dict):
        return cell("fresh", Say("overview.rows-made"), to)
    values: dict[str, str | int | float] = {"rows": int(body.get("rows", 0)), "events": int(body.get("events") or 0)}
    return cell("fresh", Say("overview.rows-events" if values["events"] else "overview.rows", values), to)


def model(standing: Standing, use_case: str) -> BoardCell:
    models = standing.belonging.models_of(use_case)
    tasks = standing.belonging.tasks(use_case, 5)
    to = Ref("model", models[0]) if len(models) == 1 else Ref("page", "models")
    if not models:
        return cell("missing", Say("overview.no-model"), to)
    if (found := not_all_fresh(standing, tasks, to)) is not None:
        return found
    for task in tasks:
        body = body_of(task, Leaderboard) if task.name.startswith("candidates:") else None
        best = next((c for c in body.candidates if c.name == body.winner), None) if body else None
        if body is not None and best is not None and best.score is not None:
            low, high = (round(v, 2) if v is not None else "?" for v in (best.low, best.high))
            metric = body.metric.replace("_", " ")
            values: dict[str, str | int | float] = {
                "metric": metric,
                "score": round(best.score, 2),
                "low": low,
                "high": high,
            }
            return cell("fresh", Say("overview.model-score", values), to)
    return cell("fresh", Say("overview.model-made"), to)


def validation(standing: Standing, use_case: str) -> BoardCell:
    models = standing.belonging.models_of(use_case)
    to = Ref("validation", models[0]) if len(models) == 1 else Ref("page", "validation")
    tasks = [t for t in standing.belonging.tasks(use_case, 6) if not t.name.startswith("approval:")]
    if not tasks:
        return cell("missing", Say("overview.no-verdict"), to)
    if (found := not_all_fresh(standing, tasks, to)) is not None:
        return found
    checks = [c for m in models for c in gate(standing.plan, (m,)).checks if c.verdict is not None]
    for decision in ("fail", "insufficient"):
        bad = next((c for c in checks if c.decision == decision), None)
        if bad is not None and bad.verdict is not None:
            where = ", ".join(f"{k} {v}" for k, v in worst(bad.verdict).where.items())
            name = f"{bad.verdict.criterion}{f', {where}' if where else ''}"
            return cell(
                "failed" if decision == "fail" else "insufficient", Say("overview.criterion-not", {"name": name}), to
            )
    return cell("pass", Say("overview.criteria-pass", {"n": len(checks)}), to)
