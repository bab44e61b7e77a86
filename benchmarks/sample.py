"""One reward as Keyday sends it for an order of this load, for the pass-through to send."""

from __future__ import annotations

from events.outputs import Cause, Posting, Reward, RewardEvent
from schemas.codec import encode_output

ACCOUNT = "customer:c0000001"

REWARD: bytes = encode_output(
    RewardEvent(
        1_637_366_400_000,
        Reward(
            entry_id=f"o100001~base~{ACCOUNT}",
            seq=12,
            program="chaos",
            program_version=1,
            account=ACCOUNT,
            kind="accrued",
            unit="points",
            amount=42,
            postings=(Posting("program:chaos", f"{ACCOUNT}:pending", 42),),
            caused_by=Cause("shop", "o100001"),
            rule="base",
            order_id="o100001",
            available_on="2021-11-27",
            explain=("net 42.42 EUR", "42.42 x 1 = 42.42 -> 42 (half_even)"),
        ),
    )
)
