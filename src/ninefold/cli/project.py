"""Commands about the project's files: begin one, check them all."""

import json
from importlib.metadata import version
from pathlib import Path

import click

from ninefold.cli.compose import Composer
from ninefold.kernel.errors import InvalidFile
from ninefold.kernel.project import read_settings
from ninefold.kernel.view import View
from ninefold.operations.delivery.place import folder_of
from ninefold.operations.delivery.sarif import FileFinding, of_problem
from ninefold.operations.delivery.sarif import sarif as sarif_log


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def init(composer: Composer, folder: Path) -> None:
    """Begin a project in FOLDER: its file and the folders that people write in. Existing files are kept."""
    from ninefold.lifecycle.founding import found_project

    found_project(folder)
    composer.screen.write(f"Began the project {folder}. Next: write requirements/REQ-*.md, then: ninefold check.")


@click.command()
@click.option("--revision", help="Check a commit, branch or tag instead of the working copy.")
@click.option(
    "--sarif", type=click.Path(dir_okay=False, path_type=Path), help="Write problems and warnings to this file."
)
@click.pass_obj
def check(composer: Composer, revision: str | None, sarif: Path | None) -> int:
    """Read every project file and report all problems, each at its file, line and field."""
    try:
        read_settings(composer.root)
    except InvalidFile as error:
        if sarif is not None:
            _write_sarif(sarif, composer.root, [of_problem(p) for p in error.problems])
        raise
    view = composer.view(revision)
    if sarif is not None:
        _write_sarif(sarif, composer.root, _findings(view))
    for problem in view.problems:
        composer.screen.write(str(problem))
    files = {f.file for f in view.facets.values() if f.file}
    if view.problems:
        composer.screen.write(f"{len(view.problems)} problem(s); {len(files)} file(s) without one.")
        return 1
    composer.screen.write(f"{len(files)} file(s), {len(view.facets)} facets, no problem.")
    return 0


def _findings(view: View) -> list[FileFinding]:
    """Return the problems of a view and the warnings about its requirements."""
    from ninefold.design.requirements.lint import lint_now

    found = [of_problem(p) for p in view.problems]
    for facet in view.of_kind("index"):
        id = facet.name.removesuffix("#index")
        if not id.startswith("REQ-"):
            continue
        for finding in lint_now(view.facets, id).findings:
            text = f"{finding.criterion + ': ' if finding.criterion else ''}{finding.message} {finding.hint}".strip()
            found.append(FileFinding(f"requirement/{finding.rule}", "warning", facet.file, facet.line, text))
    return found


def _write_sarif(path: Path, root: Path, findings: list[FileFinding]) -> None:
    log = sarif_log(findings, version("ninefold"), folder_of(root))
    path.write_text(json.dumps(log, indent=1), encoding="utf-8")
