"""Inputs that no output repeats: by their business ids, of which the same may come twice, or die."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from xxhash import xxh3_128_digest

from projections import facts
from projections.facts import Click, Enrolled, Foreign, Referred, Refund, Stood
from projections.keys import LAST, behind_number, key_of, numbered
from projections.order_sums import add_to
from projections.orders import PARTNERS
from projections.rows import Candidate, Rows
from projections.tables import partner_performance, partners


def take(rows: Rows, program: str, fact: facts.Taken) -> None:
    """Take in an input of a program that is known."""
    if isinstance(fact, Click):
        _click(rows, program, fact)
    elif isinstance(fact, Foreign):
        _foreign(rows, program, fact)
    elif isinstance(fact, Refund):
        _refund(rows, program, fact)
    elif isinstance(fact, Enrolled | Stood):
        _told_of(rows, program, fact)
    else:
        _referred(rows, program, fact)


def _offer(
    rows: Rows,
    kind: str,
    program: str,
    ids: tuple[str, ...],
    fact: facts.Seen,
    body: tuple[Any, ...],
) -> tuple[tuple[Any, ...] | None, tuple[Any, ...] | None]:
    """Note a record of a business id: what counted of the id before, and what counts now.

    Of several contents under one id the earliest counts that did not die.
    """
    key = xxh3_128_digest(key_of(kind, program, *ids))
    candidates = rows.inputs.get(key)
    if candidates is None:
        rows.inputs.put(key, [(fact.time, fact.digest, fact.sign, body)])
        return None, body if fact.sign > 0 else None
    before = _first_alive(candidates)
    for position, (time, digest, count, known) in enumerate(candidates):
        if digest == fact.digest:
            candidates[position] = (time, digest, count + fact.sign, known)
            break
    else:
        candidates.append((fact.time, fact.digest, fact.sign, body))
        candidates.sort(key=lambda one: one[:2])
    candidates = [one for one in candidates if one[2]]
    rows.inputs.put(key, candidates or None)
    return before, _first_alive(candidates)


def _click(rows: Rows, program: str, fact: Click) -> None:
    body = (fact.partner_id, program, fact.market, rows.versions.day(program, fact.time))
    old, new = _offer(rows, "click", program, (fact.customer_id, fact.click_id), fact, body)
    if old != new:
        _count_click(rows, old, -1)
        _count_click(rows, new, 1)


def _count_click(rows: Rows, cell: tuple[Any, ...] | None, sign: int) -> None:
    if cell is not None:
        partner, program, market, day = cell
        change = [0] * len(partner_performance.SUMS)
        change[0] = sign
        unit = rows.versions.unit(program)
        add_to(rows.sums[PARTNERS], (partner, program, market, day), unit, change)


def _foreign(rows: Rows, program: str, fact: Foreign) -> None:
    known = rows.versions.of(program)
    if known is None or known.currency == fact.currency:
        return
    one = facts.placed(fact)
    if one is None:
        return
    body = (one.customer_id, one.currency, one.net)
    old, new = _offer(rows, "order", program, (one.order_id,), one, body)
    if old != new:
        rows.order(program, one.order_id).placed = None if new is None else (new[0], new[1], new[2])


def _refund(rows: Rows, program: str, fact: Refund) -> None:
    cancel = fact.refund_id is None
    amount = -1 if cancel else fact.amount
    body = (fact.order_id, fact.customer_id, fact.currency, amount)
    name = f"\0{fact.digest}" if fact.refund_id is None else fact.refund_id
    old, new = _offer(rows, "refund", program, (fact.customer_id, name), fact, body)
    if old == new:
        return
    if old is not None:
        rows.order(program, old[0]).refunds.pop(f"{fact.customer_id}\0{name}", None)
    if new is not None:
        rows.order(program, new[0]).refunds[f"{fact.customer_id}\0{name}"] = (new[1], new[2], new[3])


def _referred(rows: Rows, program: str, fact: Referred) -> None:
    told = (fact.advocate_id, fact.friend_id, fact.time)
    _, new = _offer(rows, "referral", program, (fact.referral_id,), fact, told)
    row = rows.referred(program, fact.referral_id)
    if new is not None:
        row.advocate_id, row.friend_id, row.created = new
    else:
        row.created = None
        if not row.known:
            rows.referrals.put(key_of(program, fact.referral_id), None)


def _told_of(rows: Rows, program: str, fact: Enrolled | Stood) -> None:
    row, told = rows.partner(program, fact.partner_id), (fact.digest, fact.sign, fact.time)
    if isinstance(fact, Stood):
        standing = partners.Standing(*told, fact.suspended, fact.reason, fact.actor)
        after = partners.with_standing(row, standing)
    else:
        record = partners.Record(
            *told,
            fact.group,
            fact.name,
            fact.markets,
            fact.terms_version,
            fact.paid_search_allowed,
            fact.locale,
        )
        after = partners.with_record(row, record)
        if partners.timeline(after) != partners.timeline(row):
            _touch(rows, program, fact.partner_id, fact.time)
    rows.partners.put(key_of(fact.partner_id, program), after)


def _touch(rows: Rows, program: str, partner: str, since: int) -> None:
    """Note what orders credited to a partner from an instant on add, before its group changes."""
    prefix = key_of(program, partner)
    start = numbered(prefix, max(0, since))
    for key, _ in list(rows.credited.scan(start, prefix + LAST)):
        rows.order(program, behind_number(key, prefix).decode())


def _first_alive(candidates: Iterable[Candidate]) -> tuple[Any, ...] | None:
    return next((tuple(body) for _, _, count, body in candidates if count > 0), None)
