"""The recipe on DuckDB: generated SQL over Parquet, CSV or columns in memory, written as Parquet; no Arrow.

One thread in each database: several add up sums in any order, and the same inputs must give the same bytes. Many rows
are made in two halves of the entities side by side; where they part depends on the rows alone, never on the machine.
"""

import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import InvalidInput, MissingDependency
from ninefold.recipes.operations import AsOf
from ninefold.recipes.recipe import Recipe
from ninefold.recipes.schema import Kind
from ninefold.recipes.sql import UNKNOWN, Dialect, Generator, Order, bounded, listed, literal, quoted
from ninefold.recipes.stream import kinds_of
from ninefold.recipes.table import MAX_TIME, plain
from ninefold.vocabulary.columns import Array, Columns

Source = Path | Columns

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
            "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN")  # fmt: skip

MEMORY = "1GB"
HALF_MEMORY = "512MB"
ROWS = "__input0"
HALVES_FROM = 100_000  # rows: below, a second database costs more than it saves


def run(recipe: Recipe, sources: Mapping[str, Source], out: Path) -> int:
    """Write the features as Parquet (zstd), sorted by asset and time, and return the number of rows.

    Raises:
        InvalidInput: an input or column is missing, a step cannot work on it, or DuckDB refuses the data.
        MissingDependency: DuckDB is not installed.
    """
    with opened(MEMORY) as con:
        seen = _viewed(con, recipe, sources)
        order = _order(con, recipe)
        middle = _middle(con, recipe)
        if middle is None:
            return _copy(con, statement(recipe, *seen, order=order), out)
    halves = [out.with_suffix(f".{name}.parquet") for name in ("first", "second")]
    e = quoted(recipe.keys.entity)
    parts = [f" WHERE {e} < {literal(middle)}", f" WHERE {e} >= {literal(middle)}"]

    def make(part: str, half: Path) -> None:
        with opened(HALF_MEMORY) as con:
            _copy(con, statement(recipe, *_viewed(con, recipe, sources, part), order=order), half)

    with ThreadPoolExecutor(len(halves)) as pool:
        list(pool.map(make, parts, halves))
    with opened(MEMORY) as con:
        both = f"SELECT * FROM read_parquet([{listed(literal(str(h)) for h in halves)}])"
        rows = _copy(con, both, out)
    for half in halves:
        half.unlink()
    return rows


def columns(recipe: Recipe, sources: Mapping[str, Source]) -> dict[str, Array]:
    """Return the features as columns; the same rows as `run` writes."""
    with opened(MEMORY) as con:
        seen = _viewed(con, recipe, sources)
        return fetched(execute(con, statement(recipe, *seen, order=_order(con, recipe))).fetchnumpy())


def read(path: Path) -> dict[str, Array]:
    """Return a Parquet file of features or labels as columns.

    Raises:
        InvalidInput: there is no such file, or it is no Parquet.
    """
    with opened(MEMORY) as con:
        return fetched(execute(con, f"SELECT * FROM {relation(path)}").fetchnumpy())


def statement(
    recipe: Recipe, kinds: Mapping[str, Mapping[str, Kind]], relations: Mapping[str, str], *, order: Order = UNKNOWN
) -> str:
    """Return the SQL of a recipe over relations whose columns are plain already (DOUBLE, VARCHAR, BIGINT µs, __row)."""
    schemas = recipe.bind(kinds)
    to = Generator(Dialect(), relations, relations[recipe.rows], order, in_order=order.in_time)
    for step, schema in zip(recipe.plan, schemas, strict=False):
        step.sql(to, schema)
        to.in_order = to.in_order and step.keeps_order
    names = recipe.outputs(schemas[-1])
    items = listed(f"{quoted(column)} AS {quoted(name)}" for name, column in names.items())
    return to.text(f"SELECT {items} FROM {to.last} ORDER BY {quoted('asset')}, {quoted('t')}")


def fetched(arrays: Mapping[str, Any]) -> dict[str, Array]:
    """Return DuckDB's arrays as columns: NaN and None for null."""
    found = {}
    for name, array in arrays.items():
        mask = np.ma.getmaskarray(array)
        data = np.ma.getdata(array)
        if data.dtype == object or data.dtype.kind in "UT":
            text = data.astype(object)
            text[mask] = None
            found[name] = text
        elif data.dtype.kind == "f" or mask.any():
            numbers = data.astype(np.float64)
            numbers[mask] = np.nan
            found[name] = numbers
        else:
            found[name] = data
    return found


@contextmanager
def opened(memory: str) -> Iterator[Any]:
    """Give a connection to an empty database in memory, in UTC, that fetches no extension.

    Raises:
        MissingDependency: DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError:
        raise MissingDependency("duckdb", "data", "The batch engine") from None
    with tempfile.TemporaryDirectory(
        prefix="ninefold-"
    ) as spill:  # what does not fit the memory; never the user's folder
        config = {"memory_limit": memory, "threads": 1, "temp_directory": spill}
        con = duckdb.connect(config=config | {"autoinstall_known_extensions": False})
        try:
            con.execute("SET TimeZone = 'UTC'")
            yield con
        finally:
            con.close()


def execute(con: Any, sql: str) -> Any:
    """Run a statement and return the connection.

    Raises:
        InvalidInput: DuckDB refuses it.
    """
    import duckdb

    try:
        return con.execute(sql)
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise InvalidInput(f"DuckDB refuses the recipe or its data: {first}") from error


def _copy(con: Any, statement: str, out: Path) -> int:
    copy = f"COPY ({statement}) TO {literal(str(out))} (FORMAT parquet, COMPRESSION zstd)"
    return int(execute(con, copy).fetchone()[0])


def _middle(con: Any, recipe: Recipe) -> str | None:
    """Return the entity with which the second half of the rows begins; None when they are few or of one entity."""
    e = quoted(recipe.keys.entity)
    counts = execute(con, f"SELECT {e}, count(*) FROM {ROWS} GROUP BY {e} ORDER BY {e}").fetchall()
    total, before = sum(n for _, n in counts), 0
    if total < HALVES_FROM:
        return None
    for place, (entity, n) in enumerate(counts):
        if place and before + n / 2 > total / 2:
            return str(entity)
        before += n
    return None


def _viewed(
    con: Any, recipe: Recipe, sources: Mapping[str, Source], part: str = ""
) -> tuple[dict[str, dict[str, Kind]], dict[str, str]]:
    """Make views that make each source plain; return their columns and names. `part` chooses rows by their entity."""
    kinds: dict[str, dict[str, Kind]] = {}
    relations: dict[str, str] = {}
    for place, name in enumerate((recipe.rows, *recipe.rights)):
        if name not in sources:
            raise InvalidInput(f"The input {name!r} is not given.", hint=nearest(name, sources))
        table, types = _registered(con, sources[name], f"__source{place}")
        kinds[name] = {c: k for c, (_, k) in types.items()}
        relations[name] = f"__input{place}"  # ROWS is the first
        chosen = part if name == recipe.rows else ""
        source = f"SELECT {listed(_items(recipe, name, types))} FROM {table}"
        rows = f"SELECT * FROM (SELECT *, row_number() OVER () AS __row FROM ({source}){chosen}){_usable(recipe, name)}"
        execute(con, f"CREATE TEMP VIEW {relations[name]} AS {rows}")
    recipe.bind(kinds)  # says what is missing before rows are read
    return kinds, relations


def _order(con: Any, recipe: Recipe) -> Order:
    """Return what is known of the rows' order: one pass without a sort saves sorts of all rows."""
    e, t, f = quoted(recipe.keys.entity), quoted(recipe.keys.time), quoted(recipe.keys.frame or recipe.keys.entity)
    before = (
        f"SELECT {e} AS e, {t} AS t, {f} AS f, lag({e}) OVER () AS pe, lag({t}) OVER () AS pt, lag({f}) OVER () AS pf "
        f"FROM {ROWS}"
    )
    late, entities = "count(*) FILTER (WHERE pe = e AND t <= pt)", "count(*) FILTER (WHERE pe IS NULL OR pe <> e)"
    frames = "count(*) FILTER (WHERE pe IS DISTINCT FROM e OR pf IS DISTINCT FROM f)"
    known = f"(SELECT count(*) FROM (SELECT DISTINCT {e}, {f} FROM {ROWS}))"
    query = f"SELECT {late}, {entities} = count(DISTINCT e), {frames} = {known} FROM ({before})"
    lates, entities_once, frames_once = execute(con, query).fetchone()
    in_time = bool(lates == 0 and entities_once)
    return Order(in_time, in_time and bool(frames_once))


def _usable(recipe: Recipe, name: str) -> str:
    if name != recipe.rows:
        return ""
    e, t = quoted(recipe.keys.entity), quoted(recipe.keys.time)
    return f" WHERE {e} IS NOT NULL AND {t} IS NOT NULL"


def _registered(con: Any, source: Source, name: str) -> tuple[str, dict[str, tuple[str, Kind]]]:
    """Return a relation and its columns as (SQL type, kind)."""
    if isinstance(source, Path):
        table = relation(source)
        described = execute(con, f"DESCRIBE SELECT * FROM {table}").fetchall()
        return table, {c: (t, _kind(t)) for c, t, *_ in described if _kind(t) is not None}  # type: ignore[misc] # None is left out
    kinds = kinds_of(source)
    # an object array that is all None has no type in DuckDB, and one of mixed types is refused here, not there
    ready = {n: a if a.dtype.kind in "iufbM" else plain(n, a) for n, a in source.items()}
    con.register(name, ready or {"__none": np.empty(0)})
    types = {n: "TIMESTAMP" if a.dtype.kind == "M" else "VARCHAR" if kinds[n] == "text" else "DOUBLE"
             for n, a in ready.items()}  # fmt: skip
    return name, {n: (types[n] if a.dtype.kind not in "iu" else "BIGINT", kinds[n]) for n, a in ready.items()}


def relation(path: Path) -> str:
    """Return a Parquet or CSV file as a relation of SQL.

    Raises:
        InvalidInput: there is no such file.
    """
    if not path.is_file():
        raise InvalidInput(f"There is no file {path.name}.")
    reader = "read_parquet" if path.suffix == ".parquet" else "read_csv"
    return f"{reader}({literal(str(path))})"


def _kind(type_: str) -> Kind | None:
    if type_.startswith(_NUMBERS) and "[" not in type_:
        return "number"
    if type_ in {"VARCHAR", '"NULL"'} or type_.startswith("ENUM"):
        return "text"
    return "number" if type_.startswith(("TIMESTAMP", "DATE")) else None


def _items(recipe: Recipe, name: str, found: Mapping[str, tuple[str, Kind]]) -> list[str]:
    """Return the select items that make a source's columns plain."""
    keys, items = recipe.keys, []
    clocks = {keys.time} if name == recipe.rows else {
        c for s in recipe.steps if isinstance(s, AsOf) and s.right == name for c in (s.known, s.occurred)
    }  # fmt: skip
    wanted = None if name != recipe.rows or recipe.needed is None else {
        *recipe.needed, keys.entity, keys.time, keys.frame
    }  # fmt: skip
    for column, (type_, kind) in found.items():
        if wanted is not None and column not in wanted:
            continue
        sql = quoted(column)
        if type_.startswith(("TIMESTAMP", "DATE")):
            sql = f"epoch_us({sql})"
        if column in clocks:
            sql = _moment(recipe, sql, type_, kind)
        elif column == keys.entity:
            sql = sql if kind == "text" else f"CAST(CAST({sql} AS BIGINT) AS VARCHAR)"
            sql = f"CAST({sql} AS VARCHAR)"
        elif kind == "text":
            sql = f"CAST({sql} AS VARCHAR)"
        else:
            sql = bounded(f"CAST({sql} AS DOUBLE)")
        items.append(f"{sql} AS {quoted(column)}")
    return items


def _moment(recipe: Recipe, sql: str, type_: str, kind: Kind) -> str:
    if kind == "text":
        parses = recipe.parses
        return parses.expression(Generator(Dialect())) if parses is not None else "CAST(NULL AS BIGINT)"
    if type_ in {"DOUBLE", "FLOAT"}:
        sql = f"TRY_CAST(trunc({sql}) AS BIGINT)"
    return f"(CASE WHEN {sql} BETWEEN 0 AND {MAX_TIME} THEN CAST({sql} AS BIGINT) END)"
