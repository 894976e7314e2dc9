"""The blend of what a race found: greedy selection with replacement on out-of-fold answers, merged into one graph.

A candidate that helps is drawn again and again, so its weight is how often it was drawn. A blend that is ranked by the
rows that chose it would flatter itself; so each fold is answered by the blend that the other folds choose.
Source: Caruana et al., Ensemble selection from libraries of models, ICML 2004.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ninefold.development.modelling.entrant import Data, Entrant, number
from ninefold.development.modelling.graph import INPUT, ML, OPSET, OPSET_ML, Builder
from ninefold.development.modelling.parity import Graph, compare
from ninefold.development.modelling.ranking import METRICS
from ninefold.development.modelling.trainers.contract import Matrix
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array, Floats

NAME = "ensemble"
DRAWS = 20
MOST_ROWS = 10_000  # rows that a blend is chosen on; more would only cost time
MOST_PROBE = 4_000  # adversarial rows of each member in the gate: each has passed its own with all of them


def ensemble_of(passed: Mapping[str, Entrant], data: Data, metric: str, rows: Array, seed: int) -> Entrant:
    """Return the ensemble of finished candidates as one more; when it is no blend, it says so and did not run.

    `rows` are the labelled rows that folds predicted.
    """
    begun = time.process_time()
    found = Entrant(NAME, {}, float("inf"), NAME)
    chosen = np.sort(np.random.default_rng(seed).permutation(rows)[:MOST_ROWS])
    answers = {n: e.scores for n, e in passed.items() if e.scores is not None}
    members = select(data.y[chosen], {n: a[chosen] for n, a in answers.items()}, metric)
    if len(members) < 2:
        found.reason = f"No blend is better than {next(iter(members))} alone."
    else:
        found.members = members
        _answer(found, answers, data, metric, chosen)
        try:
            _gate(found, [(passed[name], weight) for name, weight in members.items()], data, seed)
        except InvalidInput as error:
            found.outcome, found.reason = "disqualified", error.message
    found.cpu_s = time.process_time() - begun
    return found


def _answer(found: Entrant, answers: Mapping[str, Floats], data: Data, metric: str, chosen: Array) -> None:
    """Answer each fold by the blend that the other folds choose: the rows that rank it had no say in it."""
    measure, roles = METRICS[metric], data.rows.roles
    found.scores = np.full(data.answer_shape(len(data.y)), np.nan)
    for fold in range(data.folds):
        others = chosen[roles[chosen] != fold]
        members = select(data.y[others], {n: a[others] for n, a in answers.items()}, metric)
        mine = roles == fold
        found.scores[mine] = _blend(list(members.values()), [answers[n][mine] for n in members])
        known = np.flatnonzero(mine & ~np.isnan(data.y))
        found.folds.append(number(measure.point(data.y[known], found.scores[known])))


def select(y: Floats, answers: Mapping[str, Floats], metric: str) -> dict[str, float]:
    """Return members and weights that sum to 1: each draw makes the blend best; it ends at the best one."""
    measure = METRICS[metric]
    sign = 1.0 if measure.higher_is_better else -1.0
    drawn: list[str] = []
    total: Any = 0.0
    best, kept = -np.inf, 0
    for size in range(1, DRAWS + 1):
        values = {n: sign * measure.point(y, (total + a) / size) for n, a in answers.items()}
        values = {n: v if np.isfinite(v) else -np.inf for n, v in values.items()}
        name = max(sorted(values), key=lambda n: values[n])
        drawn.append(name)
        total = total + answers[name]
        if values[name] > best + 1e-12:
            best, kept = values[name], size
    kept = max(kept, 1)
    return {name: drawn[:kept].count(name) / kept for name in sorted(set(drawn[:kept]))}


def merged(members: Sequence[tuple[bytes, float]], n_features: int, classes: int) -> bytes:
    """Return one graph that gives the weighted sum of what the members give.

    Raises:
        InvalidInput: a member has another opset, or a graph within its graph, whose names cannot be told apart.
    """
    from onnx import load_from_string, numpy_helper

    builder = Builder(n_features)
    output = "probabilities" if classes else "score"
    weighted = []
    for place, (blob, weight) in enumerate(members):
        model = load_from_string(blob)
        _check_mergeable(model)
        prefix = f"m{place}_"
        for initializer in model.graph.initializer:
            builder.constants[prefix + initializer.name] = numpy_helper.to_array(initializer)
        source = model.graph.input[0].name
        for node in model.graph.node:
            for names in (node.input, node.output):
                names[:] = [INPUT if n == source else prefix + n if n else n for n in names]
            node.name = ""
            builder.nodes.append(node)
        share = builder.constant(f"share{place}", weight)
        weighted.append(builder.node("Mul", [prefix + model.graph.output[0].name, share], f"weighted{place}"))
    builder.node("Sum", weighted, output)
    return builder.finish(classes)


def _check_mergeable(model: Any) -> None:
    for opset in model.opset_import:
        if opset.version != {"": OPSET, ML: OPSET_ML}.get(opset.domain):
            name = opset.domain or "ai.onnx"
            message = f"A member uses version {opset.version} of {name}; graphs are merged at one version."
            raise InvalidInput(message, hint=f"Export it with opset {OPSET} and ai.onnx.ml {OPSET_ML}.")
    inner = [n.op_type for n in model.graph.node if any(a.HasField("g") or a.graphs for a in n.attribute)]
    if inner or model.functions:
        raise InvalidInput(f"A member holds a graph within its graph ({', '.join(inner) or 'a function'}).")


def _gate(found: Entrant, parts: Sequence[tuple[Entrant, float]], data: Data, seed: int) -> None:
    """Hold the merged graph against the weighted sum of the members' native answers.

    On rows that another member's gate was made of, a member's own graph stands for it: that one passed its gate.
    """
    found.onnx = merged([(e.onnx, w) for e, w in parts], len(data.features), data.classes)
    graphs = [Graph(e.onnx) for e, _ in parts]
    tests = parts[0][0].cases.get("test", 0)  # the same rows for all, first in every probe
    own = [(_probe(e), _native(e)) for e, _ in parts]
    weights = [w for _, w in parts]
    rows, cases = [own[0][0][:tests]], {"test": tests}
    blends = [_blend(weights, [native[:tests] for _, native in own])]
    for mine, (entrant, _) in enumerate(parts):
        places, counts = _drawn(entrant.cases, seed)
        made = own[mine][0][places]
        answers = [own[mine][1][places] if i == mine else graph.scores(made) for i, graph in enumerate(graphs)]
        rows.append(made)
        blends.append(_blend(weights, answers))
        cases |= {f"{case} of {entrant.name}": count for case, count in counts.items()}
    found.probe, found.native, found.cases = np.concatenate(rows), np.concatenate(blends), cases
    graph = Graph(found.onnx)
    found.parity = compare(graph, found.probe, found.native, cases, data.kind)
    found.row_us = round(graph.row_us(found.probe), 1)
    found.outcome = "finished" if found.parity.passed else "disqualified"
    if not found.parity.passed:
        found.reason = f"The merged graph does not give the blended native scores: {found.parity.note}"


def _drawn(cases: Mapping[str, int], seed: int) -> tuple[Array, dict[str, int]]:
    """Return places of a member's adversarial rows, at most MOST_PROBE, and how many are of each case."""
    tests, total = cases.get("test", 0), sum(cases.values())
    rng = np.random.default_rng(seed)
    places = np.arange(tests, total)
    if len(places) > MOST_PROBE:
        places = np.sort(rng.choice(places, MOST_PROBE, replace=False))
    ends = np.cumsum(list(cases.values()))
    found = np.diff(np.searchsorted(places, [0, *ends]))
    return places, {case: int(n) for case, n in zip(cases, found, strict=True) if case != "test"}


def _native(entrant: Entrant) -> Floats:
    assert entrant.native is not None  # noqa: S101 - it came through its own gate
    return entrant.native


def _probe(entrant: Entrant) -> Matrix:
    assert entrant.probe is not None  # noqa: S101 - it came through its own gate
    return entrant.probe


def _blend(weights: Sequence[float], answers: Sequence[Array]) -> Floats:
    return np.asarray(sum(w * a.astype(np.float64) for w, a in zip(weights, answers, strict=True)), np.float64)
