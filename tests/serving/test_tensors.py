"""Tensors: there and back for every datatype, and no bytes that do worse than be refused."""

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ninefold.bundle.payload import read_payload
from ninefold.bundle.session import Session
from ninefold.kernel.errors import InvalidInput
from ninefold.serving.inference import infer
from ninefold.serving.limits import Limits
from ninefold.serving.model import Model
from ninefold.serving.tensors import DTYPES, check_shape, from_bytes, from_json, to_bytes, to_list
from ninefold.testing.bundles import small_payload

MANIFEST = read_payload(small_payload()).manifest
MODEL = Model(
    "m", 1, "d" * 64, Session(read_payload(small_payload()).model, MANIFEST.contract.names), MANIFEST.contract,
    MANIFEST.decide,
)  # fmt: skip


@settings(max_examples=100)
@given(st.data())
@pytest.mark.parametrize("datatype", DTYPES)
def test_numbers_there_and_back(datatype: str, data: st.DataObject) -> None:
    """As bytes to the last bit, NaN included; as JSON as far as it has the number."""
    shape = data.draw(st.one_of(st.tuples(st.integers(1, 5)), st.tuples(st.integers(1, 5), st.integers(1, 5))))
    values = data.draw(arrays.arrays(DTYPES[datatype], shape))
    assert check_shape("x", datatype, shape, 5) == values.size
    found = from_bytes("x", datatype, shape, memoryview(b"." + to_bytes(datatype, values))[1:])
    np.testing.assert_array_equal(found, values)
    if not np.isinf(values.astype(np.float64)).any():
        again = from_json("x", datatype, shape, msgspec.Raw(msgspec.json.encode(to_list(values))))
        assert again.dtype == values.dtype
        np.testing.assert_array_equal(again, values)


@settings(max_examples=100)
@given(st.lists(st.text(max_size=9), min_size=1, max_size=9))
def test_texts_there_and_back(texts: list[str]) -> None:
    """Any Unicode, the empty text too."""
    values = np.array([*texts, None], object)[:-1]
    shape = (len(texts),)
    try:
        raw = to_bytes("BYTES", values)
    except UnicodeEncodeError:
        return  # a lone surrogate is no text
    assert from_bytes("x", "BYTES", shape, memoryview(raw)).tolist() == texts
    assert from_json("x", "BYTES", shape, msgspec.Raw(msgspec.json.encode(texts))).tolist() == texts


@settings(max_examples=200)
@given(st.binary(max_size=60), st.integers(1, 4))
def test_any_bytes_as_texts(noise: bytes, count: int) -> None:
    """They are texts, or they are refused."""
    try:
        found = from_bytes("x", "BYTES", (count,), memoryview(noise))
    except InvalidInput:
        return
    assert to_bytes("BYTES", found) == noise


@settings(max_examples=300)
@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4), max_leaves=12,
), st.sampled_from([*DTYPES, "BYTES"]), st.sampled_from([(1,), (2,), (2, 2), (1, 3)]))  # fmt: skip
def test_any_json_as_data(data: Any, datatype: str, shape: tuple[int, ...]) -> None:
    """It is a tensor of that shape, or it is refused."""
    try:
        found = from_json("x", datatype, shape, msgspec.Raw(msgspec.json.encode(data)))
    except InvalidInput:
        return
    assert found.shape == shape


@settings(max_examples=300)
@given(st.binary(max_size=200), st.none() | st.integers(-1, 250))
def test_any_body(noise: bytes, split: int | None) -> None:
    """Only our own refusal comes out of the decoder."""
    with pytest.raises(InvalidInput):
        infer(MODEL, noise, split, Limits())
