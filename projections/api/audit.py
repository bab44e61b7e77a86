"""One log line for each read of an account: who, with what scope, what, and what came of it."""

from __future__ import annotations

import logging

from projections.api.scopes import Caller

log = logging.getLogger(__name__)


def audit(caller: Caller, account: str, route: str, status: int) -> None:
    """Write the line."""
    if log.isEnabledFor(logging.INFO):
        fields = {
            "token": caller.token,
            "scope": str(caller.scope),
            "account": account,
            "route": route,
            "status": status,
        }
        log.info("account read", extra=fields)
