"""The three headers of Standard Webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook


class Signer:
    """Signs with every secret that is in force: receivers accept any one of the signatures."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._webhooks = [Webhook(secret) for secret in secrets]

    def headers(self, webhook_id: str, now_s: float, body: bytes) -> dict[str, str]:
        """Id, time of this try and signatures of a body in UTF-8."""
        at = datetime.fromtimestamp(int(now_s), tz=UTC)
        text = body.decode()
        return {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(now_s)),
            "webhook-signature": " ".join(one.sign(webhook_id, at, text) for one in self._webhooks),
        }
