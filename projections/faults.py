"""What can be wrong with the ledger as it is read: values that are counted, never a reason to stop."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class FaultCode(StrEnum):
    """Every fault a projection can find; none of them occurs while the engine keeps its promise."""

    UNDECODABLE = "undecodable"
    SEQ_CONFLICT = "seq_conflict"
    SEQ_GAP = "seq_gap"
    UNBALANCED = "unbalanced"


class Fault(Struct, frozen=True, gc=False):
    """One fault: in which account's entry it was seen, and what was expected there."""

    code: FaultCode
    account: str = ""
    seq: int = 0
    expected: str = ""
    found: str = ""
