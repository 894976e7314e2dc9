"""The check of a finished demo: it counts what the verdicts say again, and a verdict that says otherwise is found."""

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.demo import check as recounted
from tests.small_cell import REQUIREMENT, edit, opened, run, sign

from ninefold.development.validation import measuring
from ninefold.operations.deployment.publishing import publish
from ninefold.vocabulary.measurement import Measurement

CHECK = Path(__file__).parent / "check.py"


def check(project: Path) -> str:
    """Return how the check ends, in this process: the sentence of a difference, or the lines of what agrees."""
    try:
        return "\n".join(recounted.check(project))
    except recounted.Differs as error:
        return f"Differs: {error}"


def by_command(project: Path) -> tuple[int, str]:
    """Return exit code and output of the check as a program."""
    done = subprocess.run([sys.executable, str(CHECK), str(project)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def rewrite(project: Path, old: str, new: str) -> None:
    """Replace a text in the body of the recall verdict, as somebody with access to the store's file could."""
    with sqlite3.connect(project / ".ninefold" / "store.db") as db:
        query = "SELECT content, CAST(data AS TEXT) FROM body WHERE kind = 'verdict@1'"
        [(content, data)] = [(c, d) for c, d in db.execute(query) if '"criterion":"recall"' in d]
        assert old in data
        db.execute("UPDATE body SET data = ? WHERE content = ?", (data.replace(old, new, 1).encode(), content))
    db.close()


def published(project: Path) -> Path:
    """Return the blob of the bundle file that gateway-1 is to run."""
    with sqlite3.connect(project / ".ninefold" / "store.db") as db:
        [(value,)] = db.execute("SELECT value FROM reference WHERE name = 'desired/edge:gateway-1'")
    db.close()
    digest = json.loads(value)["file"]
    return project / ".ninefold" / "blobs" / digest[:2] / str(digest[2:])


@pytest.mark.job("chain/recounted", against="cases", what="independent recount")
def test_an_honest_project_is_confirmed(small_cell_once: Path) -> None:
    """Recall and false alarms are what the graph in the bundle gives on the test rows."""
    code, said = by_command(small_cell_once)
    assert code == 0, said
    assert "REQ-tool-failure-warning/recall: pass; from" in said
    assert "REQ-tool-failure-warning/false-alarms: pass; from" in said


@pytest.mark.parametrize(
    ("old", "new"),
    [('"successes":', '"successes":1'), ('"outcome":"pass"', '"outcome":"fail"'), ('"where":{"variant":"H"}', '"where":{"variant":"M"}')],
    ids=["count", "outcome", "slice"],
)  # fmt: skip
def test_a_verdict_that_was_altered_in_the_store_is_found(cell_root: Path, old: str, new: str) -> None:
    """It is no longer the one that travels in the signed bundle."""
    rewrite(cell_root, old, new)
    code, said = by_command(cell_root)
    assert code == 1
    assert "REQ-tool-failure-warning/recall: the store's verdict is not the one in the signed bundle" in said


def republished(project: Path) -> None:
    """Judge by a slightly higher recall, sign and publish, so that measurements and verdicts are made anew."""
    edit(project, REQUIREMENT, "value: 0.70}", "value: 0.71}")
    with opened(project) as composer:
        assert not run(composer).failed
        key = sign(composer.session)
        key.public.write(project / "keys" / "second.pub")
        run(composer, "rollout:*")
        publish(composer.session.status(), composer.session.store, composer.session.blobs, "cell-gateways", key)


@pytest.mark.job("chain/invented", against="cases", what="independent recount")
def test_a_signed_verdict_on_invented_counts_is_found(cell_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records, digests, evidence and signature all fit; only counting again shows that a failure was not announced."""
    honest = measuring.measure

    def one_more(*arguments: Any, **options: Any) -> Measurement:
        found = honest(*arguments, **options)
        if found.metric != "recall":
            return found
        overall = msgspec.structs.replace(found.overall, successes=(found.overall.successes or 0) + 1)
        return msgspec.structs.replace(found, overall=overall)

    monkeypatch.setattr(measuring, "measure", one_more)
    monkeypatch.setattr(measuring.MeasurementStep, "version", "invented")  # or what was measured honestly is found
    republished(cell_root)
    said = check(cell_root)
    assert said.startswith("Differs: ")
    assert "REQ-tool-failure-warning/recall: successes is recorded as" in said


def test_a_verdict_judged_anew_and_honestly_is_confirmed(cell_root: Path) -> None:
    """The same way without the invention ends well, so it is the invention that is found above."""
    republished(cell_root)
    assert "REQ-tool-failure-warning/recall: pass" in check(cell_root)


def test_a_threshold_that_changed_since_is_found(cell_root: Path) -> None:
    """The requirement's file now asks for more than what was judged."""
    edit(cell_root, REQUIREMENT, "value: 0.70}", "value: 0.80}")
    said = check(cell_root)
    assert said.startswith("Differs: ")
    assert "the file says" in said


def test_a_bundle_with_a_flipped_byte_is_found(cell_root: Path) -> None:
    """`ninefold verify` refuses it before anything is counted."""
    path = published(cell_root)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()  # the copied cell shares it
    path.write_bytes(bytes(data))
    said = check(cell_root)
    assert said.startswith("Differs: ")
    assert "`ninefold verify` refuses the bundle" in said


def test_a_bundle_of_somebody_else_is_found(cell_root: Path) -> None:
    """Nobody who is trusted signed it."""
    shutil.rmtree(cell_root / "keys")
    (cell_root / "keys").mkdir()
    assert "Nobody who is trusted here signed" in check(cell_root)
