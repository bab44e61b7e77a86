"""Each suspicious thing is named with its path and line, and what is as it should be is not."""

from __future__ import annotations

import pytest

from schemas.program_file import parse_toml
from tests import program_head

HEAD = f"""{program_head.HEAD}
[markets.US]
tz = "America/New_York"

[[key_day]]
use = "black_friday"
markets = ["US"]

[[key_day]]
use = "cyber_monday"

[tiers]
metric = "orders"
window = "year"
levels = [{{ id = "bronze", from = 0 }}, {{ id = "gold", from = 9 }}]
"""
RULE = """
[[accrual]]
id = "base"
to = "partner"
unit = "money"
rate = "0.05"
exclusive = "base"
"""
BONUS = """
[[bonus]]
id = "double"
to = "partner"
unit = "money"
multiply = "2"
on = ["black_friday"]
"""
BUDGET = """
[[budget]]
id = "q4"
amount = 100
"""
REFERRAL = """
[referral]
friend_points = 1
"""
SOUND = HEAD + RULE + BONUS


def warnings(text: str) -> list[str]:
    parsed = parse_toml(text)
    assert parsed.errors == ()
    return [str(warning) for warning in parsed.warnings]


def test_nothing_is_suspicious_in_a_sound_program() -> None:
    used = BUDGET + RULE.replace('"base"', '"other"') + 'budget = "q4"\nhold_days = 30\nexpires_days = 31\n'

    assert warnings(SOUND + used + REFERRAL) == []


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        (
            'multiply = "2"',
            'multiply = "2"\nwhen = { market = ["FR"] }',
            "39:bonus[0].on: rule double never applies: black_friday is not kept in FR",
        ),
        ('multiply = "2"', 'multiply = "1.0"', "37:bonus[0].multiply: bonus double adds nothing: it multiplies by 1"),
        ('multiply = "2"', 'flat = "0.00"', "33:bonus[0]: bonus double grants nothing"),
        (
            '"partner"\nunit = "money"\nmultiply',
            '"partner"\nunit = "points"\nmultiply',
            "33:bonus[0]: bonus double has nothing to multiply: no accrual to a partner in points",
        ),
        (
            '"partner"\nunit = "money"\nmultiply',
            '"customer"\nunit = "money"\nmultiply',
            "33:bonus[0]: bonus double has nothing to multiply: no accrual to a customer in EUR/2",
        ),
        (
            'rate = "0.05"',
            'rate = "0.05"\nwhen = { key_day = ["black_friday"], market = ["FR"] }',
            "31:accrual[0].when.key_day: rule base never applies: black_friday is not kept in FR",
        ),
        (
            'rate = "0.05"',
            'rate = "0.05"\nwhen = { channel = [] }',
            "31:accrual[0].when.channel: rule base never applies: the list is empty",
        ),
        ('rate = "0.05"\nexclusive = "base"', "rate = 0", "26:accrual[0]: rule base grants nothing"),
        (
            'exclusive = "base"',
            "priority = 1",
            "31:accrual[0].priority: has no effect without exclusive",
        ),
        (
            'rate = "0.05"',
            'rate = "0.05"\nhold_days = 30\nexpires_days = 30',
            "32:accrual[0].expires_days: what it grants expires before anybody can spend it",
        ),
        (
            'multiply = "2"',
            'multiply = "2"\nexpires_days = 0',
            "38:bonus[0].expires_days: what it grants expires before anybody can spend it",
        ),
        (BONUS, BONUS + BUDGET, "40:budget[0]: no rule uses the budget q4"),
        (
            BONUS,
            BONUS + REFERRAL.replace("1", "0"),
            "40:referral: grants nothing: neither advocate_points nor friend_points",
        ),
        (
            BONUS,
            BONUS + REFERRAL + "hold_days = 9\nexpires_days = 9\n",
            "43:referral.expires_days: what it grants expires before anybody can spend it",
        ),
    ],
)  # fmt: skip
def test_what_is_suspicious(old: str, new: str, warning: str) -> None:
    text = SOUND.replace(old, new, 1)
    assert text != SOUND

    assert warnings(text) == [warning]


def test_a_market_that_no_rule_serves() -> None:
    text = SOUND.replace('multiply = "2"', 'multiply = "2"\nwhen = { market = ["US"] }')
    text = text.replace('rate = "0.05"', 'rate = "0.05"\nwhen = { market = ["US"] }')

    assert warnings(text) == ["8:markets.FR: no rule applies in FR"]
    assert warnings(HEAD) == []


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ("", ""),
        ("priority = 1\n", "priority = 2\n"),
        ('when = { market = ["FR"] }\n', ""),
        ('when = { market = ["FR"] }\n', 'when = { market = ["FR", "US"] }\n'),
        ("", 'when = { market = ["FR", "US"] }\n'),
        ("", 'when = { tier = ["bronze", "gold"] }\n'),
        ('when = { min_order = "20.00" }\n', 'when = { min_order = "20.00" }\n'),
        ('when = { min_order = "20.00" }\n', 'when = { min_order = "20.00" }\nbasis = "gross"\n'),
        ("when = { new_customer = true }\n", "when = { new_customer = true }\n"),
        (
            'when = { key_day = ["cyber_monday"], coupon = ["A"] }\n',
            'when = { key_day = ["cyber_monday"] }\n',
        ),
    ],
)
def test_a_rule_that_another_one_always_beats(own: str, other: str) -> None:
    """The other rule has the smaller id."""
    text = HEAD + RULE + own + RULE.replace('id = "base"', 'id = "a"') + other

    assert warnings(text) == ["26:accrual[0]: rule base never wins base: a always goes before it"]


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ("priority = 1\n", ""),
        ("", 'when = { market = ["FR"] }\n'),
        ("", 'when = { tier = ["gold"] }\n'),
        ('when = { market = ["US"] }\n', 'when = { market = ["FR"] }\n'),
        ('when = { min_order = "20.00" }\n', 'when = { min_order = "20.01" }\n'),
        ('when = { min_order = "20.00" }\nbasis = "gross"\n', 'when = { min_order = "20.00" }\n'),
        ("", "when = { new_customer = false }\n"),
        ('when = { coupon = ["A", "B"] }\n', 'when = { coupon = ["A"] }\n'),
    ],
)
def test_a_rule_that_may_win(own: str, other: str) -> None:
    text = HEAD + RULE + own + RULE.replace('id = "base"', 'id = "a"') + other

    assert [one for one in warnings(text) if "rule base never wins" in one] == []


@pytest.mark.parametrize(
    ("old", "new"), [('"partner"', '"customer"'), ('exclusive = "base"', 'exclusive = "b"')]
)
def test_rules_that_do_not_compete(old: str, new: str) -> None:
    other = RULE.replace('id = "base"', 'id = "a"').replace(old, new)

    assert warnings(HEAD + RULE + other) == []
