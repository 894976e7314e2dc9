"""Step 7, deployment: who runs what, by which evidence a bundle advances, and what goes to the devices."""

from ninefold.operations.deployment.publishing import Deployed, accept, order, publish, retry

__all__ = ["Deployed", "accept", "order", "publish", "retry"]
