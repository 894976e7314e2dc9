"""Expressions: what they mean, where they are wrong, and that nothing else gets in."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recipes import cases

from ninefold.kernel.errors import InvalidInput
from ninefold.recipes import duckdb
from ninefold.recipes.expressions.arrays import evaluate
from ninefold.recipes.expressions.kinds import kind_of
from ninefold.recipes.expressions.parser import MAX_LENGTH, columns_of, parse

VALUES: dict[str, float | None] = {
    "1 + 2 * 3": 7.0,
    "(1 + 2) * 3": 9.0,
    "-2 ^ 2": -4.0,
    "2 ^ 3 ^ 2": 512.0,
    "2 ** 3": 8.0,
    "7 - 3 - 2": 2.0,
    "1 / 0": None,
    "log(0)": None,
    "log10(1000)": 3.0,
    "sqrt(0 - 1)": None,
    "1e90 * 1e90": None,
    "coalesce(1e90 * 1e90, 5)": 5.0,
    "1e90 * 1e90 > 5": None,
    "1 / (1e99 * 1e99 * 1e99 * 1e99)": 0.0,
    "null + 1": None,
    "null = null": None,
    "null is null": 1.0,
    "1 is not null": 1.0,
    "null and false": 0.0,
    "null or true": 1.0,
    "null or false": None,
    "not null": None,
    "not 1 = 2": 1.0,
    "1 < 2 and 2 < 3 or false": 1.0,
    "min(3, null)": None,
    "greatest(3, 4, 1)": 4.0,
    "if(1 > 2, 10, 20)": 20.0,
    "if(null, 10, 20)": 20.0,
    "nominal('M')": 40.0,
    "nominal('X')": None,
    "sign(0 - 3) + floor(2.7) + ceil(2.1)": 4.0,
    "'it''s' = 'a'": None,
}


@pytest.mark.parametrize("text", [t for t in VALUES if "''" not in t])
def test_an_expression_has_its_value_on_both_engines(text: str) -> None:
    """Null is Kleene's, partial functions are null outside their domain, overflow is null where it is looked at."""
    recipe = cases.steps(f'derive: {{a: "{text}"}}', tables="tables: {nominal: {L: 37, M: 40}}", frame=False)
    table = {"asset": np.array(["m1"], dtype=object), "ts": np.array([cases.START])}
    value = cases.all_equal(recipe, table, [])["a"][0]
    assert (None if value is None or np.isnan(value) else value) == VALUES[text]


def test_names_with_spaces_stand_in_backquotes() -> None:
    """As the columns of a CSV file often have them."""
    assert columns_of(parse("`Torque [Nm]` * 2 + x")) == {"x": 21, "Torque [Nm]": 2}


WRONG = {
    "1 +": "position 4: found the end",
    "": "position 1: found the end",
    "(1": "position 3: found 'the end', expected ')'",
    "1 2": "position 3: found '2', expected the end",
    "1..2": "position 1: found '1'",
    "a b": "position 3: found 'b'",
    "__import__('os')": "there is no function or table '__import__'",
    "x.y": "position 2: found '.'",
    "x[0]": "position 2: found '['",
    "lambda: 1": "position 7: found ':'",
    "abs()": "abs takes 1 arguments, found 0",
    "if(1, 2)": "if takes 3 arguments, found 2",
    "1e400": "beyond the largest number",
    "x; drop table t": "position 2: found ';'",
    "(" * 40 + "1" + ")" * 40: "nested deeper than 32",
    "1" * (MAX_LENGTH + 1): "at most 2000 are allowed",
    "+".join(["1"] * 400): "more than 200 operators",
}


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_what_is_no_expression_is_refused_with_its_position(text: str) -> None:
    """Nothing of Python or SQL is reachable, and depth and size are bounded."""
    with pytest.raises(InvalidInput) as caught:
        parse(text)
    assert WRONG[text] in str(caught.value)


def test_an_unknown_column_is_named_with_the_nearest() -> None:
    """At its position."""
    with pytest.raises(InvalidInput, match=r"no column 'torqe' \(position 5\).*Did you mean 'torque'"):
        kind_of(parse("1 + torqe"), {"torque": "number"})


@settings(max_examples=100)
@given(st.text(max_size=40))
def test_any_text_is_an_expression_or_an_error(text: str) -> None:
    """The parser never fails otherwise."""
    try:
        parse(text)
    except InvalidInput:
        return


ATOMS = st.sampled_from(["x", "y", "1", "-2.5", "null", "0", "1e60"])
TREES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "<", "=", "!=", "and", "or"]), inner).map(
            lambda p: f"({p[0]} {p[1]} {p[2]})"
        ),
        st.tuples(st.sampled_from(["abs", "sign", "floor", "not ", "-"]), inner).map(lambda p: f"{p[0]}({p[1]})"),
        st.tuples(inner, inner, inner).map(lambda p: f"if({p[0]}, {p[1]}, {p[2]})"),
        st.tuples(inner, inner).map(lambda p: f"coalesce({p[0]}, {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"min({p[0]}, {p[1]})"),
        inner.map(lambda p: f"({p} is null)"),
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(text=TREES, table=cases.tables(8))
def test_a_random_expression_has_the_same_value_on_both_engines(text: str, table: Any) -> None:
    """Arithmetic, comparison, logic and nulls, nested at random."""
    recipe = cases.steps(f"derive: {{a: '{text}'}}", frame=False)
    by_numpy = cases.batch.run(recipe, {"cell": table})["a"]
    by_sql = duckdb.columns(recipe, {"cell": table})["a"]
    np.testing.assert_array_equal(by_numpy.astype(float), by_sql.astype(float))


def test_text_values_compare_and_choose() -> None:
    """Text is equal or not, and never mixed with numbers."""
    columns = {"v": np.array(["L", None, "M"], dtype=object)}
    assert evaluate(parse("coalesce(v, 'none')"), columns, {}, 3).tolist() == ["L", "none", "M"]
    np.testing.assert_array_equal(evaluate(parse("v != 'L'"), columns, {}, 3), [0.0, np.nan, 1.0])
    for text in ("v + 1", "v < 'L'", "if(v, 1, 2)", "coalesce(v, 1)", "v = 1", "abs(v)", "v and 1"):
        with pytest.raises(InvalidInput, match="position"):
            kind_of(parse(text), {"v": "text"})
