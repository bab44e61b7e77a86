from __future__ import annotations

import json
import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest

from events.outputs import RuleName
from events.time import parse_time
from schemas.program import (
    Budget,
    Cap,
    Compliance,
    FxRate,
    Goal,
    Level,
    Policy,
    Program,
    Ratio,
    Referral,
    Review,
    Tiers,
    When,
)
from schemas.program_file import parse_json, parse_toml
from tests import program_head

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))
HEAD = f"""{program_head.HEAD.replace("version = 1", "version = 3")}
[[key_day]]
use = "black_friday"

[[budget]]
id = "q4"
amount = "50000.00"

"""
RULE = """[[accrual]]
id = "r"
to = "customer"
unit = "money"
rate = "0.05"
"""
BONUS = """[[bonus]]
id = "b"
to = "customer"
unit = "points"
multiply = "2"
"""


def errors(text: str) -> list[str]:
    return [str(error) for error in parse_toml(text).errors]


def warnings(text: str) -> list[str]:
    return [str(warning) for warning in parse_toml(text).warnings]


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_examples_are_valid_and_have_full_effect(path: Path) -> None:
    parsed = parse_toml(path.read_text())

    assert parsed.errors == ()
    assert parsed.warnings == ()
    assert parsed.program is not None
    assert parsed.program.id == path.stem


def test_a_program_in_full() -> None:
    parsed = parse_toml(
        HEAD.replace('home_tz = "Europe/Paris"', 'home_tz = "Europe/Paris"\nrounding = "down"')
        + """
[fx]
JPY = [{ from = 2026-07-01T02:00:00+02:00, rate = "0.0061" }, { from = 2026-01-01T00:00:00Z, rate = "0.006" }]
[coupons]
LEA10 = "lea"
"""
        + RULE
        + 'when = { min_order = "20.00", key_day = ["black_friday"], market = ["FR"] }\n'
        + 'exclusive = "x"\npriority = -5\nhold_days = 30\n'
        + 'cap = { period = "day", amount = "5.00", over = "trim" }\nbudget = "q4"\n'
        + BONUS
        + 'on = ["black_friday"]\nhold_days = 0\n'
    )
    assert parsed.errors == ()
    program = parsed.program
    assert program is not None

    assert (program.id, program.version, program.money_unit, program.digits) == ("acme", 3, "EUR/2", 2)
    assert (program.rounding, program.bonus_stacking, program.coupon_wins) == ("down", "sum", True)
    assert program.effective_from == parse_time("2026-01-01T00:00:00Z")
    assert program.fx["JPY"] == (
        FxRate(parse_time("2026-01-01T00:00:00Z"), 3, 5, "0.006"),
        FxRate(parse_time("2026-07-01T00:00:00Z"), 61, 100, "0.0061"),
    )
    assert program.coupons == {"LEA10": "lea"}
    assert [(entry.id, entry.use, entry.markets) for entry in program.key_days] == [
        ("black_friday", "black_friday", frozenset({"FR"}))
    ]
    (rule,) = program.accruals
    assert (rule.rate, rule.flat, rule.unit) == (Ratio(5, 2, "0.05"), None, "EUR/2")
    assert rule.when == When(market=frozenset({"FR"}), key_day=("black_friday",), min_order=2000)
    assert (rule.exclusive, rule.priority, rule.hold_days) == ("x", -5, 30)
    assert (rule.cap, rule.budget) == (Cap("day", 500, "trim"), "q4")
    (bonus,) = program.bonuses
    assert (bonus.multiply, bonus.on, bonus.hold_days) == (Ratio(2, 0, "2"), ("black_friday",), 0)


def test_rules_are_sorted_by_id() -> None:
    other = RULE.replace('"r"', '"a"')
    program = parse_toml(HEAD + RULE + other).program

    assert program is not None
    assert [rule.id for rule in program.accruals] == ["a", "r"]


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ('id = "acme"\n', "", "1:program.id: is missing"),
        ('id = "acme"', 'id = ""', "2:program.id: must be a text of 1 to 200 printable characters"),
        ("version = 3", "version = 0", "3:program.version: must be a whole number from 1 to 1000000000"),
        ("version = 3", "version = true", "3:program.version: must be a whole number from 1 to 1000000000"),
        (
            "effective_from = 2026-01-01T00:00:00Z",
            "effective_from = 2026-01-01T00:00:00",
            "4:program.effective_from: must be a time with an offset, as 2026-01-01T00:00:00Z",
        ),
        ('currency = "EUR"', 'currency = "EUX"', "5:program.currency: EUX is no ISO 4217 currency"),
        (
            'home_tz = "Europe/Paris"',
            'home_tz = "Paris"',
            "6:program.home_tz: Paris is not a zone of the IANA database",
        ),
        (
            'home_tz = "Europe/Paris"',
            'home_tz = "../etc/passwd"',
            "6:program.home_tz: ../etc/passwd is not a zone of the IANA database",
        ),
        (
            "version = 3",
            'version = 3\nrounding = "up"',
            "4:program.rounding: must be (half_even, half_up, down)",
        ),
        ("version = 3", "version = 3\nhome = 1", "4:program.home: is not known here"),
        (
            '[markets.FR]\ntz = "Europe/Paris"\n',
            "",
            "markets: is missing: a program needs a market, as [markets.FR]",
        ),
        ('use = "black_friday"', "", "11:key_day[0].id: is missing: a key day needs use or id"),
        ('amount = "50000.00"', "", "14:budget[0].amount: is missing"),
        ('amount = "50000.00"', 'amount = "1.001"', "16:budget[0].amount: has more than 2 decimals"),
    ],
)
def test_errors_of_the_head(old: str, new: str, error: str) -> None:
    text = HEAD.replace(old, new, 1)
    assert text != HEAD

    assert errors(text) == [error]


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ('id = "r"', 'id = "a~b"', "accrual[0].id: must not be tier, tier-points, referral and must not hold ~"),
        ('id = "r"', 'id = "tier"', "accrual[0].id: must not be tier, tier-points, referral and must not hold ~"),
        ('to = "customer"', 'to = "friend"', "accrual[0].to: must be (partner, customer)"),
        ('rate = "0.05"', 'rate = "0.05"\nflat = "1.00"', "accrual[0].rate: a rule has either rate or flat"),
        ('rate = "0.05"', "", "accrual[0].rate: a rule has either rate or flat"),
        ('rate = "0.05"', 'rate = "5%"', 'accrual[0].rate: must be a decimal, as "0.05"'),
        ('rate = "0.05"', 'rate = "-1"', "accrual[0].rate: must be from 0 to 1000000"),
        ('rate = "0.05"', "rate = nan", 'accrual[0].rate: must be a decimal, as "0.05"'),
        ('rate = "0.05"', "rate = 1e400", 'accrual[0].rate: must be a decimal, as "0.05"'),
        ('rate = "0.05"', 'flat = "1.005"', "accrual[0].flat: has more than 2 decimals"),
        ('rate = "0.05"', 'flat = "-1.00"', "accrual[0].flat: must be from 0 to 1000000000000 of the smallest unit"),
        ('unit = "money"\nrate = "0.05"', 'unit = "points"\nflat = "1.5"', "accrual[0].flat: has more than 0 decimals"),
        ('rate = "0.05"', 'rate = "0.05"\nhold_days = -1', "accrual[0].hold_days: must be a whole number from 0 to 36500"),
        ('rate = "0.05"', 'rate = "0.05"\nhold_day = 1', "accrual[0].hold_day: is not known here"),
        ('rate = "0.05"', 'rate = "0.05"\nbudget = "q5"', "accrual[0].budget: q5 is not declared"),
        (
            'unit = "money"',
            'unit = "points"\nbudget = "q4"',
            "accrual[0].budget: is money: a points rule cannot draw on one",
        ),
        (
            'rate = "0.05"',
            'rate = "0.05"\nwhen = { tier = ["gold"] }',
            "accrual[0].when.tier: never holds for customers",
        ),
        (
            'rate = "0.05"',
            'rate = "0.05"\nwhen = { key_day = ["eid"] }',
            "accrual[0].when.key_day: key day eid is not declared",
        ),
        (
            'rate = "0.05"',
            'rate = "0.05"\nwhen = { market = "FR" }',
            "accrual[0].when.market: must be a list of texts",
        ),
        ('rate = "0.05"', 'rate = "0.05"\nwhen = { colour = "red" }', "accrual[0].when.colour: is not known here"),
        (
            'rate = "0.05"',
            'rate = "0.05"\ncap = { period = "day" }',
            "accrual[0].cap.amount: is missing",
        ),
    ],
)  # fmt: skip
def test_errors_of_a_rule(old: str, new: str, error: str) -> None:
    text = RULE.replace(old, new, 1)
    assert text != RULE

    found = parse_toml(HEAD + text).errors

    assert [f"{one.path}: {one.message}" for one in found] == [error]
    assert all(one.line >= 18 for one in found)


@pytest.mark.parametrize(
    ("more", "error"),
    [
        (BONUS.replace('"2"', '"0.9"'), "bonus[0].multiply: must be 1 or more"),
        (BONUS + 'on = ["eid"]\n', "bonus[0].on: key day eid is not declared"),
        (BONUS + 'flat = "1"\n', "bonus[0].multiply: a rule has either multiply or flat"),
        (BONUS.replace('"b"', '"r"') + RULE, "bonus[0].id: r is declared twice"),
        (
            '[fx]\nEUR = [{ from = 2026-01-01T00:00:00Z, rate = "1" }]\n',
            "fx.EUR: is the program's own currency",
        ),
        (
            '[fx]\nUSD = [{ from = 2026-01-01T00:00:00Z, rate = "0" }]\n',
            "fx.USD[0].rate: must be a decimal above 0",
        ),
        ("[fx]\nUSD = [{ from = 2026-01-01T00:00:00Z }]\n", "fx.USD[0].rate: must be a decimal above 0"),
        ("[fx]\nUSD = 1\n", "fx.USD: must be a list of tables ([[USD]])"),
        ("[[accruals]]\n", "accruals: is not known here"),
        ("[coupons]\nX = 1\n", "coupons.X: must be a text of 1 to 200 printable characters"),
    ],
)
def test_other_errors(more: str, error: str) -> None:
    found = parse_toml(HEAD + more).errors

    assert [f"{one.path}: {one.message}" for one in found] == [error]


def test_every_error_is_named_at_once() -> None:
    text = HEAD.replace('"EUR"', '"XXX"').replace('"acme"', "7") + RULE.replace("0.05", "x")

    assert [error.partition(" ")[0] for error in errors(text)] == [
        "5:program.currency:",
        "2:program.id:",
        "22:accrual[0].rate:",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = = 1", "is no TOML: Invalid value (at line 1, column 5)"),
        ("a = " + "9" * 5000, "cannot be read"),
        ("a = " + "[" * 100_000, "cannot be read"),
    ],
)
def test_what_is_no_toml(text: str, message: str) -> None:
    parsed = parse_toml(text)

    assert parsed.program is None
    assert parsed.errors[0].message.startswith(message)


@pytest.mark.parametrize("text", [b"\xff", b"{", b"[]", b"1", b"null", b'{"program": []}', b"[" * 100_000])
def test_what_is_no_program_as_json(text: bytes) -> None:
    parsed = parse_json(text)

    assert parsed.program is None
    assert parsed.errors


def as_json(content: Any) -> Any:
    """What a program file is on the topic: times as text, decimals as written."""
    match content:
        case dict():
            return {key: as_json(value) for key, value in content.items()}
        case list():
            return [as_json(value) for value in content]
        case Decimal():
            return str(content)
        case str() | int() | bool():
            return content
        case _:
            return content.isoformat()


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_json_and_toml_are_the_same_program(path: Path) -> None:
    text = path.read_text()
    content = tomllib.loads(text, parse_float=Decimal)

    found = parse_json(json.dumps(as_json(content)))
    assert (found.program, found.errors) == (parse_toml(text).program, ())


@pytest.mark.parametrize(
    ("text", "rate"), [("0.1", "0.1"), ("1", "1"), ("1e-3", "0.001"), ('"0.050"', "0.050")]
)
def test_numbers_are_read_exactly(text: str, rate: str) -> None:
    program = parse_toml(HEAD + RULE.replace('"0.05"', text)).program

    assert program is not None
    assert program.accruals[0].rate is not None
    assert program.accruals[0].rate.text == rate


# Goals, reviews, bonuses for a share

GOAL = """[[goal]]
id = "q"
scope = "group"
group = "content"
metric = "revenue"
period = "quarter"
target = "5000.00"
"""
REVIEW = '[[review]]\nid = "weekly"\ncadence = "weekly"\n'


def test_goals_and_reviews_are_read() -> None:
    program = parse_toml(HEAD + RULE + GOAL + REVIEW + 'day = "friday"\n').program

    assert program is not None
    assert program.goals == (
        Goal(id="q", scope="group", of="content", metric="revenue", period="quarter", target=500_000),
    )
    assert program.reviews == (Review("weekly", "weekly", 5),)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (GOAL.replace('"5000.00"', '"0"'), "target: must be above 0"),
        (GOAL.replace('"5000.00"', '"1.001"'), "target: has more than 2 decimals"),
        (GOAL.replace('target = "5000.00"', ""), "target: is missing"),
        (GOAL.replace('"revenue"', '"orders"'), "target: must be a whole number from 1 to 1000000000"),
        (GOAL.replace("group =", "partner_id ="), 'partner_id: needs scope = "partner"'),
        (GOAL.replace('"group"', '"program"'), 'group: needs scope = "group"'),
        (GOAL.replace('"q"', '"a~b"'), "id: must not hold ~"),
        (GOAL + GOAL, "id: q is declared twice"),
        (GOAL + 'market = "FR"\n', "market: is not known here"),
        (REVIEW + "day = 8\n", "day: must be a whole number from 1 to 7"),
        (REVIEW + 'day = "someday"\n', "day: must be (monday, tuesday, wednesday, thursday, friday,"),
        (REVIEW.replace('"weekly"\n', '"daily"\n'), "cadence: must be (weekly, monthly, quarterly)"),
        (
            REVIEW.replace('cadence = "weekly"', 'cadence = "monthly"') + 'day = "monday"\n',
            "day: must be a whole",
        ),
    ],
)
def test_a_wrong_goal_or_review_is_refused(text: str, error: str) -> None:
    (found,) = errors(HEAD + RULE + text)

    assert f".{error}" in found


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("share = 0.5", None),
        ('share = "1"', None),
        ("share = 0", "must be above 0 and up to 1, as 0.5"),
        ('share = "1.01"', "must be above 0 and up to 1, as 0.5"),
    ],
)
def test_a_bonus_runs_for_a_share_above_0(line: str, error: str | None) -> None:
    bonus = BONUS.replace('"customer"', '"partner"')
    found = errors(HEAD + RULE.replace('"customer"', '"partner"') + bonus + f"{line}\n")

    assert [one.partition("share: ")[2] for one in found] == ([] if error is None else [error])


def test_a_bonus_for_customers_has_no_share() -> None:
    (found,) = errors(HEAD + RULE + BONUS + "share = 0.5\n")

    assert found.endswith("bonus[0].share: is of partners: a bonus for customers runs for all of them")


# Attribution, budgets, tiers and referrals

TIERS = """[tiers]
metric = "revenue"
window = "quarter"
levels = [{ id = "gold", from = "50000.00", multiply = "1.25" }, { id = "bronze", from = "0" }]
"""
REFERRAL = """[referral]
min_order = "30.00"
advocate_points = 500
friend_points = 250
key_day_multiply = { black_friday = "2" }
cap_per_month = 10
"""


def read(text: str) -> Program:
    parsed = parse_toml(text)
    assert parsed.errors == ()
    assert parsed.program is not None
    return parsed.program


def test_attribution_looks_back_thirty_days_for_the_last_click_unless_said_otherwise() -> None:
    other = HEAD.replace("version = 3", 'version = 3\nlookback_days = 7\nattribution = "position"')
    program, changed = read(HEAD), read(other)

    assert (program.lookback_days, program.attribution) == (30, "last_click")
    assert (changed.lookback_days, changed.attribution) == (7, "position")


def test_a_budget_lasts_for_ever_and_trims_unless_said_otherwise() -> None:
    monthly = """[[budget]]
id = "monthly"
amount = 100
period = "month"
alerts = [0.5, "0.80", 1]
over = "reject"
"""

    assert read(HEAD + monthly).budgets == {
        "q4": Budget("q4", 5_000_000, "lifetime", (), "trim"),
        "monthly": Budget(
            "monthly", 10_000, "month", (Ratio(5, 1, "0.5"), Ratio(80, 2, "0.80"), Ratio(1, 0, "1")), "reject"
        ),
    }


def test_levels_are_sorted_by_what_they_ask_for() -> None:
    assert read(HEAD + TIERS).tiers == Tiers(
        "revenue",
        "quarter",
        (Level("bronze", 0, Ratio(1, 0, "1")), Level("gold", 5_000_000, Ratio(125, 2, "1.25"))),
    )


@pytest.mark.parametrize(
    ("text", "window"), [('"month"', "month"), ('"year"', "year"), ("{ rolling_days = 90 }", 90)]
)
def test_windows_of_tiers(text: str, window: str | int) -> None:
    tiers = read(HEAD + TIERS.replace('"quarter"', text)).tiers

    assert tiers is not None
    assert tiers.window == window


def test_levels_by_orders_start_at_whole_numbers() -> None:
    text = HEAD + TIERS.replace('"revenue"', '"orders"').replace('"50000.00"', "50")
    tiers = read(text).tiers

    assert tiers is not None
    assert [level.from_ for level in tiers.levels] == [0, 50]


def test_a_referral_in_full_and_with_defaults() -> None:
    more = REFERRAL + "window_days = 14\nhold_days = 7\nexpires_days = 365\n"

    assert read(HEAD + more).referral == Referral(
        window_days=14,
        min_order=3000,
        advocate_points=500,
        friend_points=250,
        key_day_multiply={"black_friday": Ratio(2, 0, "2")},
        cap_per_month=10,
        hold_days=7,
        expires_days=365,
    )
    assert read(HEAD + "[referral]\nfriend_points = 1\n").referral == Referral(
        window_days=30,
        min_order=0,
        advocate_points=0,
        friend_points=1,
        key_day_multiply={},
        cap_per_month=None,
        hold_days=0,
        expires_days=None,
    )


def test_a_rule_may_ask_for_a_declared_level() -> None:
    rule = RULE.replace("customer", "partner") + 'when = { tier = ["gold"] }\n'

    (read_rule,) = read(HEAD + TIERS + rule).accruals
    assert read_rule.when == When(tier=frozenset({"gold"}))
    assert "23:accrual[0].when.tier: level gold is not declared in [tiers]: it never holds" in warnings(
        HEAD + rule
    )


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("version = 3", "version = 3\nlookback_days = 0", "4:program.lookback_days: must be a whole number from 1 to 36500"),
        (
            "version = 3",
            'version = 3\nattribution = "last"',
            "4:program.attribution: must be (last_click, first_click, linear, position)",
        ),
        ('id = "q4"', 'id = "q4"\nperiod = "day"', "16:budget[0].period: must be (lifetime, month)"),
        ('id = "q4"', 'id = "q4"\nover = "allow_last"', "16:budget[0].over: must be (trim, reject)"),
        ('metric = "revenue"', 'metric = "clicks"', "19:tiers.metric: must be (revenue, orders)"),
        ('window = "quarter"\n', "", "18:tiers.window: is missing (month, quarter, year)"),
        ('window = "quarter"', "window = {}", "20:tiers.window.rolling_days: is missing"),
        (
            'window = "quarter"',
            "window = { rolling_days = 0 }",
            "20:tiers.window.rolling_days: must be a whole number from 1 to 36500",
        ),
        ('window = "quarter"', "window = { days = 9, rolling_days = 9 }", "20:tiers.window.days: is not known here"),
        ('"bronze"', '"gold"', "21:tiers.levels: two levels have the same id"),
        ('from = "50000.00"', 'from = "0.00"', "21:tiers.levels: two levels have the same from"),
        ('from = "50000.00"', 'from = "0.001"', "21:tiers.levels[0].from: has more than 2 decimals"),
        (', from = "0"', "", "21:tiers.levels[1].from: is missing"),
        ('"1.25"', '"0.99"', "21:tiers.levels[0].multiply: must be 1 or more"),
        ("levels =", "level =", "18:tiers.levels: is missing\n21:tiers.level: is not known here"),
        ("500\n", "1.5\n", "24:referral.advocate_points: has more than 0 decimals"),
        ('"30.00"', '"30.001"', "23:referral.min_order: has more than 2 decimals"),
        ('"2"', '"0.5"', "26:referral.key_day_multiply.black_friday: must be 1 or more"),
        ("{ black", "{ blacker", "26:referral.key_day_multiply.blacker_friday: key day blacker_friday is not declared"),
        ("cap_per_month = 10", "cap_per_month = -1", "27:referral.cap_per_month: must be a whole number from 0 to 1000000000"),
        ("cap_per_month = 10", "cap_per_day = 10", "27:referral.cap_per_day: is not known here"),
    ],
)  # fmt: skip
def test_errors_of_attribution_budgets_tiers_and_referrals(old: str, new: str, error: str) -> None:
    whole = HEAD + TIERS + REFERRAL
    text = whole.replace(old, new, 1)
    assert text != whole

    assert "\n".join(errors(text)) == error


@pytest.mark.parametrize(
    ("alerts", "error"),
    [
        ("[0.8, 0.50]", ": must ascend"),
        ('[0.5, "0.50"]', ": must ascend"),
        ("[0]", ": must be shares above 0 and up to 1, as [0.5, 0.95]"),
        ("[1.5]", ": must be shares above 0 and up to 1, as [0.5, 0.95]"),
        ('["x"]', '[0]: must be a decimal, as "0.05"'),
        ("0.5", ": must be a list of decimals"),
    ],
)
def test_alerts_that_are_refused(alerts: str, error: str) -> None:
    text = HEAD.replace('id = "q4"', f'id = "q4"\nalerts = {alerts}')

    assert errors(text) == [f"16:budget[0].alerts{error}"]


def test_levels_by_orders_are_no_decimals() -> None:
    text = HEAD + TIERS.replace('"revenue"', '"orders"')

    assert errors(text) == ["21:tiers.levels[0].from: has more than 0 decimals"]


# Compliance


def compliance(text: str) -> Compliance:
    parsed = parse_toml(HEAD + text)
    assert parsed.program is not None, parsed.errors
    return parsed.program.compliance


def test_rules_that_are_not_named_are_flagged_with_their_own_bounds() -> None:
    rules = compliance("")

    assert {rules.policy(name).action for name in get_args(RuleName)} == {"flag"}
    assert (rules.min_seconds, rules.max_clicks_per_customer_hour, rules.min_clicks) == (5, 30, 10_000)
    assert (rules.min_conversion.text, rules.max_rate.text, rules.min_orders) == ("0.0005", "0.4", 50)


def test_each_rule_has_its_action_its_severity_and_its_own_keys() -> None:
    rules = compliance(
        "[compliance]\n"
        'paid_traffic = { action = "reject", severity = "low", params = ["CPC"] }\n'
        'disallowed_referrer = { hosts = ["Bad.Example.", "xn--bcher-kva.example"] }\n'
        'reversal_rate = { action = "clawback", max_rate = "0.25", min_orders = 4 }\n'
        "click_to_order_time = { min_seconds = 9 }\n"
        "click_flooding = { max_clicks_per_customer_hour = 3, min_conversion = 0.01, min_clicks = 7 }\n"
    )

    assert rules.policy("paid_traffic") == Policy("reject", "low")
    assert rules.policy("disallowed_referrer") == Policy("flag", "high")
    assert {"cpc", "gclid"} <= rules.paid_params
    assert rules.hosts == {"bad.example", "bücher.example"}
    assert (rules.max_rate.text, rules.min_orders, rules.min_seconds) == ("0.25", 4, 9)
    assert (rules.max_clicks_per_customer_hour, rules.min_conversion.text, rules.min_clicks) == (3, "0.01", 7)


@pytest.mark.parametrize(
    ("due", "day"),
    [
        ("terms_due = 2026-03-01\n", date(2026, 3, 1)),
        ('terms_due = "2026-03-01"\n', date(2026, 3, 1)),
        # In Paris it is the next day already.
        ("terms_due = 2026-03-01T23:30:00Z\n", date(2026, 3, 2)),
        ('terms_due = "2026-03-01T23:30:00Z"\n', date(2026, 3, 2)),
        ("", date(2026, 1, 1)),
    ],
)
def test_terms_are_due_on_a_home_date(due: str, day: date) -> None:
    assert compliance(f'[compliance]\nterms_version = "2"\n{due}').terms_due == day.toordinal()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("terms_due = 5", "compliance.terms_due: must be a date, as 2026-01-01, or a time with an offset"),
        ("terms_due = 2026-01-01T00:00:00", "compliance.terms_due: must be a date"),
        ('terms_due = "soon"', "compliance.terms_due: must be a date"),
        ('paid_traffic = "reject"', "compliance.paid_traffic: must be a table"),
        ('paid_traffic = { action = "ban" }', "compliance.paid_traffic.action: must be"),
        ('paid_traffic = { severity = "huge" }', "compliance.paid_traffic.severity: must be"),
        ("paid_traffic = { min_seconds = 5 }", "compliance.paid_traffic.min_seconds: is not known here"),
        ("click_to_order_time = { min_seconds = -1 }", "compliance.click_to_order_time.min_seconds: must be"),
        (
            "reversal_rate = { max_rate = 40 }",
            "compliance.reversal_rate.max_rate: must be a share from 0 to 1",
        ),
        (
            'disallowed_referrer = { hosts = ["https://a.b"] }',
            "compliance.disallowed_referrer.hosts: https://a.b",
        ),
        ("cookie_stuffing = {}", "compliance.cookie_stuffing: is not known here"),
    ],
)
def test_what_is_wrong_with_compliance_is_named(line: str, error: str) -> None:
    assert error in "\n".join(errors(f"{HEAD}[compliance]\n{line}\n"))


@pytest.mark.parametrize(
    ("line", "warning"),
    [
        ("terms_due = 2026-01-01", "compliance.terms_due: has no effect without terms_version"),
        ("brand_bidding = {}", "compliance.brand_bidding: never fires: no market has brand_terms"),
        ("disallowed_referrer = {}", "compliance.disallowed_referrer: never fires: it has no hosts"),
        ("terms_outdated = {}", "compliance.terms_outdated: never fires: there is no terms_version"),
        ('paid_traffic = { action = "hold" }', "compliance.paid_traffic.action: hold is flag here"),
        ('reversal_rate = { action = "reject" }', "compliance.reversal_rate.action: reject is flag here"),
    ],
)
def test_rules_that_cannot_do_what_they_say_are_suspicious(line: str, warning: str) -> None:
    text = f"{HEAD}{RULE}[compliance]\n{line}\n"

    assert errors(text) == []
    assert warning in "\n".join(warnings(text))
