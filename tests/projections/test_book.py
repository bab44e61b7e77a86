"""What counts when topics contradict, repeat or overtake each other; each in both orders of reading."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs
from prometheus_client import CollectorRegistry

from events.outputs import (
    AttributionDecided,
    CaseDecided,
    CaseEvidence,
    Cause,
    Credit,
    Evidence,
    PartnerBarred,
    Posting,
    Reward,
    RewardEvent,
    TierChanged,
    Window,
)
from events.time import DAY_MS, format_time
from projections.facts import ONLY, Attributed, Click, Enrolled, Fact, Refund, Said, Stood, Version
from projections.metrics import ProjectionMetrics
from projections.rows import INPUTS
from projections.store import Tables
from projections.tables import TABLES
from projections.tables.partners import StoredPartner, group_at
from schemas.program_file import to_json

AT = 1_790_000_000_000
PROGRAM = """
[program]
id = "acme"
version = {version}
effective_from = 2026-01-01T00:00:00Z
currency = "EUR"
home_tz = "Europe/Paris"
rounding = "half_up"
[markets.FR]
tz = "Europe/Paris"
"""


def version(number: int) -> Version:
    return Version(json.dumps(to_json(tomllib.loads(PROGRAM.format(version=number)))).encode())


def attributed(net: int = 1_001, number: int = 1, order_id: str = "o1", customer: str = "ann") -> Attributed:
    data = AttributionDecided(
        order_id=order_id,
        program="acme",
        program_version=number,
        customer_id=customer,
        market="FR",
        channel="partner",
        reason="declared",
        occurred=format_time(AT),
        currency="EUR",
        net=net,
        gross=net,
        new_customer=True,
        coupons=(),
        key_days=(),
        credits=(Credit("lea", "1", net, net),),
    )
    return Attributed(AT, data)


def refund(amount: int, **changed: Any) -> Refund:
    fields: dict[str, Any] = {
        "program": "acme",
        "time": AT + 1,
        "digest": amount,
        "order_id": "o1",
        "customer_id": "ann",
        "refund_id": "r1",
        "amount": amount,
        "currency": "EUR",
    }
    return Refund(**fields | changed)


def click(partner: str, digest: int, time: int = AT, sign: int = 1, program: str = "acme") -> Click:
    return Click(
        program=program, time=time, digest=digest, sign=sign,
        click_id="c1", customer_id="ann", partner_id=partner, market="FR",
    )  # fmt: skip


def entry(seq: int, kind: Any, moves: Sequence[tuple[str, str]], number: int = 1, **more: Any) -> RewardEvent:
    account, amount = "partner:lea", 50
    names = {"pending": f"{account}:pending", "available": f"{account}:available", "held": f"{account}:held"}
    postings = tuple(Posting(names.get(a, a), names.get(b, b), amount) for a, b in moves)
    fields: dict[str, Any] = {"entry_id": f"o1~base~{account}", "rule": "base", "order_id": "o1"}
    reward = Reward(
        seq=seq, program="acme", program_version=number, account=account, kind=kind, unit="EUR/2",
        amount=amount, postings=postings, caused_by=Cause("shop", "1"), available_on="2026-10-01",
        **fields | more,
    )  # fmt: skip
    return RewardEvent(AT, reward)


def released(seq: int, date: str, number: int = 1) -> RewardEvent:
    entry_id = f"release~partner:lea~EUR/2~{date}"
    return entry(
        seq, "released", [("pending", "available")], number, entry_id=entry_id, rule=None, order_id=None
    )


@pytest.fixture
def folded(tmp_path: Path) -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """Folds facts, each in a batch of its own, and shows a table."""
    opened: list[Tables] = []

    def fold(table: str, *facts: Fact) -> list[dict[str, Any]]:
        tables = Tables(tmp_path / str(len(opened)))
        opened.append(tables)
        for fact in facts:
            tables.apply([fact], {})
        return list(tables.all_rows(TABLES[table]))

    yield fold
    for tables in opened:
        tables.close()


Fold = Callable[..., list[dict[str, Any]]]


@pytest.mark.parametrize(
    ("refunds", "orders", "net"),
    [
        ([], 0, 0),
        ([refund(500)], 0, 500),
        ([refund(500), refund(501, refund_id="r2")], 1, 1_001),
        ([refund(5_000)], 1, 1_001),
        ([refund(500), refund(400, digest=9)], 0, 500),  # one id, the first of equal times by its bytes: 9
        ([refund(500, customer_id="bob")], 0, 0),
        ([refund(500, currency="USD")], 0, 0),
        ([refund(0, refund_id=None)], 1, 1_001),
        ([refund(0, refund_id=None, customer_id="bob")], 0, 0),
        ([refund(500), refund(500, sign=-1)], 0, 0),
        ([refund(500), refund(500), refund(500, sign=-1)], 0, 500),
    ],
)
def test_a_refund_counts_for_its_customer_in_the_orders_currency_once(
    folded: Fold, refunds: list[Refund], orders: int, net: int
) -> None:
    if any(one.digest == 9 for one in refunds):
        net = 400
    orders_of_reading = list(permutations([version(1), attributed(), *refunds]))
    for facts in orders_of_reading[:: max(1, len(orders_of_reading) // 4)]:
        (row,) = folded("partner_performance", *facts)
        assert (row["orders"], row["reversed_orders"], row["reversed_net"]) == (1, orders, net)
        assert (row["settled_orders"], row["settled_net"]) == (1 - orders, 1_001 - net)


def test_what_a_refund_takes_from_net_is_rounded_as_the_program_says(folded: Fold) -> None:
    shared = attributed(1_000)
    half = Attributed(AT, structs.replace(shared.data, credits=(Credit("lea", "1/2", 501, 501),)))

    (row,) = folded("partner_performance", version(1), half, refund(500))

    assert row["reversed_net"] == 251  # 501 * 500 / 1000 = 250.5, half_up


def test_an_order_of_nothing_is_reversed_by_a_cancel_alone(folded: Fold) -> None:
    for taken, gone in ((refund(0, currency="EUR"), 0), (refund(0, refund_id=None), 1)):
        (row,) = folded("partner_performance", version(1), attributed(0), taken)
        assert (row["orders"], row["reversed_orders"]) == (1, gone)


def test_of_clicks_with_one_id_the_earliest_counts_that_did_not_die(folded: Fold) -> None:
    late, early = click("max", 1, AT + DAY_MS), click("lea", 2, AT)
    for facts in permutations([version(1), late, early]):
        assert [(r["partner_id"], r["clicks"]) for r in folded("partner_performance", *facts)] == [("lea", 1)]
    dead = click("lea", 2, AT, sign=-1)
    for facts in permutations([version(1), late, early, dead]):
        assert [(r["partner_id"], r["clicks"]) for r in folded("partner_performance", *facts)] == [("max", 1)]
    for facts in permutations([version(1), early, dead]):
        assert folded("partner_performance", *facts) == []


def test_a_click_that_names_no_program_belongs_to_the_first_one(folded: Fold) -> None:
    for facts in permutations([version(1), click("lea", 1, program=ONLY)]):
        (row,) = folded("partner_performance", *facts)
        assert (row["program"], row["clicks"]) == ("acme", 1)


def test_an_order_that_is_decided_twice_counts_as_it_was_first(folded: Fold) -> None:
    (row,) = folded("partner_performance", version(1), attributed(), attributed(7))

    assert (row["orders"], row["net"]) == (1, 1_001)


def test_commission_settles_when_it_is_released_and_not_while_it_is_held(folded: Fold) -> None:
    grant = entry(1, "accrued", [("program:acme", "pending")])
    held = entry(2, "held", [("pending", "held")], entry_id="hold~case~x")
    facts: list[Fact] = [version(1), attributed(), grant, held, released(3, "2026-10-01")]
    facts += [entry(4, "unheld", [("held", "pending")], entry_id="unhold~case~x"), released(5, "2026-10-02")]
    back = entry(6, "reversed", [("available", "program:acme")], entry_id="r~x", reverses=grant.data.entry_id)

    def figures(*facts: Fact) -> tuple[int, int, int]:
        (row,) = folded("partner_performance", *facts)
        return row["commission"], row["settled_commission"], row["settled_orders"]

    found = [figures(*facts[:count]) for count in range(2, 8)]
    assert found == [(0, 0, 1), (50, 0, 0), (50, 0, 0), (50, 0, 0), (50, 0, 0), (50, 50, 1)]
    assert figures(*facts, back) == (0, 0, 1)
    assert figures(version(1), attributed(), grant, released(2, "2026-09-30")) == (50, 0, 0)


def test_entries_wait_in_their_order_for_a_version_that_is_not_known(folded: Fold) -> None:
    grant = entry(1, "accrued", [("program:acme", "pending")], number=2)
    free = released(2, "2026-10-01", number=1)
    for facts in (
        [version(1), attributed(), grant, free, version(2)],
        [grant, free, version(1), version(2), attributed()],
        [grant, version(1), attributed(), free, version(2)],
        [version(2), grant, free, attributed(), version(1)],
    ):
        (row,) = folded("partner_performance", *facts)
        assert (row["commission"], row["settled_commission"]) == (50, 50)


def test_what_waits_is_counted(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    tables = Tables(tmp_path, ProjectionMetrics(registry))
    grant = entry(1, "accrued", [("program:acme", "pending")])
    found = []
    for facts in ([click("lea", 1), attributed(), grant], [version(2)], [version(1)]):
        tables.apply(facts, {})
        found.append(registry.get_sample_value("keyday_projection_waiting_records"))
    tables.close()

    assert found == [3, 2, 0]


def test_a_tier_that_is_told_again_changes_nothing(folded: Fold) -> None:
    def told(id_: str, before: str, after: str) -> Said:
        data = TierChanged(
            partner_id="lea", program="acme", program_version=1, before=before, after=after,
            metric="orders", value=3, window_start="2026-09-01",
        )  # fmt: skip
        return Said("milestones", id_, AT, data)

    up, down = told("1", "", "gold"), told("2", "gold", "")
    (row,) = folded("tiers", up, down, up)

    assert (row["tier"], row["changes"]) == ("", 2)


def test_a_case_counts_each_piece_of_evidence_and_each_decision_once(folded: Fold) -> None:
    def shown(number: int, opening: int) -> Said:
        evidence = Evidence(summary=str(number), source="shop", id="1", occurred=format_time(AT))
        data = CaseEvidence(
            case_id="paid_traffic~lea~2026-09-21", program="acme", program_version=1, partner_id="lea",
            rule="paid_traffic", severity="high", action="flag", evidence=evidence,
            window=Window("a", "b"), terms_version=None, opening=opening, number=number,
        )  # fmt: skip
        return Said("compliance", f"e{number}", AT + number, data)

    decided = CaseDecided(
        case_id="paid_traffic~lea~2026-09-21", program="acme", partner_id="lea", rule="paid_traffic",
        decision="upheld", actor="eve", opening=1, entries=0, amounts={},
    )  # fmt: skip
    first, second, resolved = shown(1, 1), shown(2, 1), Said("compliance", "r1", AT + 5, decided)
    reopened = shown(3, 2)

    (row,) = folded("compliance_cases", first, second, resolved, first, second)
    assert (row["status"], row["pieces"], row["opening"]) == ("resolved", 2, 1)
    assert [piece["summary"] for piece in row["evidence"]] == ["1", "2"]
    (row,) = folded("compliance_cases", first, second, resolved, reopened, resolved)
    assert (row["status"], row["pieces"], row["opening"], row["decision"]) == ("open", 3, 2, "upheld")


def record(group: str, time: int, digest: int | None = None, sign: int = 1, **more: Any) -> Enrolled:
    return Enrolled(
        program="acme", time=AT + time, digest=time if digest is None else digest, sign=sign, partner_id="lea",
        group=group, **{"name": None, "markets": None, "terms_version": None, "locale": None} | more,
        paid_search_allowed=False,
    )  # fmt: skip


def stood(time: int, *, suspended: bool, sign: int = 1) -> Stood:
    return Stood(
        program="acme", time=AT + time, digest=time, sign=sign, partner_id="lea", suspended=suspended,
        reason=str(time), actor="eve",
    )  # fmt: skip


def barred(time: int) -> Said:
    data = PartnerBarred(
        case_id="paid_traffic~lea~2026-09-21",
        program="acme",
        partner_id="lea",
        program_version=1,
        rule="paid_traffic",
    )
    return Said("compliance", f"b{time}", AT + time, data)


def test_a_partner_is_what_its_newest_record_says_that_did_not_die(folded: Fold) -> None:
    first, again, second = record("content", 1, name="Lea"), record("content", 1), record("coupon", 2)
    dead = record("coupon", 2, sign=-1)

    def group(*facts: Fact) -> str | None:
        (row,) = folded("partners", version(1), *facts)
        found: str | None = row["group"]
        return found

    assert [group(first), group(first, second), group(first, second, again)] == [
        "content",
        "coupon",
        "coupon",
    ]
    for facts in permutations([first, second, dead]):
        assert group(*facts) == "content"
    assert group(first, second, dead, second) == "coupon"  # sent again once the cause is gone
    assert folded("partners", version(1), second, dead) == []
    late = record("late", 1, digest=9)
    assert group(first, second, late) == "late"  # as it came: what is older may come later


@pytest.mark.parametrize(
    ("facts", "standing"),
    [
        ([stood(1, suspended=True)], ("person", 1)),
        ([stood(1, suspended=True), stood(2, suspended=False)], (None, None)),
        ([stood(1, suspended=True), record("content", 2)], ("person", 1)),
        ([stood(1, suspended=True), stood(1, suspended=True, sign=-1), record("content", 2)], (None, None)),
        ([record("content", 1), barred(2)], ("rule", 2)),
        ([record("content", 1), barred(2), stood(3, suspended=False)], (None, None)),
        ([record("content", 1), stood(2, suspended=False), barred(3)], ("rule", 3)),
        ([record("content", 1), barred(2), stood(3, suspended=True)], ("person", 3)),
    ],
)
def test_a_partner_is_suspended_by_a_person_or_a_rule_until_it_is_reinstated(
    folded: Fold, facts: list[Fact], standing: tuple[str | None, int | None]
) -> None:
    for order in ([version(1), *facts], [*facts, version(1)], [*sorted(facts, key=_is_said), version(1)]):
        (row,) = folded("partners", *order)
        since = None if standing[1] is None else format_time(AT + standing[1])
        assert (row["suspended_by"], row["suspended_at"]) == (standing[0], since)
        assert row["suspended"] is (standing[0] is not None)


def _is_said(fact: Fact) -> bool:
    return not isinstance(fact, Said)


def test_many_records_of_a_partner_leave_a_bounded_row_and_every_change_of_group(tmp_path: Path) -> None:
    tables = Tables(tmp_path)
    tables.apply([version(1)], {})
    for number in range(500):
        tables.apply([record(f"g{number // 100}", number)], {})
    (raw,) = tables.scan(b"m")
    row = msgspec.msgpack.decode(raw, type=StoredPartner)
    tables.close()

    assert len(raw) < 1_000
    assert [group_at(row, AT + at) for at in (-1, 0, 99, 100, 350, 499, 10**6)] == (
        ["", "g0", "g0", "g1", "g3", "g4", "g4"]
    )


GOALS = """
[[goal]]
id = "groups"
scope = "group"
metric = "orders"
period = "year"
target = 10
[[goal]]
id = "named"
scope = "group"
group = "content"
metric = "revenue"
period = "year"
target = "100.00"
[[goal]]
id = "max"
scope = "partner"
partner_id = "max"
metric = "orders"
period = "month"
target = 3
[[budget]]
id = "q4"
amount = "50.00"
[[budget]]
id = "monthly"
amount = "5.00"
period = "month"
"""


def with_goals() -> Version:
    return Version(json.dumps(to_json(tomllib.loads(PROGRAM.format(version=1) + GOALS))).encode())


def test_goals_of_groups_count_the_group_that_a_partner_had_at_the_order(folded: Fold) -> None:
    before, after = record("content", -5), record("coupon", 5)
    orders = [attributed(order_id="o1"), Attributed(AT + 9, attributed(order_id="o2").data)]
    read = permutations([with_goals(), before, after, *orders, refund(1, order_id="o2")])
    in_order = [facts for facts in read if facts.index(before) < facts.index(after)]
    for facts in in_order[::11]:
        rows = {(row["goal_id"], row["of"], row["period_start"]): row for row in folded("goals", *facts)}
        found = {key[:2]: row["actual"] for key, row in rows.items() if key[2] == "2026-01-01"}
        assert found.pop(("max", "max")) == 0
        assert found == {("groups", "content"): 1, ("groups", "coupon"): 1, ("named", "content"): 1_001}


def test_budgets_and_goals_that_nothing_was_brought_to_have_a_row(folded: Fold) -> None:
    for facts in permutations([with_goals(), attributed()]):
        rows = {(row["budget_id"], row["period"]): row for row in folded("budgets", *facts)}
        assert set(rows) == {("q4", "lifetime"), ("monthly", "2026-01"), ("monthly", "2026-09")}
        for (budget, _), row in rows.items():
            amount = {"q4": 5_000, "monthly": 500}[budget]
            shown = [row[name] for name in ("amount", "granted", "spent", "left", "share", "unit")]
            assert shown == [amount, 0, 0, amount, "0.000000", "EUR/2"]
        goals = [row for row in folded("goals", *facts) if row["goal_id"] == "max"]
        assert [(row["period_start"], row["period_end"]) for row in goals] == [
            ("2026-01-01", "2026-01-31"),
            ("2026-09-01", "2026-09-30"),
        ]
        assert {(row["target"], row["actual"], row["share"], row["day"]) for row in goals} == {
            (3, 0, "0.000000", None)
        }


def test_a_remembered_id_takes_a_hundred_bytes_at_the_most(tmp_path: Path) -> None:
    """What docs/choices.md says of ids that are kept for good."""
    tables = Tables(tmp_path)
    tables.apply([version(1)], {})
    clicks = [
        structs.replace(click(f"partner-{n:04}", n * 7**15), click_id=f"click-{n:032}") for n in range(1_000)
    ]
    tables.apply(clicks, {})
    found = list(tables._store.scan(INPUTS, b"J"))
    sizes = [len(key) + len(value) for key, value in found]
    tables.close()

    assert len(sizes) == 1_000
    assert max(sizes) <= 100
