"""Registers to values and back: every type in every order, and bytes that nobody meant."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.connectors.modbus.server import tag

from ninefold.connectors.modbus.address import parse_address
from ninefold.connectors.modbus.codec import Layout, encode
from ninefold.connectors.modbus.planner import Block, Holes, plan_blocks
from ninefold.connectors.modbus.reading import span_of
from ninefold.connectors.modbus.settings import ModbusSettings

NUMBERS = ("int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64")
ORDERS = [(w, b) for w in ("big", "little") for b in ("big", "little")]


def layout(*tags):
    """Return the layout of tags that lie in one block of holding registers from 0 on."""
    size = max(t.place.offset + t.words for t in tags)
    return Layout(tags, (Block(1, "holding", 0, size, tuple(range(len(tags)))),)), size


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize(("word_order", "byte_order"), ORDERS)
@pytest.mark.parametrize("number", [0, 1, 77, -1, -300])
def test_what_is_encoded_is_decoded(kind, word_order, byte_order, number):
    """All types in all orders; what does not fit is refused."""
    one = tag("x", "holding:3", type=kind, word_order=word_order, byte_order=byte_order)
    if kind.startswith("u") and number < 0:
        with pytest.raises(ValueError, match="does not fit"):
            encode(one, number, None)
        return
    found, size = layout(one)
    words = np.zeros(size, np.uint16)
    words[3:] = encode(one, number, None)
    assert found.decode(words, np.empty(0, np.uint8))[0].tolist() == [number]


def test_word_order_is_the_one_of_the_standard_s_examples():
    """1.0 is 3F80 0000: in that order, or its words exchanged, or the bytes in each."""
    for (word_order, byte_order), words in zip(
        ORDERS, [[0x3F80, 0], [0x803F, 0], [0, 0x3F80], [0, 0x803F]], strict=True
    ):
        one = tag("x", "holding:0", type="float32", word_order=word_order, byte_order=byte_order)
        assert encode(one, 1.0, None) == words


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e39])
def test_number_that_a_float32_cannot_hold_is_refused(value):
    """Before it is sent."""
    with pytest.raises(ValueError, match=r"fit|no number"):
        encode(tag("x", "holding:0", type="float32"), value, None)


@pytest.mark.parametrize("text", [None, "ABCDE", "A\0B"])
def test_text_that_does_not_fit_is_refused(text):
    """Too long, none, or with a NUL in it."""
    with pytest.raises(ValueError, match="no text of at most 4 bytes"):
        encode(tag("x", "holding:0", type="text", length=2), 0.0, text)


def test_empty_marker_says_no_value_and_a_text_that_is_none_is_none():
    """0x8000 means: no value; bytes that are no UTF-8 are no text."""
    found, size = layout(
        tag("a", "holding:0", type="int16", empty=0x8000), tag("b", "holding:1", type="text", length=2)
    )
    words = np.array([0x8000, 0xFFFE, 0xFFFF], np.uint16)
    assert size == 3
    _, text, empty = found.decode(words, np.empty(0, np.uint8))
    assert empty.tolist() == [True, False]
    assert text.tolist() == [None, None]


_tags = st.lists(
    st.builds(
        lambda offset, kind: tag("x", f"holding:{offset}", type=kind),
        st.integers(0, 120),
        st.sampled_from(NUMBERS),
    ),
    min_size=1,
    max_size=12,
)


def test_a_signalling_nan_is_no_value_and_no_warning():
    """Registers are what a device puts there: 7F81 0000 as a float."""
    found, _ = layout(tag("x", "holding:0", type="float32"))
    values, _, _ = found.decode(np.array([0x7F81, 0], np.uint16), np.empty(0, np.uint8))
    assert np.isnan(values).all()


@settings(max_examples=60)
@given(_tags, st.binary(min_size=400, max_size=400))
def test_any_registers_give_a_number_or_none_for_every_tag(tags, data):
    """No content of a device raises, and a value lies where its tag says, whatever is planned together."""
    memory = np.frombuffer(data, ">u2").astype(np.uint16)
    spans = [span_of(t, ModbusSettings("modbus", "tcp://h:502", (tag("x", "holding:0"),))) for t in tags]
    blocks = plan_blocks(spans, bridge=4, holes=Holes())
    words = np.concatenate([memory[b.start : b.end] for b in blocks])
    values, text, _ = Layout(tags, blocks).decode(words, np.empty(0, np.uint8))
    assert text is None
    for one, value in zip(tags, values.tolist(), strict=True):
        alone = Layout(
            [one], plan_blocks([span_of(one, ModbusSettings("modbus", "tcp://h:502", (one,)))], bridge=0, holes=Holes())
        )
        start = one.place.offset
        expected = alone.decode(memory[start : start + one.words], np.empty(0, np.uint8))[0][0]
        np.testing.assert_equal(value, float(expected))


@settings(max_examples=100)
@given(st.text(max_size=20))
def test_any_text_is_an_address_or_is_refused_as_none(text):
    """With what an address looks like."""
    try:
        found = parse_address(text)
    except ValueError as error:
        assert "address" in str(error) or "names the" in str(error)  # noqa: PT017 - most texts are refused, some are not
    else:
        assert 0 <= found.offset <= 65535
