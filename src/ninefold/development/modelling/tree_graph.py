"""Trees as one TreeEnsembleRegressor: boosted ones, whose sums go through a link, and forests, whose leaves average."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ninefold.development.modelling.graph import INPUT, ML, Builder
from ninefold.development.modelling.snapping import Tree
from ninefold.vocabulary.columns import Floats
from ninefold.vocabulary.task import TaskKind

_NODES = ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
          "missing_value_tracks_true")  # fmt: skip
_LEAVES = ("treeids", "nodeids", "ids", "weights")


def tree_graph(
    trees: Sequence[Tree], n_features: int, sigmoid: float = 1.0, kind: TaskKind = "binary", classes: int = 0,
    offset: float = 0.0,
) -> bytes:  # fmt: skip
    """Return link(sum of the trees' leaves). Of a multiclass task the trees of the classes take turns.

    `offset` is added to a regression's sum, so that leaves are small numbers around it.
    """
    graph, targets = Builder(n_features), classes if kind == "multiclass" else 1
    attributes = _attributes(trees, lambda number, _, value: [(number % targets, float(value) * sigmoid)])
    if offset:
        attributes["base_values"] = [offset]
    _ensemble(graph, INPUT, "raw", targets, attributes)
    graph.linked("raw", kind)
    return graph.finish(targets if kind == "multiclass" else 0)


def forest_graph(
    trees: Sequence[Tree], n_features: int, fill: Floats, kind: TaskKind, classes: int = 0, offset: float = 0.0
) -> bytes:
    """Return the mean of the trees' leaves; a leaf holds a value, or of a multiclass task a share by class."""
    graph, share = Builder(n_features), 1.0 / len(trees)

    def weights(_: int, __: int, value: Any) -> list[tuple[int, float]]:
        return [(target, float(v) * share) for target, v in enumerate(np.atleast_1d(value)) if v]

    attributes = _attributes(trees, weights)
    if offset:
        attributes["base_values"] = [offset]
    targets = classes if kind == "multiclass" else 1
    if kind == "multiclass":
        _ensemble(graph, graph.filled(fill), "probabilities", targets, attributes)
        return graph.finish(classes)
    graph.flat(_ensemble(graph, graph.filled(fill), "mean", targets, attributes))
    return graph.finish()


def _ensemble(graph: Builder, source: str, output: str, targets: int, attributes: dict[str, list[Any]]) -> str:
    return graph.node(
        "TreeEnsembleRegressor", [source], output, domain=ML, n_targets=targets, post_transform="NONE",
        aggregate_function="SUM", **attributes,
    )  # fmt: skip


def _attributes(trees: Sequence[Tree], weights: Any) -> dict[str, list[Any]]:
    """Return the attributes of the node; `weights(tree, leaf, value)` gives (target, weight) pairs of a leaf."""
    nodes: dict[str, list[Any]] = {f"nodes_{k}": [] for k in _NODES}
    leaves: dict[str, list[Any]] = {f"target_{k}": [] for k in _LEAVES}
    for number, tree in enumerate(trees):
        _add_tree(nodes, number, tree)
        for i, value in enumerate(tree.leaf):
            place = len(tree.feature) + i
            # a leaf without a weight is refused by the runtime
            for target, weight in weights(number, i, value) or [(0, 0.0)]:
                for column, item in zip(leaves.values(), (number, place, target, weight), strict=True):
                    column.append(item)
    return {**nodes, **leaves}


def _add_tree(nodes: dict[str, list[Any]], number: int, tree: Tree) -> None:
    """Append a tree: inner nodes 0.., leaves behind them. Leaf i is named by the negative number ~i."""
    inner, leaves = len(tree.feature), len(tree.leaf)

    def places(children: Any) -> list[int]:
        return [int(c) if c >= 0 else inner + ~int(c) for c in children] + [0] * leaves

    rows: tuple[list[Any], ...] = (
        [number] * (inner + leaves), list(range(inner + leaves)), [int(f) for f in tree.feature] + [0] * leaves,
        [float(t) for t in tree.threshold] + [0.0] * leaves, ["BRANCH_LEQ"] * inner + ["LEAF"] * leaves,
        places(tree.left), places(tree.right), [int(m) for m in tree.missing_left] + [0] * leaves,
    )  # fmt: skip
    for column, items in zip(nodes.values(), rows, strict=True):
        column.extend(items)
