"""Webhooks: chosen events of the output topics, delivered to HTTPS endpoints (docs/webhooks.md)."""
