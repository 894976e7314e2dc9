"""Every public exception of pymodbus has its counterpart in our tree, every code of the standard its reason."""

import inspect

import pymodbus.exceptions
import pytest

from ninefold.connectors.modbus import errors
from ninefold.kernel.errors import ConnectorError, DeadlineExceeded, TagNotFound, Unreachable
from ninefold.vocabulary.batch import Reason

EXCEPTIONS = {
    name: class_
    for name, class_ in inspect.getmembers(pymodbus.exceptions, inspect.isclass)
    if issubclass(class_, Exception)
}


def test_every_exception_of_the_driver_stands_in_exactly_one_list():
    """A new version with a new exception fails here until it is mapped."""
    assert len(EXCEPTIONS) >= 7
    for name in EXCEPTIONS:
        assert sum(name in names for names in errors.LISTS) == 1, name


@pytest.mark.parametrize(
    ("name", "class_"),
    [
        ("ConnectionException", Unreachable),
        ("ModbusIOException", DeadlineExceeded),
        ("NoSuchIdException", TagNotFound),
        ("ModbusException", ConnectorError),
    ],
)
def test_class_follows_what_can_be_done(name, class_):
    """Recovery depends on the class."""
    error = errors.mapped("press", EXCEPTIONS[name]("x"))
    assert type(error) is class_
    assert "press" in error.message
    assert error.hint


def test_mistake_of_ours_is_no_connector_error():
    """A KeyError is not the device's fault."""
    assert errors.mapped("press", KeyError("x")) is None


def test_every_code_has_a_word_and_a_reason():
    """Those of the standard, the two of ours, and one that nobody knows."""
    for code in (1, 2, 3, 4, 5, 6, 8, 10, 11, errors.SILENT, errors.SHORT, 99):
        assert errors.word_of(code)
        assert errors.reason_of(code) != Reason.NONE
    assert errors.reason_of(0) == Reason.NONE
