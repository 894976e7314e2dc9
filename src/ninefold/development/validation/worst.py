"""The cases of a criterion on sensor faults: each fault that it names, of each signal of a model, on its test rows."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from ninefold.criteria.faults import FAULTS, in_order
from ninefold.criteria.params import nearest
from ninefold.criteria.subjects import Episodes, Samples
from ninefold.criteria.worst import Case
from ninefold.development.validation.disturbing import Disturbance
from ninefold.kernel.errors import InvalidInput
from ninefold.vocabulary.columns import Array
from ninefold.vocabulary.criterion import MetricSpec, SensorFaults

_UNSPREAD = frozenset({"dropout", "stuck", "delay"})  # faults that are not sized by the spread of training


def cases_under(
    spec: MetricSpec, model: str, at_work: Disturbance, seen: Callable[[Array], Samples | Episodes],
    rng: np.random.Generator,
) -> Iterator[Case]:  # fmt: skip
    """Yield what the model does under each fault of each signal; `seen` makes a subject of its scores.

    Raises:
        InvalidInput: a signal is none that the model reads, or one that the fault cannot befall.
    """
    faults = in_order(spec.faults or SensorFaults(()))
    for fault, signal, features in planned(faults, f"{spec.requirement}/{spec.criterion}", model, at_work.spreads):
        yield Case(fault, signal, seen(at_work.scores(fault, features, rng, faults.size)))


def planned(
    faults: SensorFaults, criterion: str, model: str, spreads: Mapping[str, float | None]
) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return (fault, signal, features) of every case. Without named signals each feature fails by itself: text drops
    out only, and what does not vary in training is left out.

    Raises:
        InvalidInput: a signal is none that the model reads, or one that the fault cannot befall.
    """
    if not faults.sensors:
        return [(f, name, (name,)) for name, spread in spreads.items() for f in faults.worst_of if _befalls(f, spread)]
    for signal, features in faults.sensors.items():
        for name in features:
            _check(faults, criterion, model, spreads, "" if features == (signal,) else f" of {signal}", name)
    return [(fault, signal, features) for signal, features in faults.sensors.items() for fault in faults.worst_of]


def _befalls(fault: str, spread: float | None) -> bool:
    return fault == "dropout" if spread is None else spread > 0


def _check(
    faults: SensorFaults, criterion: str, model: str, spreads: Mapping[str, float | None], of: str, name: str
) -> None:
    if name not in spreads:
        message = f"{criterion} plants faults in {name!r}{of}, which the model {model} does not read."
        raise InvalidInput(message, hint=nearest(name, spreads))
    spread = spreads[name]
    if spread is None and (unfit := [f for f in faults.worst_of if f != "dropout"]):
        message = f"{criterion} plants {unfit[0]} in {name!r}{of}, which is text."
        raise InvalidInput(message, hint="Name dropout alone for it, in a criterion of its own.")
    if spread == 0 and (unfit := [f for f in faults.worst_of if f not in _UNSPREAD]):
        about = FAULTS[unfit[0]].about
        message = f"{criterion} plants {unfit[0]} ({about}) in {name!r}{of}, which does not vary in training."
        raise InvalidInput(message, hint="Take it out of the signals, or name dropout, stuck and delay only.")
