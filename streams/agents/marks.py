"""Marks: the devices and addresses that were seen on a customer's clicks and orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from streams.agents import keys
from streams.agents.customer_state import CustomerState
from streams.rules.state import Customer

#: Marks that a customer's record holds at the most; more of them lie in entries of their own.
_INLINE: Final = 16


def remember_marks(state: CustomerState, customer_id: str, customer: Customer, marks: Sequence[str]) -> None:
    """Note the device and the address of a click or an order: also a version to come may grant referrals."""
    known = customer.marks
    for mark in marks:
        if mark in known:
            continue
        if len(known) < _INLINE:
            known.append(mark)
        else:
            state.marks.put(keys.mark_key(customer_id, mark), True)
            customer.more_marks = True


def has_marks(state: CustomerState, customer_id: str, customer: Customer, marks: Iterable[str]) -> bool:
    """Whether one of the marks was seen on the customer."""
    return any(
        mark in customer.marks or (customer.more_marks and state.marks.get(keys.mark_key(customer_id, mark)))
        for mark in marks
    )
