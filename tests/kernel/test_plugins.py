"""Plugins come by entry point; one that fails is named and never stops the rest."""

import sys
from importlib.metadata import EntryPoint

import pytest

from ninefold.kernel.errors import NinefoldError, NotFound
from ninefold.kernel.plugins import load_plugins

GROUP = "ninefold.connectors"


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return a function that makes an importable module from source text."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
        return EntryPoint(name.removeprefix("plug_"), f"{name}:PLUGIN", GROUP)

    return make


def test_built_in_comes_through_the_door():
    """Our own connectors are registered like anybody's."""
    assert load_plugins(GROUP).get("opcua").name == "opcua"


def test_failing_plugin_is_named_and_the_rest_is_there(module):
    """A syntax error, an exception and a missing package each cost only their own plugin."""
    entries = [
        module("plug_good", "PLUGIN = 1"),
        module("plug_syntax", "PLUGIN = ("),
        module("plug_raises", "raise ValueError('no licence')"),
        module("plug_needs", "import absent_package"),
        module("plug_empty", ""),
    ]
    plugins = load_plugins(GROUP, entries)
    assert plugins.found == {"good": 1}
    said = {b.name: b.error.message for b in plugins.broken}
    assert set(said) == {"syntax", "raises", "needs", "empty"}
    assert "no licence" in said["raises"]
    assert "needs the package absent_package" in said["needs"]
    with pytest.raises(NinefoldError, match="no licence"):
        plugins.get("raises")


def test_unknown_name_is_answered_with_the_nearest(module):
    """A typing mistake in a connection's file is answered with the right word."""
    plugins = load_plugins(GROUP, [module("plug_opcua", "PLUGIN = 1")])
    with pytest.raises(NotFound, match="Did you mean 'opcua'"):
        plugins.get("opcau")


def test_second_plugin_of_a_name_is_broken(module):
    """Two packages that offer the same name: the first stays, the second is named."""
    entries = [module("plug_a", "PLUGIN = 1"), module("plug_a", "PLUGIN = 1")]
    plugins = load_plugins(GROUP, entries)
    assert plugins.found == {"a": 1}
    assert "Two packages" in plugins.broken[0].error.message
