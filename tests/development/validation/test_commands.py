"""The commands of a named person, on a project in miniature: what they say, and what they refuse."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click import Command
from click.testing import CliRunner, Result
from tests.development.validation.world import World

from ninefold.development.validation.commands import revoke_, sign_, waive_
from ninefold.kernel.blobs import Blobs
from ninefold.kernel.errors import NinefoldError
from ninefold.operations.deployment.bundles import release_


class Project(World):
    """A world with the key in a file, as a command meets it."""

    def call(self, command: Command, *arguments: str) -> Result:
        """Run a command with everything brought up to date."""
        lines: list[str] = []
        self.run()
        (self.folder / "ninefold.toml").write_text('name = "x"\n')
        session = SimpleNamespace(
            root=self.folder, store=self.store, blobs=Blobs(self.folder / "blobs"), clock=self.clock, screen=SimpleNamespace(write=lines.append), status=self.plan, view=self.view,
        )  # fmt: skip
        result = CliRunner().invoke(command, arguments, obj=SimpleNamespace(session=session))
        if isinstance(result.exception, NinefoldError):
            raise result.exception
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        self.said = "\n".join(lines)
        return result


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    made = Project(tmp_path)
    made.key.write(tmp_path / "key.pem")
    monkeypatch.setenv("NINEFOLD_KEY", str(tmp_path / "key.pem"))
    yield made
    made.store.close()


def test_sign_waive_and_revoke(project: Project) -> None:
    """The three commands in the order in which people use them."""
    project.verdicts.outcomes["REQ-x/recall"] = "insufficient"
    project.call(waive_, "m", "REQ-x/recall", "--reason", "few failures", "--until", "2030-01-31")
    assert "Waived REQ-x/recall of m to the end of 2030-01-31" in project.said
    project.call(sign_, "approval:m", "--reason", "looks good")
    assert "Signed approval:m with the key" in project.said
    assert project.state()[0] == "fresh"
    record = project.said.rpartition("record ")[2].rstrip(".")
    project.call(revoke_, record, "--reason", "a mistake")
    assert project.state()[0] == "blocked"


def test_a_standing_approval_is_signed_with_its_end(project: Project) -> None:
    """--standing and --until belong together."""
    project.call(sign_, "m", "--reason", "trusted", "--standing", "--until", "2030-01-31", "--uses", "2")
    project.bundles.data = 2
    assert project.state() == ("fresh", "covered by a standing approval")
    for wrong in (("--standing",), ("--until", "2030-01-31")):
        done = project.call(sign_, "m", "--reason", "trusted", *wrong)
        assert (done.exit_code, "belong together" in done.output) == (2, True)


def test_wrong_words_are_named(project: Project) -> None:
    """A slice without a value, a day that is none, a record that is none, a model without approval."""
    done = project.call(waive_, "m", "REQ-x/recall", "--reason", "few", "--until", "2030-01-31", "--slice", "H")
    assert (done.exit_code, "COLUMN=VALUE" in done.output) == (2, True)
    for command, arguments, message in (
        (waive_, ("m", "REQ-x/recall", "--reason", "few failures", "--until", "soon"), "'soon' is no date"),
        (revoke_, ("ffff", "--reason", "a mistake"), "No record begins with"),
        (release_, ("m",), "m is not approved"),
    ):
        with pytest.raises(NinefoldError, match=message):
            project.call(command, *arguments)
