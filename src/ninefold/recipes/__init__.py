"""Recipes: one text that makes features and labels, in batch, in stream and in SQL, with the same result.

The engines live in `batch`, `stream` and `duckdb`; only the last one imports DuckDB, when it runs.
"""

from ninefold.recipes.front import parse_recipe
from ninefold.recipes.label import Label, label_frames
from ninefold.recipes.label_column import label_rows
from ninefold.recipes.label_remaining import label_remaining
from ninefold.recipes.recipe import Recipe, decode, encode
from ninefold.recipes.schema import Keys, Schema

__all__ = [
    "Keys",
    "Label",
    "Recipe",
    "Schema",
    "decode",
    "encode",
    "label_frames",
    "label_remaining",
    "label_rows",
    "parse_recipe",
]
