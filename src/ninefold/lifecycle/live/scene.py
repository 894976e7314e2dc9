"""What a live page is drawn from, and for whom."""

from typing import NamedTuple

from ninefold.fleet.service import FleetService
from ninefold.kernel.plan import Plan
from ninefold.kernel.view import View
from ninefold.surface.words import Language


class Scene(NamedTuple):
    """The project's files and plan, the fleet, the time (µs UTC), and how the reader reads."""

    view: View
    plan: Plan
    service: FleetService
    now: int
    language: Language
    zone: str
