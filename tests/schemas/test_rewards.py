"""Ledger entries on the wire."""

from __future__ import annotations

import json
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.outputs import Cause, Kind, Posting, Reward, RewardEvent
from schemas.codec import decode_output, encode_output

ACCRUED = RewardEvent(
    1_795_777_200_123,
    Reward(
        entry_id="o-1~base~customer:c-1",
        seq=7,
        program="acme",
        program_version=3,
        account="customer:c-1",
        kind="accrued",
        unit="EUR/2",
        amount=650,
        postings=(Posting("program:acme", "customer:c-1:pending", 650),),
        caused_by=Cause("shop/acme", "e-1"),
        rule="base",
        order_id="o-1",
        key_day="black_friday",
        available_on="2026-12-27",
        expires_on="2027-11-27",
        desired=700,
        explain=("129.90 x 0.05 = 6.495 -> 6.50", "é"),
    ),
)


def test_an_entry_is_a_cloudevent_about_its_account() -> None:
    assert json.loads(encode_output(ACCRUED)) == {
        "specversion": "1.0",
        "id": "o-1~base~customer:c-1",
        "source": "keyday",
        "type": "reward.accrued",
        "subject": "customer:c-1",
        "time": "2026-11-27T11:00:00.123Z",
        "datacontenttype": "application/json",
        "data": {
            "entry_id": "o-1~base~customer:c-1",
            "seq": 7,
            "program": "acme",
            "program_version": 3,
            "account": "customer:c-1",
            "kind": "accrued",
            "unit": "EUR/2",
            "amount": 650,
            "postings": [{"from": "program:acme", "to": "customer:c-1:pending", "amount": 650}],
            "caused_by": {"source": "shop/acme", "id": "e-1"},
            "rule": "base",
            "order_id": "o-1",
            "key_day": "black_friday",
            "available_on": "2026-12-27",
            "expires_on": "2027-11-27",
            "desired": 700,
            "explain": ["129.90 x 0.05 = 6.495 -> 6.50", "é"],
        },
    }


def test_what_an_entry_does_not_have_is_left_out() -> None:
    bare = msgspec.structs.replace(
        ACCRUED.data,
        rule=None,
        order_id=None,
        key_day=None,
        available_on=None,
        expires_on=None,
        desired=None,
        explain=(),
    )
    data = json.loads(encode_output(RewardEvent(0, bare)))["data"]

    assert set(data) == {
        "entry_id",
        "seq",
        "program",
        "program_version",
        "account",
        "kind",
        "unit",
        "amount",
        "postings",
        "caused_by",
    }


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_kind_reads_back(kind: Kind) -> None:
    event = RewardEvent(5, msgspec.structs.replace(ACCRUED.data, kind=kind, amount=-650))

    assert decode_output(encode_output(event)) == event
    assert json.loads(encode_output(event))["type"] == f"reward.{kind}"


@given(
    time=st.integers(-(10**13), 10**14),
    amount=st.integers(-(2**62), 2**62),
    text=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_any_entry_reads_back_and_has_one_form(time: int, amount: int, text: str) -> None:
    event = RewardEvent(
        time, msgspec.structs.replace(ACCRUED.data, amount=amount, account=text, explain=(text,))
    )

    assert decode_output(encode_output(event)) == event
    assert encode_output(event) == encode_output(decode_output(encode_output(event)))


@pytest.mark.parametrize("value", [b"", b"{}", b"[]", b'{"data":{}}', b"\xff"])
def test_what_is_no_entry_is_an_error(value: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decode_output(value)
