"""Names that are about people."""

import pytest

from ninefold.development.data.personal import is_personal


@pytest.mark.parametrize("name", ["operator", "Operator_ID", "shift", "shiftNumber", "bediener-nr", "Schicht"])
def test_personal_names_are_seen(name):
    """In any spelling of words."""
    assert is_personal(name)


@pytest.mark.parametrize("name", ["torque", "shifted_torque", "makeshift", "operating_state", "cooperation"])
def test_other_names_are_not(name):
    """A part of a word is no word."""
    assert not is_personal(name)
