"""What time counts: inside the plant's working hours, and inside the operating states that a need names."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import numpy as np

from ninefold.criteria.operating import OperatingClock
from ninefold.kernel.decode import nearest
from ninefold.kernel.errors import InvalidInput
from ninefold.recipes.expressions.parser import columns_of, parse
from ninefold.recipes.expressions.sql import Renderer
from ninefold.vocabulary.calendar import Calendar
from ninefold.vocabulary.columns import Floats


class Operation:
    """The calendar, as an availability check uses it. Without one, all time counts and there are no states."""

    def __init__(self, calendar: Calendar | None) -> None:
        self._states = dict(calendar.states) if calendar is not None else {}
        self._clock = OperatingClock(calendar) if calendar is not None else None
        self.zone = ZoneInfo(calendar.zone if calendar is not None else "UTC")

    def worked(self, starts: Sequence[int], ends: Sequence[int]) -> Floats:
        """Return the working seconds between pairs of times, µs UTC."""
        first, last = np.asarray(starts, np.int64), np.asarray(ends, np.int64)
        if self._clock is None:
            return np.asarray((last - first) / 1e6)
        return np.asarray(self._clock.seconds(last) - self._clock.seconds(first))

    def signals(self, states: Sequence[str]) -> set[str]:
        """Return the signals that the states' expressions read.

        Raises:
            InvalidInput: a state is not in the calendar, or its expression cannot be parsed.
        """
        return {name for state in states for rule in self._rules(state) for name in columns_of(parse(rule))}

    def inside(self, states: Sequence[str], kinds: Mapping[str, str]) -> str:
        """Return SQL that is true for the rows of a table in which one of the states holds; "true" for no states.

        Raises:
            InvalidInput: as in `signals`, or the table lacks a signal that an expression reads.
        """
        if not states:
            return "true"
        return "(" + " OR ".join(self._condition(state, kinds) for state in states) + ")"

    def _condition(self, state: str, kinds: Mapping[str, str]) -> str:
        render = Renderer(kinds, {})
        rules = [f"coalesce({render.condition(parse(rule))}, false)" for rule in self._rules(state)]
        if self._states[state] == "otherwise":
            return f"NOT ({' OR '.join(rules)})" if rules else "true"
        return rules[0]

    def _rules(self, state: str) -> list[str]:
        """Return the expressions that decide a state: its own, or for "otherwise" all others."""
        if state not in self._states:
            hint = nearest(state, self._states) or "Add it under states: in calendar.yaml."
            raise InvalidInput(f"The calendar has no state {state!r}.", hint=hint)
        rule = self._states[state]
        return [r for r in self._states.values() if r != "otherwise"] if rule == "otherwise" else [rule]
