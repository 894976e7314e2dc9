"""Fixtures of the tests over OPC UA."""

import pytest
from tests.connectors.opcua.server import Cell


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """Key pairs cost a second each; all tests share them."""
    return tmp_path_factory.mktemp("pki")


@pytest.fixture
def cell(keys):
    return Cell(keys)
