"""The board's cells of phase I: requirements, priorities, data check."""

from ninefold.lifecycle.board.standing import Standing, body_of, cell, not_all_fresh
from ninefold.surface.blocks import BoardCell
from ninefold.surface.cells import Ref, State
from ninefold.surface.words import Say
from ninefold.vocabulary.availability import Availability
from ninefold.vocabulary.ranking import Ranking
from ninefold.vocabulary.requirement_lint import RequirementLint
from ninefold.vocabulary.use_case import Scores


def requirements(standing: Standing, use_case: str) -> BoardCell:
    linked = standing.belonging.requirements_of(use_case)
    to = Ref("requirement", linked[0]) if len(linked) == 1 else Ref("page", "requirements")
    if not linked:
        return cell("missing", Say("overview.no-requirement"), to)
    tasks = [t for t in standing.belonging.tasks(use_case, 1) if t.name.startswith("lint:")]
    if (found := not_all_fresh(standing, tasks, to)) is not None:
        return found
    prefix = tuple(f"{r}#criterion/" for r in linked)
    criteria = sum(f.name.startswith(prefix) for f in standing.view.facets.values() if f.kind == "criterion")
    findings = sum(len(body.findings) for t in tasks if (body := body_of(t, RequirementLint)) is not None)
    if not criteria:
        return cell("missing", Say("overview.no-criterion"), to)
    one = "criterion" if criteria == 1 else "criteria"
    code = f"overview.{one}" if not findings else f"overview.{one}-findings"
    return cell("fresh", Say(code, {"n": criteria, "findings": findings}), to)


def priorities(standing: Standing, use_case: str) -> BoardCell:
    to = Ref("use-case", use_case)
    tasks = standing.belonging.tasks(use_case, 2)
    ranking = ranking_of(standing)
    if (found := not_all_fresh(standing, tasks, to)) is not None or ranking is None:
        return found or cell("missing", Say("overview.no-scores"), to)
    out = next((e for e in ranking.excluded if e.use_case == use_case), None)
    if out is not None:
        return BoardCell(State("idle", Say("overview.excluded")), "; ".join(out.reasons), to)
    facet = standing.view.facets.get(f"{use_case}#scores")
    scores = facet.body.scores if facet is not None and isinstance(facet.body, Scores) else {}
    unknown = [name for name, score in scores.items() if not score.known]
    if unknown:
        return cell("insufficient", Say("overview.score-unknown", {"name": unknown[0]}), to)
    place = next((p for p in ranking.places if p.use_case == use_case), None)
    if place is None:
        return cell("missing", Say("overview.no-scores"), to)
    return cell("fresh", Say("overview.rank", {"rank": place.rank, "share": round(100 * place.first)}), to)


def data(standing: Standing, use_case: str) -> BoardCell:
    facet = standing.view.facets.get(f"{use_case}#data_needs")
    tasks = standing.belonging.tasks(use_case, 3)
    to = Ref("page", "data", part=use_case)
    if facet is None or not facet.body.needs:
        return cell("missing", Say("overview.no-needs"), to)
    checked = next((t for t in tasks if t.name.startswith("availability:")), None)
    if (found := not_all_fresh(standing, tasks, to)) is not None:
        return found
    body = None if checked is None else body_of(checked, Availability)
    if body is None:
        return cell("missing", Say("reasons.never-run"), to)
    there = sum(n.verdict == "available" for n in body.needs)
    if there == len(body.needs):
        return cell("available", Say("overview.needs-all", {"n": there}), to)
    first = min((n for n in body.needs if n.verdict != "available"), key=lambda n: n.verdict != body.verdict)
    values: dict[str, str | int | float] = {"there": there, "n": len(body.needs), "signal": first.signal}
    if body.verdict == "missing":
        return cell("failed", Say("overview.needs-missing", values), to)
    return cell("partial", Say("overview.needs-partial", values), to)


def ranking_of(standing: Standing) -> Ranking | None:
    return body_of(standing.plan["ranking"], Ranking) if "ranking" in standing.plan else None
