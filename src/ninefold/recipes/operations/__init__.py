"""The operations of a recipe, and the union by which a stored recipe finds them."""

from typing import TypeAlias

from ninefold.recipes.operations.admit import Admit
from ninefold.recipes.operations.frames import Resample, Window
from ninefold.recipes.operations.history import Fill, Lag, Rolling
from ninefold.recipes.operations.rowwise import Cast, Category, Clip, Derive, Filter, Keep, OneHot, Unit
from ninefold.recipes.operations.sources import AsOf, ParseTime, Python

Step: TypeAlias = (
    Admit | AsOf | Cast | Category | Clip | Derive | Fill | Filter | Keep | Lag | OneHot | ParseTime | Python | Resample
    | Rolling | Unit | Window
)  # fmt: skip

OPERATIONS: dict[str, type[Step]] = {
    "admit": Admit,
    "as_of": AsOf,
    "cast": Cast,
    "category": Category,
    "clip": Clip,
    "derive": Derive,
    "fill": Fill,
    "filter": Filter,
    "keep": Keep,
    "lag": Lag,
    "one_hot": OneHot,
    "parse_time": ParseTime,
    "python": Python,
    "resample": Resample,
    "rolling": Rolling,
    "unit": Unit,
    "window": Window,
}

__all__ = [
    "OPERATIONS",
    "Admit",
    "AsOf",
    "Cast",
    "Category",
    "Clip",
    "Derive",
    "Fill",
    "Filter",
    "Keep",
    "Lag",
    "OneHot",
    "ParseTime",
    "Python",
    "Resample",
    "Rolling",
    "Step",
    "Unit",
    "Window",
]
