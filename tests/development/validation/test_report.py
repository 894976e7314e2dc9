"""The report: one page of HTML that stands alone, a PDF that repeats, and figures with words for those who cannot see them."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from msgspec import structs
from tests.development.validation.made import a_model, machining, material

from ninefold.development.validation.examining import Material
from ninefold.development.validation.report.charts import Bar, Judged, Point, bars, plane, thresholds
from ninefold.development.validation.report.document import Document, document_of
from ninefold.development.validation.report.drawing import Drawing, svg
from ninefold.development.validation.report.gathered import Gathered, Source
from ninefold.development.validation.report.html import LARGEST, page
from ninefold.development.validation.report.pdf import paper
from ninefold.development.validation.report.tables import PARTS, tables_of
from ninefold.development.validation.showing.bounds import bounds_panel
from ninefold.development.validation.step import STEPS
from ninefold.surface.table import Table
from ninefold.surface.words import Say
from ninefold.testing.steps import context
from ninefold.vocabulary.conformal import Conformal, ConformalLevel, Coverage
from ninefold.vocabulary.criterion import Threshold
from ninefold.vocabulary.measurement import Estimate
from ninefold.vocabulary.verdict import Judgement, Verdict

NASTY = '<script>alert("1")</script> & \x00 漢字'


def _several(rng: np.random.Generator) -> Material:
    x = rng.normal(0, 1, 900)
    return material({"x": x, "y": rng.normal(0, 1, 900)}, np.array(["a", "b", "c"], object)[np.digitize(x, [-0.5, 0.5])],
                    lambda m: np.stack([m[:, 0] < -0.4, abs(m[:, 0]) <= 0.4, m[:, 0] > 0.4], 1).astype(float),
                    kind="multiclass", classes=("a", "b", "c"))  # fmt: skip


def _number(rng: np.random.Generator) -> Material:
    x = rng.normal(0, 1, 900)
    return material({"x": x}, x + rng.normal(0, 0.3, 900), lambda m: m[:, 0], kind="regression")


MADE = {"binary": machining, "multiclass": _several, "regression": _number}


def _gathered(kind: str, folder: Path, *, missing: bool = False, name: str = "m") -> Gathered:
    """Return what the real examinations say about a made model, and two verdicts, one of them with a slice."""
    made = MADE[kind](np.random.default_rng(1))
    parts = {} if missing else {s.name: s.examine(made, context(folder, {})) for s in STEPS
                                if s.name in PARTS and s.name != "conformal"}  # fmt: skip
    if not missing:
        level = ConformalLevel(0.9, {"all": Coverage(400, 350, 0.875, 0.84, 0.91)}, width=1.5, mean_size=None)
        parts["conformal"] = Conformal(kind, 500, 400, (level,))
    whole = Judgement("pass", Estimate(0.81, 0.76, 120, opposite=0.86), "The lower 95% bound 0.76 is >= 0.7.")
    few = Judgement("insufficient", Estimate(None, None, 0, note="no samples"), NASTY, {"variant": NASTY})
    verdicts = [
        Verdict("REQ-x", "recall", "recall", "pass", Threshold(">=", 0.7), whole, (few,)),
        Verdict(
            "REQ-x", "drift", "drift", "fail", Threshold(">=", 1.0), Judgement("fail", Estimate(0.001, None, 9), "")
        ),
    ]
    absent = {f"{p}:m": f"ninefold run {p}:m" for p in PARTS} if missing else {}
    sources = [Source("model:m", "stale", "a" * 64, "b" * 64, "model@1")]
    return Gathered(
        name, 1_790_000_000_000_000, a_model("c" * 64, "d" * 64, made.features), verdicts, parts, absent, sources
    )


def test_the_worst_sensor_faults_of_a_criterion_are_told_everywhere(tmp_path: Path) -> None:
    """In the table and the drawing of both reports and on the page: the worst first, and how many there are."""
    cases = tuple(
        Judgement("fail", Estimate(0.1 * n, 0.1 * n - 0.05, 120), f"case {n}.", {"fault": "stuck", "signal": f"s{n}"})
        for n in range(1, 10)
    )
    whole = structs.replace(cases[0], where={}, reason="Under stuck of s1, the worst of 9 sensor faults: case 1.")
    verdict = Verdict("REQ-x", "sturdy", "recall", "fail", Threshold(">=", 0.99), whole, cases=cases)
    gathered = replace(_gathered("binary", tmp_path, missing=True), verdicts=[verdict])
    text = page(document_of(gathered))
    assert text.count("fault=stuck, signal=s5") == 1
    assert "fault=stuck, signal=s6" not in text
    assert "sturdy · stuck, s1" in text
    assert "the worst of 9 sensor faults" in text
    assert "REQ-x/sturdy: the worst 5 of 9 sensor faults; the others are in the record." in text
    assert paper(document_of(gathered)).startswith(b"%PDF")
    [table] = bounds_panel([verdict], ["REQ-x/sturdy"]).blocks
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows][:2] == [Say("validation.worst-of", {"n": 9}), "fault stuck, signal s1"]
    assert len(table.rows) == 9
    assert Say("validation.cases-note", {"shown": 8, "n": 9}) in table.notes


class _Page(HTMLParser):
    """Tags and words of a page; every tag that is opened must be closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.outside: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.outside += [
            v or "" for n, v in attrs if n in {"src", "href", "xlink:href"} and not (v or "").startswith("#")
        ]
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.job("validation/report", against="cases", what="made findings")
@pytest.mark.parametrize("kind", sorted(MADE))
def test_a_page_stands_alone(kind: str, tmp_path: Path) -> None:
    """No script, no outside reference, closed tags, every part with its figure, words escaped, within its size."""
    text = page(document_of(_gathered(kind, tmp_path, name=NASTY)))
    read = _Page(text)
    assert read.outside == []
    assert "script" not in read.tags
    assert "@import" not in text
    assert "url(" not in text
    for heading in (
        "Criteria",
        "Reliability",
        "Sensor faults",
        "Importance",
        "Conformal answers",
        "Leakage",
        "Provenance",
    ):
        assert heading in read.words, heading
    assert read.tags.count("svg") >= 5
    assert len(text.encode()) <= LARGEST
    assert "1 pass, 1 fail" in text
    assert "\x00" not in text


@pytest.mark.parametrize("kind", sorted(MADE))
def test_figures_are_drawn_within_their_ground_and_say_what_they_show(kind: str, tmp_path: Path) -> None:
    """Each SVG parses, has a title and a description, unique ids, and no coordinate far outside or without a number."""
    document = document_of(_gathered(kind, tmp_path))
    drawn = [d for s in document.sections for d in s.figures]
    assert len({d.name for d in drawn}) == len(drawn) >= 4
    for one in drawn:
        root = ET.fromstring(svg(one))
        assert root.find("{http://www.w3.org/2000/svg}title").text == one.title
        assert len(root.find("{http://www.w3.org/2000/svg}desc").text) > 20
        _within(one)


def _within(drawn: Drawing) -> None:
    text = svg(drawn)
    assert "nan" not in re.sub(r"<(title|desc|text)[^>]*>[^<]*", "", text)
    for name, limit in (("x", drawn.width), ("cx", drawn.width), ("y", drawn.height), ("cy", drawn.height)):
        for value in re.findall(rf' {name}="([-\d.]+)"', text):
            assert -2 <= float(value) <= limit + 2, (drawn.name, name, value)


def test_what_is_missing_is_said_and_not_filled_in(tmp_path: Path) -> None:
    """No figure of an examination that has no record; its command instead."""
    document = document_of(_gathered("binary", tmp_path, missing=True))
    assert [s.title for s in document.sections] == ["The model", "Criteria", "Missing", "Provenance"]
    assert "ninefold run slices:m" in page(document)


def test_a_page_of_very_many_rows_stays_small(tmp_path: Path) -> None:
    """Tables are cut, and the page says by how much."""
    document = document_of(_gathered("binary", tmp_path))
    rows = tuple((f"task {i}", "fresh", "x" * 900, "y", "z") for i in range(2000))
    section = document.sections[-1]
    table = section.tables[0].__class__("", section.tables[0].columns, rows)
    text = page(Document("t", "s", (*document.sections[:-1], section._replace(tables=(table,)))))
    assert len(text.encode()) <= LARGEST
    assert "1800 more rows are in the record" in text


@pytest.mark.parametrize("kind", sorted(MADE))
def test_the_pdf_is_the_same_each_time(kind: str, tmp_path: Path) -> None:
    """The same bytes, with a title and several pages; what its face cannot show is no error."""
    document = document_of(_gathered(kind, tmp_path, name=NASTY))
    first = paper(document)
    assert first == paper(document)
    assert first.startswith(b"%PDF-1.")
    assert first.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type /Page\b(?!s)", first)) >= 3
    assert len(first) < LARGEST


def test_every_part_has_tables_without_surprises(tmp_path: Path) -> None:
    """Cells are values; a part without rows says so in a sentence."""
    for kind in MADE:
        found = _gathered(kind, tmp_path)
        for part, body in found.parts.items():
            tables = tables_of(part, body)
            assert tables
            assert all(t.rows or t.empty for t in tables), part


def test_scales_hold_what_they_show() -> None:
    """Empty rows, one value, equal values, negative values, and values apart by a factor of a million."""
    cases = [
        bars("a", "t", "d", []), bars("b", "t", "d", [Bar("x", 0.0)]), bars("c", "t", "d", [Bar("x", -3.0, -4.0, 1.0, 2.0)]),
        plane("d", "t", "d", [], "a", "u", share=True), plane("e", "t", "d", [Point(5.0, 5.0, None, None)], "a", "u", share=False),
        plane("f", "t", "d", [Point(0.001, 0.0, 0.0, 0.01), Point(0.002, 0.001, 0.0, 0.01), Point(0.9, 0.8, 0.7, 1.0)], "a", "u", share=True),
        thresholds("g", "t", "d", [Judged("r", 3e6, None, None, 1.0, True, "good", "pass"), Judged("s", None, None, None, 0.0, False, "warn", "fail"), Judged("u", 0.5, 0.5, 0.5, 0.5, True, "good", "pass")]),  # noqa: FBT003 - rows of a table
    ]  # fmt: skip
    for drawn in cases:
        ET.fromstring(svg(drawn))
        _within(drawn)
