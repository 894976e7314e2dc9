"""LightGBM's model text with thresholds that float32 holds exactly, and its trees as arrays.

A threshold becomes the largest float32 that is not above it. For float32 inputs `x <= threshold` is then unchanged,
so the native predictions stay bit-equal, and a runtime that compares in float32 takes the same branch.
Source: the model text of LightGBM, version v4 (src/io/tree.cpp): decision_type bit 0 categorical, bit 1 default left,
bits 2 and 3 the kind of missing value.
"""

from typing import NamedTuple

import numpy as np

from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Floats

_CATEGORICAL, _DEFAULT_LEFT, _NAN = 1, 2, 8
_ZERO = np.float32(1e-35)  # LightGBM's kZeroThreshold


class Tree(NamedTuple):
    """One tree: inner nodes by number, children negative for a leaf (~number)."""

    feature: Array  # int, (inner,)
    threshold: Floats  # go left when x <= threshold
    left: Array
    right: Array
    missing_left: Array  # bool: where NaN goes
    leaf: Floats  # (inner + 1,), or (inner + 1, classes)


def snap(threshold: Floats) -> Floats:
    """Return the largest float32 values <= the thresholds, as float64.

    LightGBM reads an input within +-1e-35 as zero, a runtime does not: a threshold in that band moves to its end, so
    that both send all of the band the same way.

    >>> float(snap(np.array([0.1]))[0]) <= 0.1
    True
    """
    snapped = floor32(threshold)
    beneath = np.nextafter(-_ZERO, np.float32(-np.inf))
    band = np.abs(snapped) <= _ZERO
    return np.where(band, np.where(threshold >= 0, _ZERO, beneath), snapped).astype(np.float64)


def floor32(threshold: Floats) -> Array:
    """Return the largest float32 values <= the thresholds."""
    with np.errstate(over="ignore"):
        near = threshold.astype(np.float32)
    below = np.nextafter(near, np.float32(-np.inf))
    floors: Array = np.where(near.astype(np.float64) > threshold, below, near)
    return floors


def snapped_text(text: str) -> str:
    """Return the model text with snapped thresholds; the byte counts of its trees are left out, as they changed."""
    lines = []
    for line in text.split("\n"):
        if line.startswith("tree_sizes="):
            continue
        if line.startswith("threshold="):
            values = np.array(line.partition("=")[2].split(), dtype=np.float64)
            line = "threshold=" + " ".join(repr(float(v)) for v in snap(values))
        lines.append(line)
    return "\n".join(lines)


def trees_of(text: str) -> list[Tree]:
    """Return the trees of a model text.

    Raises:
        InvalidInput: it holds categorical splits or linear leaves, which have no exact counterpart in the graph.
    """
    body = text.partition("\nend of trees")[0]
    return [_tree(block) for block in body.split("\nTree=")[1:]]


def _tree(block: str) -> Tree:
    fields = dict(line.split("=", 1) for line in block.split("\n") if "=" in line)
    if fields.get("is_linear", "0") != "0":
        raise InvalidInput("A tree has linear leaves, which the graph does not hold.", hint="Leave linear_tree off.")
    if int(fields["num_leaves"]) == 1:
        none = np.empty(0, dtype=np.int64)
        return Tree(none, np.empty(0), none, none, none.astype(bool), np.array([float(fields["leaf_value"])]))

    def integers(name: str) -> Array:
        return np.array(fields[name].split(), dtype=np.int64)

    decision = integers("decision_type")
    if (decision & _CATEGORICAL).any():
        message = "A tree splits on a category, which the graph does not hold exactly."
        raise InvalidInput(message, hint="Give categories as ordinal codes.")
    threshold = np.array(fields["threshold"].split(), dtype=np.float64)
    # Where training saw no NaN in a feature, LightGBM reads NaN as zero.
    missing_left = np.where((decision & _NAN) != 0, (decision & _DEFAULT_LEFT) != 0, threshold >= 0)
    leaf = np.array(fields["leaf_value"].split(), dtype=np.float64)
    return Tree(
        integers("split_feature"), threshold, integers("left_child"), integers("right_child"), missing_left, leaf
    )
