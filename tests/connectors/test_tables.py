"""CSV, Parquet and SQLite become the same plain Parquet, and every bad input has its own message."""

import sqlite3

import duckdb
import pytest

from ninefold.connectors.plugin import GROUP
from ninefold.connectors.tables import Constant, EventTimes, RowOrder, TableSettings, TableTag
from ninefold.kernel.errors import ConnectorError, InvalidInput, NotFound, Unreachable
from ninefold.kernel.plugins import load_plugins
from ninefold.vocabulary.quantity import Duration, Size

TAGS = (TableTag("torque", "Torque", "N.m"), TableTag("variant", "Type"))
HEADER = "asset,ts,Torque,Type"
ROWS = ["m2,2026-01-01T00:00:10Z,41.5,L", "m1,2026-01-01T00:00:10Z,,M", "m1,2026-01-01T00:00:00Z,40,L"]
T = 1_767_225_600_000_000


def table(root, connector, path, **fields):
    """Return a source of samples."""
    given = {"time": "ts", "tags": TAGS, **fields}
    settings = TableSettings(connector=connector, path=path, **given)
    return load_plugins(GROUP).get(connector).table("cell", settings, root)


def rows(path):
    return duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall()


def csv(root, *lines, header=HEADER, name="a.csv", encoding="utf-8"):
    (root / name).write_text("\n".join((header, *lines)) + "\n", encoding=encoding)
    return name


def make_parquet(root, name="a.parquet", types="VARCHAR, TIMESTAMPTZ, DOUBLE, VARCHAR"):
    one = types.split(", ")
    items = ", ".join(f"CAST(c{i} AS {t}) AS {n}" for i, (t, n) in enumerate(zip(one, HEADER.split(","), strict=True)))
    values = ", ".join("(" + ", ".join(f"'{v}'" if v else "NULL" for v in line.split(",")) + ")" for line in ROWS)
    duckdb.sql(f"COPY (SELECT {items} FROM (VALUES {values}) v(c0, c1, c2, c3)) TO '{root / name}' (FORMAT parquet)")
    return name


def make_sqlite(root, lines=ROWS, name="a.sqlite"):
    with sqlite3.connect(root / name) as database:
        database.execute("CREATE TABLE samples (asset, ts, Torque, Type)")
        database.executemany(
            "INSERT INTO samples VALUES (?, ?, ?, ?)", [[v or None for v in line.split(",")] for line in lines]
        )
    database.close()
    return name


def sources(root):
    return {
        "csv": table(root, "csv", csv(root, *ROWS)),
        "parquet": table(root, "parquet", make_parquet(root)),
        "sqlite": table(root, "sqlite", make_sqlite(root), table="samples"),
    }


@pytest.mark.parametrize("kind", ["csv", "parquet", "sqlite"])
@pytest.mark.job("data/tables", against="real", what="files of DuckDB, sqlite3 and by hand")
def test_snapshot_is_plain_and_sorted_by_asset_and_time(tmp_path, kind):
    """Numbers are DOUBLE, times µs UTC, text stays text, an empty field is null."""
    source = sources(tmp_path)[kind]
    out = tmp_path / "out.parquet"
    assert source.snapshot(out) == 3
    assert rows(out) == [
        ("m1", T, 40.0, "L"), ("m1", T + 10_000_000, None, "M"), ("m2", T + 10_000_000, 41.5, "L"),
    ]  # fmt: skip
    assert source.describe() == {"asset": "text", "ts": "time", "torque": "number", "variant": "text"}
    types = duckdb.sql(f"DESCRIBE SELECT * FROM '{out}'").fetchall()
    assert [t for _, t, *_ in types] == ["VARCHAR", "BIGINT", "DOUBLE", "VARCHAR"]


@pytest.mark.parametrize("kind", ["csv", "parquet", "sqlite"])
def test_snapshot_is_the_same_bytes_each_time(tmp_path, kind):
    """The digest of a dataset version must not depend on the run."""
    source = sources(tmp_path)[kind]
    source.snapshot(tmp_path / "1.parquet")
    source.snapshot(tmp_path / "2.parquet")
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()


def test_large_snapshot_is_the_same_bytes_each_time(tmp_path):
    """Several row groups and threads make no difference; equal keys keep the source's order."""
    duckdb.sql(
        f"COPY (SELECT 'm' || (i % 7) AS asset, TIMESTAMPTZ '2026-01-01' + INTERVAL (i // 20) SECOND AS ts, "
        f"random() AS Torque, 'L' AS Type FROM range(400000) t(i)) TO '{tmp_path}/a.parquet' (FORMAT parquet)"
    )
    source = table(tmp_path, "parquet", "a.parquet")
    for name in "12":
        assert source.snapshot(tmp_path / f"{name}.parquet") == 400_000
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()


def test_events_have_an_id_a_kind_and_three_times(tmp_path):
    """What is not recorded is taken from the time before it; without an id one is made of the rest."""
    lines = ["m1,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,tool_failure"]
    name = csv(tmp_path, *lines, header="machine,at,typed,what")
    times = EventTimes("at", "typed")
    source = table(tmp_path, "csv", name, time=None, tags=(), asset="machine", event="what", times=times)
    assert source.snapshot(tmp_path / "out.parquet") == 1
    day = 86_400_000_000
    assert rows(tmp_path / "out.parquet") == [(f"m1/tool_failure/{T}", "m1", "tool_failure", T, T + day, T + day)]


def test_rows_without_time_and_asset_get_them_from_the_settings(tmp_path):
    """A benchmark file has neither; order and name are stated, not guessed."""
    name = csv(tmp_path, "40,L", "41,M", header="Torque,Type")
    order = RowOrder(Duration(60.0), "2026-01-01")
    source = table(tmp_path, "csv", name, asset=Constant("line"), time=order)
    source.snapshot(tmp_path / "out.parquet")
    assert rows(tmp_path / "out.parquet") == [("line", T, 40.0, "L"), ("line", T + 60_000_000, 41.0, "M")]


def test_local_times_are_read_in_the_source_s_zone(tmp_path):
    """A log without offset is in plant time, daylight saving included."""
    name = csv(tmp_path, "m1,2026-07-01 02:00:00,1,L", "m1,2026-01-01 01:00:00,2,L")
    source = table(tmp_path, "csv", name, times_in="Europe/Berlin")
    source.snapshot(tmp_path / "out.parquet")
    assert [r[1] for r in rows(tmp_path / "out.parquet")] == [T, 1_782_864_000_000_000]


def test_german_numbers_and_separators(tmp_path):
    """1.234,5 is one thousand two hundred and thirty-four and a half."""
    name = csv(tmp_path, "m1;2026-01-01;1.234,5;L", header=HEADER.replace(",", ";"))
    source = table(tmp_path, "csv", name, delimiter=";", decimal=",")
    source.snapshot(tmp_path / "out.parquet")
    assert rows(tmp_path / "out.parquet")[0][2] == 1234.5


def test_numbers_of_sqlite_lose_no_digit(tmp_path):
    """SQLite's own conversion to text keeps 15 digits; the snapshot keeps all."""
    with sqlite3.connect(tmp_path / "a.sqlite") as database:
        database.execute("CREATE TABLE samples (asset, ts, Torque REAL, Type)")
        database.execute("INSERT INTO samples VALUES ('m1', '2026-01-01', ?, NULL)", [0.1 + 0.2])
    database.close()
    table(tmp_path, "sqlite", "a.sqlite", table="samples").snapshot(tmp_path / "out.parquet")
    assert rows(tmp_path / "out.parquet")[0][2:] == (0.1 + 0.2, None)


BAD_CSV = {
    "missing": ({"header": "asset,ts,Power,Type"}, ROWS, r"there is no column 'Torque'; it has asset, ts, Power, Type"),
    "renamed": (
        {"header": "asset,ts,torque_1,Type"},
        ROWS,
        "was it renamed to 'torque_1'",
    ),
    "padded": ({"header": "asset,ts, Torque ,Type"}, ROWS, "is called ' Torque ', with blanks around its name"),
    "twice": ({"header": "asset,ts,Torque,Torque"}, ROWS, "has the column 'Torque' more than once"),
    "mixed": ({}, [*ROWS, "m1,2026-01-01,40 Nm,L"], r"line 5: Torque is '40 Nm', expected a number"),
    "underscore": ({}, ["m1,2026-01-01,1_0,L"], r"line 2: Torque is '1_0', expected a number"),
    "infinite": ({}, ["m1,2026-01-01,inf,L"], r"line 2: Torque is 'inf', expected a number"),
    "time": ({}, [*ROWS, "m1,yesterday,40,L"], r"line 5: ts is 'yesterday', expected a time"),
    "no rows": ({}, [], "holds no rows"),
    "latin-1": ({"encoding": "latin-1"}, [*ROWS, "m1,2026-01-01,1,ü"], r"a\.csv, line 5: a byte is not UTF-8"),
    "semicolon": ({"header": "asset;ts;Torque;Type"}, ROWS, "is not separated by ','"),
    "ragged": ({}, [*ROWS, "m1,2026-01-01"], "cannot be read"),
}


@pytest.mark.parametrize("case", BAD_CSV)
def test_bad_csv_is_named(tmp_path, case):
    """Each with its own message, and nothing is written."""
    options, lines, message = BAD_CSV[case]
    source = table(tmp_path, "csv", csv(tmp_path, *lines, **options))
    with pytest.raises(InvalidInput, match=message):
        source.snapshot(tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_all_wrong_columns_are_told_together(tmp_path):
    """Three typing mistakes need one look, not three."""
    source = table(tmp_path, "csv", csv(tmp_path, header="Asset,time,torque,Typ"))
    with pytest.raises(InvalidInput) as error:
        source.describe()
    assert len(error.value.message.splitlines()) == 4


@pytest.mark.parametrize("connector", ["csv", "parquet", "sqlite"])
def test_absent_empty_and_too_large_files(tmp_path, connector):
    """Each is told before anything is read."""
    with pytest.raises(NotFound, match=r"gone\.x does not exist"):
        table(tmp_path, connector, "gone.x", table="samples").describe()
    with pytest.raises(NotFound, match=r"No file matches"):
        table(tmp_path, connector, "*.x", table="samples").describe()
    (tmp_path / "b.x").write_bytes(b"")
    with pytest.raises((InvalidInput, NotFound)):
        table(tmp_path, connector, "b.x", table="samples").describe()
    (tmp_path / "c.x").write_bytes(b"x" * 2000)
    with pytest.raises(InvalidInput, match="the limit is"):
        table(tmp_path, connector, "c.x", table="samples", limit=Size(1000)).describe()


def test_path_may_name_an_environment_variable(tmp_path, monkeypatch):
    """Data outside the project are found without a machine's path in a file."""
    csv(tmp_path, *ROWS)
    source = table(tmp_path / "project", "csv", "${PLANT_DATA}/a.csv")
    with pytest.raises(NotFound, match="PLANT_DATA is not set"):
        source.describe()
    monkeypatch.setenv("PLANT_DATA", str(tmp_path))
    assert source.describe()["torque"] == "number"


def test_parquet_that_is_none_and_parquet_of_other_types(tmp_path):
    """A text file, text where numbers are declared, and files of a glob that differ."""
    csv(tmp_path, *ROWS, name="text.parquet")
    with pytest.raises(InvalidInput, match=r"text\.parquet is no Parquet file"):
        table(tmp_path, "parquet", "text.parquet").describe()
    make_parquet(tmp_path, "dates.parquet", "VARCHAR, TIMESTAMPTZ, DOUBLE, BLOB")
    with pytest.raises(InvalidInput, match="'Type' has the type BLOB, expected numbers"):
        table(tmp_path, "parquet", "dates.parquet", tags=(TableTag("x", "Type", "1"),)).describe()
    make_parquet(tmp_path, "a.parquet")
    with pytest.raises(InvalidInput, match=r"'Type' is BLOB in dates\.parquet and VARCHAR in a\.parquet"):
        table(tmp_path, "parquet", "[ad]*.parquet").describe()


def test_locked_damaged_and_foreign_sqlite(tmp_path, monkeypatch):
    """Locked may be repeated; damaged may not."""
    name = make_sqlite(tmp_path)
    source = table(tmp_path, "sqlite", name, table="samples")
    monkeypatch.setattr("ninefold.connectors.sqlite.connector.WAIT_S", 0.1)
    holder = sqlite3.connect(tmp_path / name, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unreachable, match="locked by another process"):
        source.snapshot(tmp_path / "out.parquet")
    holder.close()
    data = bytearray((tmp_path / name).read_bytes())
    data[100:4000] = b"\xff" * 3900
    (tmp_path / "damaged.sqlite").write_bytes(data)
    with pytest.raises(ConnectorError, match="damaged"):
        table(tmp_path, "sqlite", "damaged.sqlite", table="samples").snapshot(tmp_path / "out.parquet")
    (tmp_path / "text.sqlite").write_text("no database\n" * 100)
    with pytest.raises(ConnectorError, match="no SQLite database"):
        table(tmp_path, "sqlite", "text.sqlite", table="samples").describe()


def test_wrong_table_mixed_values_and_bytes_in_sqlite(tmp_path):
    """SQLite lets a column hold anything; the first wrong value is named."""
    name = make_sqlite(tmp_path, [*ROWS, "m1,2026-01-01,many,L"])
    with pytest.raises(NotFound, match="has no table 'sample'") as error:
        table(tmp_path, "sqlite", name, table="sample").describe()
    assert "samples" in error.value.hint
    with pytest.raises(NotFound, match="names no table"):
        table(tmp_path, "sqlite", name).describe()
    with pytest.raises(InvalidInput, match="line 4: Torque is 'many', expected a number"):
        table(tmp_path, "sqlite", name, table="samples").snapshot(tmp_path / "out.parquet")
    with sqlite3.connect(tmp_path / name) as database:
        database.execute("UPDATE samples SET Torque = x'00ff'")
    database.close()
    with pytest.raises(InvalidInput, match="Torque holds bytes"):
        table(tmp_path, "sqlite", name, table="samples").snapshot(tmp_path / "out.parquet")


def test_names_with_quotes_are_no_sql(tmp_path):
    """A column, a table and a file may have any name."""
    odd = 'x"; DROP TABLE y; --'
    name = csv(tmp_path, "m1,2026-01-01,1,L", header='asset,ts,"x""; DROP TABLE y; --",Type', name="it's.csv")
    tags = (TableTag("torque", odd, "1"),)
    table(tmp_path, "csv", name, tags=tags).snapshot(tmp_path / "o'ut.parquet")
    assert (tmp_path / "o'ut.parquet").exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"tags": ()}, "needs time: and tags:"),
        ({"event": "kind"}, "needs event: and times:"),
        ({"tags": (TAGS[0], TAGS[0])}, "stands twice"),
        ({"delimiter": ".", "decimal": "."}, "delimiter"),
    ],
)
def test_settings_that_make_no_table_are_refused(fields, message):
    """Neither samples nor events, or both."""
    with pytest.raises(ValueError, match=message):
        TableSettings(**{"connector": "csv", "path": "a.csv", "time": "ts", "tags": TAGS, **fields})


@pytest.mark.parametrize("signal", ["ts", "asset", "__row", "1st", ""])
def test_signal_names_that_clash_are_refused(signal):
    """A signal becomes a column beside the keys."""
    with pytest.raises(ValueError, match="signal"):
        TableTag(signal, "x")


BLANKS = {"delimiter": " ", "header": ("unit", "cycle", "t24"), "asset": "unit",
          "time": RowOrder(Duration(60), "2026-01-01"), "tags": (TableTag("t24", "t24", "degR"),)}  # fmt: skip


def test_columns_without_a_header_set_apart_by_blanks(tmp_path):
    """Any number of blanks or tabs, also at both ends; the connection names the columns by their place."""
    (tmp_path / "a.txt").write_text("1 1 641.8  \n 1   2\t642.1\n2 1 -0.5 \n", encoding="utf-8")
    table(tmp_path, "csv", "a.txt", **BLANKS).snapshot(tmp_path / "out.parquet")
    assert rows(tmp_path / "out.parquet") == [
        ("1", T, 641.8),
        ("1", T + 60_000_000, 642.1),
        ("2", T + 120_000_000, -0.5),
    ]


def test_a_header_of_the_connection_serves_other_delimiters_too(tmp_path):
    """The first line is then a row, also in the messages."""
    (tmp_path / "a.csv").write_text("1,1,3\n1,2,x\n", encoding="utf-8")
    source = table(tmp_path, "csv", "a.csv", **{**BLANKS, "delimiter": ","})
    with pytest.raises(InvalidInput, match=r"line 2: t24 is 'x', expected a number"):
        source.snapshot(tmp_path / "out.parquet")
    (tmp_path / "a.csv").write_text("1,1,3\n1,2,4\n", encoding="utf-8")
    assert source.snapshot(tmp_path / "out.parquet") == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 1 3\n1 2 4 5\n", r"line 2: 4 values, expected 3"),
        ("1 1\n", r"line 1: 2 values, expected 3"),
        ("unit cycle t24\n1 1 3\n", r"line 1: t24 is 't24', expected a number"),
        ("", "holds no rows"),
        ("  \n\n", "holds no rows"),
        ('1 1 "3\n', r"line 1: t24 is '\"3', expected a number"),
    ],
)
def test_bad_lines_between_blanks_are_named(tmp_path, text, message):
    """Too many values, too few, a header where none is expected, nothing at all, a stray quote."""
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=message):
        table(tmp_path, "csv", "a.txt", **BLANKS).snapshot(tmp_path / "out.parquet")


@pytest.mark.parametrize(("names", "message"), [(("a", "a"), "'a' twice"), (("a", " "), "empty name")])
def test_a_header_names_each_column_once(names, message):
    """Names that cannot tell two columns apart are refused where they are written."""
    with pytest.raises(ValueError, match=message):
        TableSettings("csv", "a.txt", time="a", tags=TAGS, header=names)
