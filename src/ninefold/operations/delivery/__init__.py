"""Step 8: pipelines of other systems from the lifecycle graph, the schedule, and what other systems are told."""

from ninefold.operations.delivery.cyclonedx import bill_of
from ninefold.operations.delivery.generated import generate, state_of
from ninefold.operations.delivery.jobs import pipeline_of
from ninefold.operations.delivery.openlineage import events
from ninefold.operations.delivery.sarif import sarif

__all__ = ["bill_of", "events", "generate", "pipeline_of", "sarif", "state_of"]
