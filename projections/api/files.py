"""How many files the system lets this process open: every connection is one of them."""

from __future__ import annotations

import logging
import resource
from typing import Final

#: Files that are left to stores, topics and logs.
KEPT: Final = 1_024

log = logging.getLogger(__name__)


def connections_for(wanted: int) -> int:
    """As many of the connections as there are files for, after asking the system for more if need be.

    A process without a file to spare cannot even look at its own folders, and ends.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    if soft < wanted + KEPT:
        soft = wanted + KEPT if hard == resource.RLIM_INFINITY else min(wanted + KEPT, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    found = min(wanted, max(soft - KEPT, soft // 2))
    if found < wanted:
        fields = {"connections": found, "wanted": wanted, "files": soft}
        log.warning("there are fewer connections than set: raise the limit of open files", extra=fields)
    return found
