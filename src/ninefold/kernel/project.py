"""A project: the folder of `ninefold.toml`, found from where one stands, and where its evidence lies."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec

from ninefold.kernel.decode import Decoder
from ninefold.kernel.documents import read_text
from ninefold.kernel.errors import InvalidFile, NotFound, Problem
from ninefold.kernel.yaml import dotted

PROJECT_FILE = "ninefold.toml"
STATE = ".ninefold"


class Settings(msgspec.Struct, frozen=True):
    """What `ninefold.toml` says about the whole project."""

    name: str
    language: str = "en"
    clock: str = ""  # a file that tells the time of a simulated or replayed plant; empty: this machine's own clock
    agreements: tuple[str, ...] = ()  # personal columns (operator, shift) that an agreement allows as features
    four_eyes: bool = True  # who made a record that an approval rests on does not sign it
    newer_data_blocks_after_d: float | None = None  # stated age past which newer data blocks


def find_root(start: Path) -> Path:
    """Return the nearest folder at or above `start` that holds `ninefold.toml`.

    Raises:
        NotFound: there is none.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    hint = f"Change to a project folder, or begin one with: ninefold init {start.name or 'project'}."
    raise NotFound(f"No {PROJECT_FILE} in {start.resolve()} or above it.", hint=hint)


def read_settings(root: Path) -> Settings:
    """Return the settings of a project.

    Raises:
        InvalidFile: `ninefold.toml` is no TOML, or has unknown or wrong fields.
    """
    text = read_text(root / PROJECT_FILE, PROJECT_FILE)
    try:
        tree: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidFile([Problem(PROJECT_FILE, 0, "", f"This is not valid TOML: {error}.")]) from None
    decoder = Decoder()
    settings = decoder.decode(tree, Settings, ())
    if decoder.found:
        raise InvalidFile([Problem(PROJECT_FILE, 0, dotted(p), m, h) for p, m, h in decoder.found])
    return settings
