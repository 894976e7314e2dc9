"""Bytes of a PublishResponse become columns, exactly as the driver would decode them."""

import struct

import numpy as np
import pytest
from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary
from hypothesis import given, settings
from hypothesis import strategies as st

from ninefold.connectors.opcua import codec
from ninefold.connectors.opcua.codec import decode_publication, overflowed, quality_of
from ninefold.connectors.opcua.values import decoded_by_driver
from ninefold.vocabulary.batch import Quality, Reason

NUMBERS = {
    ua.VariantType.Boolean: st.booleans(),
    ua.VariantType.SByte: st.integers(-128, 127),
    ua.VariantType.Byte: st.integers(0, 255),
    ua.VariantType.Int16: st.integers(-(2**15), 2**15 - 1),
    ua.VariantType.UInt16: st.integers(0, 2**16 - 1),
    ua.VariantType.Int32: st.integers(-(2**31), 2**31 - 1),
    ua.VariantType.UInt32: st.integers(0, 2**32 - 1),
    ua.VariantType.Int64: st.integers(-(2**53), 2**53),
    ua.VariantType.UInt64: st.integers(0, 2**53),
    ua.VariantType.Float: st.floats(width=32),
    ua.VariantType.Double: st.floats(),
    ua.VariantType.String: st.none() | st.text(max_size=8).filter(lambda t: "\x00" not in t),
}
TIME = ua.uatypes.win_epoch_to_datetime(133_500_000_000_000_000)


@st.composite
def items(draw):
    """Draw one monitored item with any mix of fields."""
    type_ = draw(st.sampled_from([*NUMBERS, ua.VariantType.Double, ua.VariantType.Double]))
    kind = draw(st.sampled_from(["value", "value", "value", "null", "none"]))
    value = {
        "value": lambda: ua.Variant(draw(NUMBERS[type_]), type_),
        "null": lambda: ua.Variant(None, ua.VariantType.Null),
        "none": lambda: None,
    }[kind]()
    status = draw(st.sampled_from([0, 0x408F0000, 0x808C0000, 0x00000480, 0x80000000]))
    stamp = draw(st.booleans())
    data = ua.DataValue(
        Value=value,
        StatusCode=ua.StatusCode(status),
        SourceTimestamp=TIME if stamp else None,
        ServerTimestamp=TIME if draw(st.booleans()) else None,
        SourcePicoseconds=draw(st.sampled_from([None, 7])) if stamp else None,
    )
    return ua.MonitoredItemNotification(draw(st.integers(0, 2**32 - 1)), data)


def response(found, sequence=5, more=(), parts=1):
    """Return the bytes of a PublishResponse that carries items."""
    answer = ua.PublishResponse()
    answer.Parameters.SubscriptionId = 3
    answer.Parameters.AvailableSequenceNumbers = [4, 5]
    answer.Parameters.NotificationMessage.SequenceNumber = sequence
    size = max(1, -(-len(found) // parts))
    notifications = [ua.DataChangeNotification(MonitoredItems=found[i : i + size]) for i in range(0, len(found), size)]
    answer.Parameters.NotificationMessage.NotificationData = [*notifications, *more]
    return struct_to_binary(answer)


def by_driver(data):
    return decoded_by_driver(ua, Buffer(data))


def same(ours, theirs):
    """Compare two publications column by column."""
    assert ours[:4] == theirs[:4]
    for a, b in zip(ours.samples, theirs.samples, strict=True):
        assert a.handle.tolist() == b.handle.tolist()
        np.testing.assert_array_equal(a.value, b.value)
        assert a.status.tolist() == b.status.tolist()
        assert a.source.tolist() == b.source.tolist()
        assert a.empty.tolist() == b.empty.tolist()
        texts = [[None] * len(s.handle) if s.text is None else s.text.tolist() for s in (a, b)]
        assert texts[0] == texts[1]


@settings(max_examples=60)
@given(found=st.lists(items(), max_size=12), parts=st.integers(1, 3))
def test_columns_equal_what_the_driver_decodes(found, parts):
    """Every mix of types, masks, missing values and missing times."""
    data = response(found, parts=parts)
    ours = decode_publication(data)
    assert ours is not None
    same(ours, by_driver(data))


def test_long_runs_with_one_odd_item_in_between_are_read_in_full():
    """A run ends at the first other layout and goes on behind it: node-opcua drops a field of some items."""

    def item(i):
        pico = 7 if i in {64, 700} else None
        data = ua.DataValue(ua.Variant(float(i)), SourceTimestamp=TIME, SourcePicoseconds=pico)
        return ua.MonitoredItemNotification(i, data)

    data = response([item(i) for i in range(1000)])
    ours = decode_publication(data)
    assert ours.samples[0].value.tolist() == [float(i) for i in range(1000)]
    same(ours, by_driver(data))


def test_array_is_left_to_the_driver_and_counts_as_no_number():
    """An array has no place in a column of numbers; it is not dropped."""
    array = ua.MonitoredItemNotification(1, ua.DataValue(ua.Variant([1.0, 2.0], ua.VariantType.Double)))
    data = response([array])
    assert decode_publication(data) is None
    samples = by_driver(data).samples[0]
    assert np.isnan(samples.value[0])
    assert not samples.empty[0]


def test_status_change_of_the_subscription_is_an_error():
    """A server that ends a subscription says so; the caller must notice."""
    change = ua.StatusChangeNotification(Status=ua.StatusCode(ua.StatusCodes.BadTimeout))
    data = response([], more=[change])
    assert decode_publication(data) is None
    with pytest.raises(ua.uaerrors.BadTimeout):
        by_driver(data)


def test_keep_alive_carries_nothing():
    """A keep-alive must not be acknowledged."""
    publication = decode_publication(response([]))
    assert not publication.carries
    assert publication.samples == ()


@settings(max_examples=150)
@given(cut=st.integers(0, 400), flip=st.integers(0, 400), bit=st.integers(0, 7))
def test_broken_bytes_never_raise(cut, flip, bit):
    """Cut or flipped bytes give None or a publication of bounded size, never an exception."""
    found = [ua.MonitoredItemNotification(i, ua.DataValue(ua.Variant(1.5), SourceTimestamp=TIME)) for i in range(8)]
    found.append(ua.MonitoredItemNotification(9, ua.DataValue(ua.Variant("L"))))
    data = bytearray(response(found))
    data[flip % len(data)] ^= 1 << bit
    publication = decode_publication(bytes(data[: len(data) - cut]))
    assert publication is None or sum(len(s.handle) for s in publication.samples) <= len(data)


@given(data=st.binary(max_size=200))
def test_random_bytes_never_raise(data):
    """The same for bytes that begin like a response and go on at random."""
    decode_publication(codec.PUBLISH_RESPONSE + data)
    decode_publication(data)


def test_count_that_the_message_cannot_hold_allocates_nothing():
    """A length of two billion items in a message of a few bytes is refused before memory is asked for."""
    body = struct.pack("<i", 2**31 - 1) + b"\0" * 20
    found = response([ua.MonitoredItemNotification(1, ua.DataValue(ua.Variant(1.0)))])
    start = found.index(codec.DATA_CHANGE) + 5
    assert decode_publication(found[:start] + struct.pack("<i", len(body)) + body) is None


def test_reasons_are_those_of_the_driver_s_status_codes():
    """The table names status codes by number; each number is the code that the comment says."""
    names = {
        "UncertainNoCommunicationLastUsableValue": Reason.STALE,
        "UncertainLastUsableValue": Reason.STALE,
        "UncertainSubstituteValue": Reason.SUBSTITUTED,
        "UncertainInitialValue": Reason.INITIAL,
        "UncertainSensorNotAccurate": Reason.SENSOR_FAILURE,
        "UncertainEngineeringUnitsExceeded": Reason.OUT_OF_RANGE,
        "GoodLocalOverride": Reason.SUBSTITUTED,
        "BadNoCommunication": Reason.NOT_CONNECTED,
        "BadWaitingForInitialData": Reason.INITIAL,
        "BadOutOfRange": Reason.OUT_OF_RANGE,
        "BadConfigurationError": Reason.CONFIGURATION,
        "BadNotConnected": Reason.NOT_CONNECTED,
        "BadDeviceFailure": Reason.DEVICE_FAILURE,
        "BadSensorFailure": Reason.SENSOR_FAILURE,
        "BadOutOfService": Reason.OUT_OF_SERVICE,
    }
    codes = np.array([getattr(ua.StatusCodes, name) for name in names], np.uint32)
    quality, reason = quality_of(codes)
    assert reason.tolist() == [int(r) for r in names.values()]
    levels = {"Good": Quality.GOOD, "Unce": Quality.UNCERTAIN, "BadX": Quality.BAD}
    assert quality.tolist() == [int(levels.get(name[:4], Quality.BAD)) for name in names]
    assert set(codec._REASONS) == {int(c) >> 16 for c in codes}


def test_overflow_bit_counts_only_with_its_info_type():
    """Bit 7 means overflow only where bits 10 and 11 say that the info belongs to a data value."""
    assert overflowed(np.array([0x480, 0x80, 0x400, 0], np.uint32)).tolist() == [True, False, False, False]


def test_driver_reads_our_test_bytes():
    """The bytes of these tests are what the driver itself writes and reads."""
    data = response([ua.MonitoredItemNotification(1, ua.DataValue(ua.Variant(2.5)))])
    answer = struct_from_binary(ua.PublishResponse, Buffer(data))
    assert answer.Parameters.NotificationMessage.NotificationData[0].MonitoredItems[0].Value.Value.Value == 2.5
