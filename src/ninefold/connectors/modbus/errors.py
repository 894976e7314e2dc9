"""The driver's errors and the device's exception codes as ours, by name and number, so that no driver is imported.

A test walks the driver's public exceptions and fails when one stands in no list.
"""

from ninefold.kernel.errors import ConnectorError, DeadlineExceeded, TagNotFound, Unreachable
from ninefold.vocabulary.batch import Reason

UNREACHABLE = frozenset({"ConnectionException"})
LATE = frozenset({"ModbusIOException"})  # pymodbus raises it when nothing came within the timeout
NOT_FOUND = frozenset({"NoSuchIdException"})
FAILED = frozenset({"ModbusException", "MessageRegisterException", "NotImplementedException", "ParameterException"})
LISTS = (UNREACHABLE, LATE, NOT_FOUND, FAILED)

_CLASSES: tuple[tuple[frozenset[str], type[ConnectorError], str], ...] = (
    (UNREACHABLE, Unreachable, "Check address, port and cable, and that the device has a free connection."),
    (LATE, DeadlineExceeded, "Check unit: many gateways keep silent for a unit that they do not know."),
    (NOT_FOUND, TagNotFound, "Check unit in the connection."),
    (FAILED, ConnectorError, "Check the addresses, and the device's manual."),
)

# Source: Modbus Application Protocol V1.1b3, 7
EXCEPTIONS: dict[int, tuple[str, Reason]] = {
    1: ("illegal function", Reason.CONFIGURATION),
    2: ("illegal data address", Reason.CONFIGURATION),
    3: ("illegal data value", Reason.CONFIGURATION),
    4: ("device failure", Reason.DEVICE_FAILURE),
    5: ("acknowledge: still busy with it", Reason.OUT_OF_SERVICE),
    6: ("device busy", Reason.OUT_OF_SERVICE),
    8: ("memory parity error", Reason.DEVICE_FAILURE),
    10: ("gateway path unavailable", Reason.NOT_CONNECTED),
    11: ("gateway target gave no answer", Reason.NOT_CONNECTED),
}
SILENT = 256  # no code of the protocol: the unit gave no answer in time
SHORT = 257  # nor this one: the answer holds less, or more, than was asked for
NO_ANSWER = frozenset({10, 11, SILENT})


def reason_of(code: int) -> Reason:
    """Return why a sample is bad when its request was answered with an exception code; 0 is none."""
    if code == 0:
        return Reason.NONE
    if code == SILENT:
        return Reason.NOT_CONNECTED
    return EXCEPTIONS.get(code, ("", Reason.DEVICE_FAILURE if code == SHORT else Reason.OTHER))[1]


def word_of(code: int) -> str:
    """Return an exception code for people."""
    if code == SILENT:
        return "no answer in time"
    if code == SHORT:
        return "an answer of the wrong length"
    return f"exception {code} ({EXCEPTIONS.get(code, ('not in the standard', Reason.OTHER))[0]})"


def mapped(connection: str, error: Exception) -> ConnectorError | None:
    """Return our error for one of the driver's; None for what is no error of the driver."""
    name = type(error).__name__
    told = str(error).strip() or name
    for names, class_, hint in _CLASSES:
        if name in names:
            return class_(f"{connection} answers: {told}.".replace("..", "."), hint=hint)
    return None
