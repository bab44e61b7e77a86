"""One log line for each read or change of an account: who, with what scope, and what came of it."""

from __future__ import annotations

import logging
from typing import Final

from projections.api.scopes import Caller

#: Stands for all accounts that the scope holds.
ALL: Final = "*"

log = logging.getLogger(__name__)


def audit(caller: Caller, account: str, route: str, status: int, *, change: bool = False) -> None:
    """Write the line."""
    if log.isEnabledFor(logging.INFO):
        fields = {
            "token": caller.token,
            "scope": str(caller.scope),
            "account": account,
            "route": route,
            "status": status,
        }
        log.info("account changed" if change else "account read", extra=fields)
