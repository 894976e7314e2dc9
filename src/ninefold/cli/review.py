"""The command that says what a change does to the evidence."""

from pathlib import Path

import click

from ninefold.cli.compose import Composer


@click.command("review")
@click.option("--base", required=True, help="The branch or commit that the change is to enter.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="The Markdown to write.")
@click.pass_obj
def review_(composer: Composer, base: str, output: Path | None) -> None:
    """Say what became stale, which verdicts changed and what a reviewer must see done, since the change left --base."""
    from ninefold.kernel.trees import merge_base
    from ninefold.lifecycle.review import Side, markdown, review

    commit = merge_base(composer.root, base)
    store = composer.session.store
    sides = [Side(composer.view(r), composer.plan(store, r)) for r in (commit, None)]
    text = markdown(review(*sides), f"commit {commit[:12]}")
    if output is None:
        composer.screen.write(text)
        return
    output.write_text(text, encoding="utf-8")
    composer.screen.write(f"Wrote {output}: {text.splitlines()[0].removeprefix('## ')}.")
