"""Plugins by entry point. Built-ins come through the same door; one that fails is named and never stops the rest."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from ninefold.kernel.errors import MissingDependency, NinefoldError, NotFound


@dataclass(frozen=True)
class Broken:
    """A plugin that could not be loaded, and why."""

    name: str
    package: str  # the distribution that offers it
    error: NinefoldError


@dataclass(frozen=True)
class Plugins:
    """The plugins of one group."""

    group: str
    found: Mapping[str, Any]
    broken: tuple[Broken, ...] = ()

    def get(self, name: str) -> Any:
        """Return a plugin.

        Raises:
            NotFound: none has that name; the message says which there are.
            NinefoldError: it is there and could not be loaded.
        """
        if name in self.found:
            return self.found[name]
        for plugin in self.broken:
            if plugin.name == name:
                raise plugin.error
        word = self.group.partition(".")[2].rstrip("s") or "plugin"
        near = difflib.get_close_matches(name, self.found, n=1)
        known = ", ".join(sorted(self.found)) or "none"
        hint = f"Did you mean {near[0]!r}?" if near else f"Use one of: {known}; or install a package that brings it."
        raise NotFound(f"No {word} is called {name!r}.", hint=hint)


def load_plugins(group: str, entries: Iterable[metadata.EntryPoint] | None = None) -> Plugins:
    """Return all plugins of a group such as "ninefold.connectors"; those that fail to load are listed as broken."""
    found: dict[str, Any] = {}
    broken: list[Broken] = []
    for entry in sorted(metadata.entry_points(group=group) if entries is None else entries):
        if entry.name in found:
            message = f"Two packages offer the plugin {entry.name!r} in {group}; the second is {_package(entry)}."
            broken.append(Broken(entry.name, _package(entry), NinefoldError(message, hint="Remove one of them.")))
            continue
        try:
            found[entry.name] = entry.load()
        except Exception as error:
            broken.append(Broken(entry.name, _package(entry), _reason(entry, error)))
    return Plugins(group, found, tuple(broken))


def _package(entry: metadata.EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else entry.module.partition(".")[0]


def _reason(entry: metadata.EntryPoint, error: Exception) -> NinefoldError:
    if isinstance(error, NinefoldError):
        return error
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith(entry.module):
        extra = _extra(entry, error.name.partition(".")[0])
        if extra and _package(entry) == "ninefold":
            return MissingDependency(error.name, extra, f"The plugin {entry.name}")
        install = f"{_package(entry)}[{extra}]" if extra else error.name
        message = f"The plugin {entry.name} of {_package(entry)} needs the package {error.name}."
        return NinefoldError(message, hint=f"Install it: pip install '{install}'.")
    message = f"The plugin {entry.name} of {_package(entry)} failed to load: {type(error).__name__}: {error}."
    return NinefoldError(message, hint="Update or remove the package.")


def _extra(entry: metadata.EntryPoint, module: str) -> str:
    """Return the extra of the plugin's own package that brings a module, or ""."""
    wanted = module.replace("_", "-").lower()
    for line in (entry.dist.requires if entry.dist is not None else None) or ():
        name = re.match(r"[\w.-]+", line)
        extra = re.search(r"extra\s*==\s*['\"]([\w.-]+)['\"]", line)
        if name and extra and name.group().replace("_", "-").lower() == wanted:
            return extra.group(1)
    return ""
