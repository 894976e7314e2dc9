"""The recipe on whole tables: the kernels of the stream, run once, and the rows sorted by asset and time."""

from collections.abc import Mapping

import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.recipe import Recipe
from ninefold.recipes.stream import Runner
from ninefold.recipes.table import null_mask
from ninefold.vocabulary.columns import Array, Columns, take


def run(recipe: Recipe, inputs: Mapping[str, Columns]) -> dict[str, Array]:
    """Return the features of the recipe's inputs: asset, frame, t, t_start, context, features; sorted by (asset, t).

    Rows are taken in the order in which they stand, as if they arrived so. Open frames are not in the result.

    Raises:
        InvalidInput: an input or a column is missing, or a step cannot work on it.
    """
    if recipe.rows not in inputs:
        raise InvalidInput(f"The input {recipe.rows!r} is not given.", hint=f"Pass inputs[{recipe.rows!r}].")
    runner = Runner(recipe, {n: inputs[n] for n in recipe.rights if n in inputs})
    return ordered(runner.push(inputs[recipe.rows]))


def ordered(features: Columns) -> dict[str, Array]:
    """Return rows sorted by asset, then time."""
    asset = features["asset"]
    rank = {n: i for i, n in enumerate(sorted(set(asset[~null_mask(asset)].tolist())))}
    place = np.array([rank[n] for n in asset.tolist()], dtype=np.int64)
    return take(features, np.lexsort((features["t"], place)))
