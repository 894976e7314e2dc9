"""recipes/NAME.yaml and the agreements of ninefold.toml as facets.

A recipe is three facets, so that a changed label leaves the features fresh: what it reads, what it makes, what it says.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from ninefold.development.data.personal import AGREEMENTS, personal_columns, refusal
from ninefold.kernel.canonical import canonical
from ninefold.kernel.decode import nearest
from ninefold.kernel.documents import parse_yaml
from ninefold.kernel.errors import InvalidFile, Problem
from ninefold.kernel.project import PROJECT_FILE
from ninefold.kernel.view import Facet
from ninefold.recipes import Label, Recipe, decode, parse_recipe

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class RecipeReader:
    """recipes/NAME.yaml: inputs, features (keys, steps, tables), label."""

    patterns: Sequence[str] = ("recipes/*.yaml",)

    def facets(self, text: str, file: str) -> Iterator[Facet]:
        """Return the facets of one recipe. See the contract."""
        name = PurePosixPath(file).stem
        document = parse_yaml(text, file)
        if not _NAME.fullmatch(name):
            hint = "Use lower-case letters, digits, '-' and '_'."
            raise InvalidFile([document.problem((), f"{name!r} is no name of a recipe.", hint)])
        recipe = parse_recipe(document)
        line = document.line
        yield Facet(f"recipe:{name}#inputs", "inputs", {"inputs": recipe.inputs}, file, line(("inputs",)))
        made = {"keys": recipe.keys, "steps": recipe.steps, "tables": recipe.tables}
        yield Facet(f"recipe:{name}#features", "recipe", made, file, line(("steps",)))
        if recipe.label is not None:
            yield Facet(f"recipe:{name}#label", "label", recipe.label, file, line(("label",)))

    def check(self, facets: Mapping[str, Facet]) -> Iterator[Problem]:
        """Return inputs and columns of labels that no connection brings, and personal columns without an agreement."""
        agreed = facets[AGREEMENTS].body if AGREEMENTS in facets else ()
        for facet in facets.values():
            if facet.kind == "inputs":
                for input_, reference in facet.body["inputs"].items():
                    target = reference.partition(":")[2]
                    if f"connection:{target}#source" not in facets:
                        message = f"There is no connection {target!r}."
                        hint = f"Write connections/{target}.yaml, or correct the name."
                        yield Problem(facet.file, facet.line, f"inputs.{input_}", message, hint)
            elif facet.kind == "label":
                yield from _unknown_columns(facet, facets)
            elif facet.kind == "recipe":
                recipe = recipe_of(facets[facet.name.replace("#features", "#inputs")].body, facet.body)
                if found := personal_columns(recipe, agreed):
                    error = refusal(found)
                    yield Problem(facet.file, facet.line, "steps", error.message, error.hint)


class AgreementReader:
    """ninefold.toml: the personal columns that an agreement allows as features."""

    patterns: Sequence[str] = (PROJECT_FILE,)

    def facets(self, text: str, file: str) -> Iterator[Facet]:
        """Return the one facet; everything else in the file is nobody's input."""
        try:
            tree = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InvalidFile([Problem(file, 0, "", f"This is not valid TOML: {error}.")]) from None
        agreed = tree.get("agreements", [])
        if not isinstance(agreed, list) or not all(isinstance(a, str) for a in agreed):
            hint = 'Write agreements = ["shift"].'
            raise InvalidFile([Problem(file, 0, "agreements", "The agreements are no list of columns.", hint)])
        yield Facet(AGREEMENTS, "agreements", tuple(sorted(agreed)), file, 1)

    def check(self, facets: Mapping[str, Facet]) -> Iterator[Problem]:
        """Return nothing: agreements name columns, which recipes may or may not use."""
        del facets
        yield from ()


def _unknown_columns(facet: Facet, facets: Mapping[str, Facet]) -> Iterator[Problem]:
    """Return columns of a label that its table does not bring: a misspelt name would guard nothing."""
    label: Label = facet.body
    inputs = facets[facet.name.replace("#label", "#inputs")].body["inputs"]
    source = facets.get(f"connection:{inputs[label.source].partition(':')[2]}#source")
    signals = [t.signal for t in getattr(source.body, "tags", ())] if source is not None else []
    for name in sorted(label.told - set(signals)) if signals else ():
        within = "columns" if name in label.columns.values() else "known_with"
        field = "label.column" if name == label.column else f"label.{within}"
        message = f"The table of {label.source!r} has no column {name!r}."
        yield Problem(facet.file, facet.line, field, message, nearest(name, signals))


READERS = (AgreementReader(), RecipeReader())


def recipe_of(inputs: Mapping[str, object], features: Mapping[str, object], label: object = None) -> Recipe:
    """Return the recipe whose facets these are the bodies of.

    Raises:
        InvalidInput: they belong to a newer version.
    """
    return decode(canonical({**inputs, **features, **({"label": label} if label is not None else {})}))
