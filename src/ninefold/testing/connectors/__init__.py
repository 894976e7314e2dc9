"""The suite that every live connector runs: the rules of its tier over real sockets, on a server of its author.

    from ninefold.testing.connectors import BenchSuite, Rig

    class TestPress(BenchSuite):
        @pytest.fixture
        def rig(self, tmp_path):
            return PressRig(tmp_path)      # a Rig: how to start a server, what it holds

A class inherits from the suite of the tier that its manifest claims, and a rule compares both: a tier cannot be claimed
without its rules. No rule is skipped. Where a capability is not claimed, its rule demands a refusal instead.
"""

import pytest

pytest.register_assert_rewrite("ninefold.testing.connectors.bench", "ninefold.testing.connectors.plant")

from ninefold.testing.cable import Cable, free_port  # noqa: E402 - what is imported before is not rewritten
from ninefold.testing.connectors.bench import BenchSuite  # noqa: E402 - as above
from ninefold.testing.connectors.plant import PlantSuite  # noqa: E402 - as above
from ninefold.testing.connectors.rig import Rig  # noqa: E402 - as above

__all__ = ["BenchSuite", "Cable", "PlantSuite", "Rig", "free_port"]
