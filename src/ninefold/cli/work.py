"""Commands about the work: how everything stands, bringing it up to date, looking at results and at the chain."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ninefold.cli.compose import Composer, cancellable
from ninefold.kernel.clock import iso
from ninefold.kernel.plan import Plan
from ninefold.lifecycle.tables import said, status_table
from ninefold.surface.table import Table

if TYPE_CHECKING:
    from ninefold.fleet.decisions import FoundDecision


@click.command("status")
@click.argument("patterns", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Show fresh tasks too.")
@click.option("--revision", help="The status of a commit, branch or tag instead of the working copy.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON for another program.")
@click.pass_obj
def status_(
    composer: Composer, patterns: tuple[str, ...], everything: bool, revision: str | None, as_json: bool
) -> None:
    """Show what is fresh, stale, missing or blocked, why, and the next command. Nothing is written."""
    import fnmatch

    session = composer.session
    plan = composer.plan(session.store, revision)
    if patterns:
        names = [n for n in plan.statuses if any(fnmatch.fnmatchcase(n, p) for p in patterns)]
        plan = Plan(plan[n] for n in names)
        everything = True
    if as_json:
        rows = [
            {"name": s.name, "state": s.state, "reason": s.reason, "command": s.command, "waits": s.waits}
            for s in plan.statuses.values()
        ]
        composer.screen.write(json.dumps(rows, indent=1))
        return
    composer.screen.show(status_table(plan, everything=everything))
    _broken(composer, revision)


@click.command()
@click.argument("patterns", nargs=-1)
@click.option("--again", is_flag=True, help="Run the named tasks even when fresh, and choose the new results.")
@click.pass_obj
def run(composer: Composer, patterns: tuple[str, ...], again: bool) -> int:
    """Bring everything up to date, or the tasks that match PATTERNS and what they need. Redoes only what must be."""
    from ninefold.lifecycle.update import bring_up_to_date

    if again and not patterns:
        raise click.UsageError("--again needs the names of the tasks to run again.")
    with cancellable() as cancel:
        outcome = bring_up_to_date(
            composer.session, composer.steps, patterns, again=again, cancel=cancel, actor=composer.actor
        )
    composer.screen.clear()
    for name in outcome.done:
        composer.screen.write(f"done    {name}")
    for name, error in outcome.failed.items():
        composer.screen.write(f"failed  {name}: {error}")
    unfinished = [n for n in outcome.unfinished if n not in outcome.failed]
    for name in unfinished:
        found = outcome.plan[name]
        if not found.waits:
            composer.screen.write(f"{found.state:8}{name}: {found.reason}. Next: {found.command}")
    composer.screen.write(f"{len(outcome.done)} done, {outcome.reused} fresh before, {len(outcome.failed)} failed.")
    broken = _broken(composer)
    return 1 if outcome.failed or unfinished or broken else 0


def _broken(composer: Composer, revision: str | None = None) -> bool:
    """Say that files have problems, so that what they describe is left out; return whether any has."""
    problems = composer.view(revision).problems
    if problems:
        files = ", ".join(sorted({p.file for p in problems}))
        composer.screen.write(
            f"{len(problems)} problem(s) leave out what stands in {files}. Look with: ninefold check."
        )
    return bool(problems)


@click.command()
@click.argument("name")
@click.pass_obj
def show(composer: Composer, name: str) -> None:
    """Show the result of a task as JSON, with the record that holds it."""
    evidence = composer.session.ask(name)
    composer.screen.write(
        f"{evidence.name}  {evidence.kind}  record {evidence.id[:12]}  content {evidence.content[:12]}"
    )
    composer.screen.write(json.dumps(evidence.plain, indent=1, ensure_ascii=False))


@click.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many records.")
@click.pass_obj
def log(composer: Composer, limit: int) -> None:
    """List the latest records: when, what, by which step, by whom."""
    store = composer.session.store
    rows = [(iso(r.time), r.id[:12], r.kind, ", ".join(store.names(r.id)), r.step, r.actor) for r in store.log(limit)]
    columns = ("time", "record", "kind", "task", "step", "actor")
    composer.screen.show(Table("", columns, tuple(rows), (), "No records yet. Begin with: ninefold run."))


@click.command("verify-store")
@click.pass_obj
def verify_store_(composer: Composer) -> int:
    """Verify every digest, every chain, every input, and the heads that other parties keep."""
    from ninefold.kernel.verify import verify_store

    store = composer.session.store
    findings = verify_store(store)
    for finding in findings:
        composer.screen.write(f"{finding.about[:24]}: {finding.message}")
    ends = ", ".join(f"{name} at event {n}" for name, (n, _) in store.tails().items())
    composer.screen.write(f"{len(findings)} finding(s). Chains: {ends or 'none'}.")
    return 1 if findings else 0


@click.command()
@click.argument("start")
@click.option("--down", is_flag=True, help="From here to everything that rests on it, instead of back.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON for another program.")
@click.pass_obj
def trace(composer: Composer, start: str, down: bool, as_json: bool) -> None:
    """Walk the chain of evidence from START back to the sentences it rests on, or (--down) on to all that rests on it.

    START is a task, a facet, a requirement, a record, or a decision that an agent made.
    """
    from ninefold.lifecycle import trace as chain
    from ninefold.lifecycle.decided import starts_of

    store = composer.session.store
    starts, decision = starts_of(store, composer.root, start)
    if decision is not None and not as_json:
        _say_decision(composer, decision)
    links = list(chain.trace(store, starts, up=not down))
    if as_json:
        rows = [
            {"depth": k.depth, "role": k.role, "id": k.record.id, "kind": k.record.kind, "names": k.names}
            for k in links
        ]
        composer.screen.write(json.dumps(rows, indent=1))
        return
    for link in links:
        name = link.names[0] if link.names else link.record.kind
        role = f"{link.role}: " if link.role and link.role not in name else ""
        words = said(link.record)
        composer.screen.write(f"{'  ' * link.depth}{role}{name}  {link.record.id[:8]}{'  ' if words else ''}{words}")


def _say_decision(composer: Composer, found: "FoundDecision") -> None:
    fields = found.fields
    said = "alarm" if fields["alarm"] else "no alarm"
    composer.screen.write(
        f"decision {fields['id']}: {said} at {fields['asset']}, part {fields['frame']}, {iso(int(fields['t']))},"
        f" score {fields['score']:.3f}, by the {fields['by']}, {fields['role']}, sent by {found.origin}"
    )


@click.command("gate")
@click.argument("patterns", nargs=-1)
@click.option("--junit", type=click.Path(dir_okay=False), help="Write the checks as JUnit XML to this file.")
@click.option("--markdown", type=click.Path(dir_okay=False), help="Write a report for a pull request to this file.")
@click.option("--revision", help="The gate of a commit, branch or tag instead of the working copy.")
@click.pass_obj
def gate_(
    composer: Composer, patterns: tuple[str, ...], junit: str | None, markdown: str | None, revision: str | None
) -> int:
    """Decide whether a model may go on: 0 pass, 1 fail, 3 insufficient, 4 stale, 5 unapproved."""
    from ninefold.lifecycle import reports
    from ninefold.lifecycle.gate import EXIT_CODES, gate

    session = composer.session
    found = gate(composer.plan(session.store, revision), patterns)
    rows = [(c.name, c.decision, c.reason, c.command) for c in found.checks]
    empty = "No verdict is planned: no model file names a use case whose requirements have criteria."
    composer.screen.show(Table("", ("check", "outcome", "why", "next"), tuple(rows), (), empty))
    for path, render in ((junit, reports.junit), (markdown, reports.markdown)):
        if path:
            Path(path).write_text(render(found), encoding="utf-8")
    if _broken(composer, revision) and found.decision == "pass":  # a criterion may be among what is left out
        composer.screen.write("Gate: stale.")
        return EXIT_CODES["stale"]
    composer.screen.write(f"Gate: {found.decision}.")
    return found.exit_code
