"""YAML as generated files have it: keys in the order given, texts quoted where they must be, lines never folded."""

from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as a block, and never an alias."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - of the library
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def dump(*documents: Any) -> str:
    """Return YAML documents; one that a person can read, of plain values only."""
    return yaml.dump_all(
        documents, Dumper=_Dumper, sort_keys=False, width=2**16, allow_unicode=True, default_flow_style=False
    )
