"""Every public exception of asyncua has its counterpart in our tree."""

import importlib
import inspect
import pkgutil

import asyncua
import pytest
from cryptography.exceptions import InvalidSignature

from ninefold.connectors.opcua import errors
from ninefold.kernel.errors import AccessDenied, ConnectorError, DeadlineExceeded, TagNotFound, Unreachable

LISTS = (errors.UNREACHABLE, errors.ACCESS, errors.NOT_FOUND, errors.LATE, errors.FAILED)
OTHER_SIDE = {"SqlInjectionError", "ThreadLoopNotRunning", "UaNodeAlreadyHistorizedError", "ClientNotFound"}


def driver_exceptions():
    """Return every exception class that asyncua defines, except those of its server, tools and sync wrapper."""
    modules = [
        importlib.import_module(m.name)
        for m in pkgutil.walk_packages(asyncua.__path__, "asyncua.")
        if m.name.split(".")[1] not in {"tools", "sync", "pubsub"}
    ]
    classes = [pair for module in modules for pair in inspect.getmembers(module, inspect.isclass)]
    found = {n: c for n, c in classes if issubclass(c, BaseException) and c.__module__.startswith("asyncua")}
    return {n: c for n, c in found.items() if n not in OTHER_SIDE}


def test_every_exception_of_the_driver_stands_in_exactly_one_list():
    """A new version with a new exception fails here until it is mapped."""
    assert len(driver_exceptions()) > 220
    for name in driver_exceptions():
        assert sum(name in names for names in LISTS) == 1, name


@pytest.mark.parametrize(
    ("name", "class_"),
    [
        ("BadCertificateUntrusted", AccessDenied),
        ("BadSecurityChecksFailed", AccessDenied),
        ("BadSecureChannelClosed", Unreachable),
        ("BadServerHalted", Unreachable),
        ("BadNodeIdUnknown", TagNotFound),
        ("BadTimeout", DeadlineExceeded),
        ("BadInternalError", ConnectorError),
    ],
)
def test_class_follows_what_can_be_done(name, class_):
    """Recovery depends on the class."""
    error = errors.mapped("cell", driver_exceptions()[name]())
    assert type(error) is class_
    assert "cell" in error.message
    assert error.hint


def test_foreign_signature_is_access_denied():
    """The driver lets the signature error of `cryptography` through."""
    assert type(errors.mapped("cell", InvalidSignature())) is AccessDenied


def test_mistake_of_ours_is_no_connector_error():
    """A KeyError is not the device's fault."""
    assert errors.mapped("cell", KeyError("x")) is None
