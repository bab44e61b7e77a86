"""All endpoints of a process over one store."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry

from projections.webhooks.config import Endpoint
from projections.webhooks.delivery import Delivery
from projections.webhooks.metrics import WebhookMetrics
from projections.webhooks.sending import Sender
from projections.webhooks.sources import Source
from projections.webhooks.store import Deliveries

logger = logging.getLogger(__name__)


class Webhooks:
    """Opens the store in a folder; one process at a time.

    Raises:
        StoreLockedError: another process has it open.
        DeliveriesError: it is damaged, or of another version.
    """

    def __init__(self, endpoints: Sequence[Endpoint], folder: Path, registry: CollectorRegistry) -> None:
        self._endpoints = endpoints
        self._deliveries = Deliveries(folder)
        self._metrics = WebhookMetrics(registry)
        left = self._deliveries.endpoints() - {endpoint.id for endpoint in endpoints}
        for name in sorted(left):
            waiting = len(self._deliveries.queue(name).pending())
            logger.warning(
                "an endpoint is not in the file any more", extra={"endpoint": name, "pending": waiting}
            )

    async def run(self, source: Source) -> None:
        """Deliver until cancelled; a failure of one endpoint's store or source ends all, and is raised."""
        try:
            async with contextlib.AsyncExitStack() as stack:
                deliveries = []
                for endpoint in self._endpoints:
                    sender = await stack.enter_async_context(Sender(endpoint))
                    queue = self._deliveries.queue(endpoint.id)
                    deliveries.append(Delivery(endpoint, queue, source, sender, self._metrics))
                await _all(deliveries)
        finally:
            self._deliveries.close()


async def _all(deliveries: Sequence[Delivery]) -> None:
    tasks = [asyncio.create_task(delivery.run()) for delivery in deliveries]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
