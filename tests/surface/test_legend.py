"""The keys of drawings are small, hidden from screen readers, and there for every mark."""

from typing import get_args
from xml.etree import ElementTree as ET

import pytest

from ninefold.surface.legend import Key, key


@pytest.mark.parametrize("of", get_args(Key))
def test_every_mark_has_its_key(of: Key) -> None:
    """Well formed, without style and without ids that could be there twice."""
    root = ET.fromstring(key(of))
    assert root.get("aria-hidden") == "true"
    assert len(root)
    assert not any({"style", "id"} & set(e.attrib) for e in root.iter())
