"""What a partner tells all customers of itself, so that clicks can be looked at where they are."""

from __future__ import annotations

from events.messages import Send, Standing
from streams.agents.partner_state import PartnerState
from streams.engine.agent import Emit
from streams.rules.state import Member


def standing_of(program: str, partner_id: str, member: Member | None) -> Standing | None:
    """A partner as clicks see it; ``None`` before it has a record."""
    if member is None or not member.enrolled:
        return None
    return Standing(
        partner_id,
        program,
        member.paid_search_allowed,
        None if member.markets is None else tuple(member.markets),
        tuple(member.customer_ids),
    )


def tell_standing(
    state: PartnerState, program: str, partner_id: str, member: Member, time: int, emit: Emit
) -> None:
    """Tell every task of the customers, whose partner it may become at any click."""
    standing = standing_of(program, partner_id, member)
    if standing is not None:
        for partition in range(state.partitions):
            emit(Send("customers", partner_id, time, standing, partition))
