"""The JSON Schema of program files, for editors: keys, kinds of values, choices and what each is for.

What needs the whole file (names that must be declared, decimals of the currency, zones) is left to
``keyday check``. Choices are those of the model, limits those of the reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args, get_type_hints

from events.money import Rounding
from events.outputs import RuleName
from events.units import POINTS
from schemas.program import (
    SEVERITIES,
    Action,
    Attribution,
    Basis,
    Budget,
    Cap,
    Goal,
    Program,
    Review,
    Severity,
    Tiers,
    To,
)
from schemas.program_compliance import MOST_SECONDS
from schemas.program_goals import LAST_DAYS, WEEKDAYS
from schemas.program_partners import MOST_COUNT, MOST_DAYS
from schemas.program_table import DECIMALS_MAX, DIGITS_MAX, RATIO_LIMIT, TEXT_LIMIT
from schemas.upcast import SCHEMA_PREFIX

Schema = dict[str, Any]

#: The newest dialect that the usual TOML editors read.
_DIALECT: Final = "http://json-schema.org/draft-07/schema#"
_DIGITS: Final = f"[0-9]{{1,{DIGITS_MAX}}}"
_FRACTION: Final = f"(\\.[0-9]{{1,{DECIMALS_MAX}}})?"
_TEXT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": TEXT_LIMIT}
_NAME: Final[Schema] = {**_TEXT, "pattern": "^[^~]*$"}
_TEXTS: Final[Schema] = {"type": "array", "items": {"type": "string", "minLength": 1}}
_ZONE: Final[Schema] = {"type": "string", "minLength": 1, "examples": ["Europe/Paris", "America/New_York"]}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_DECIMAL: Final[Schema] = {
    "type": ["string", "number"],
    "pattern": f"^{_DIGITS}{_FRACTION}$",
    "minimum": 0,
}
_MULTIPLIER: Final[Schema] = {
    "type": ["string", "number"],
    "pattern": f"^0*[1-9][0-9]*{_FRACTION}$",
    "minimum": 1,
    "maximum": RATIO_LIMIT,
}
_SHARE: Final[Schema] = {
    "type": ["string", "number"],
    "pattern": "^(0+\\.[0-9]*[1-9][0-9]*|0*1(\\.0+)?)$",
    "exclusiveMinimum": 0,
    "maximum": 1,
}
_POINTS: Final[Schema] = {"type": ["string", "integer"], "pattern": f"^{_DIGITS}$", "minimum": 0}


def program_schema() -> Schema:
    """The schema of a program file, whether TOML or the same content as JSON."""
    properties = {
        "$schema": {"type": "string", "description": "Where this schema is; for editors alone."},
        "program": _program(),
        "markets": _names(_market(), "A market is where an order was placed.") | {"minProperties": 1},
        "coupons": _names(_TEXT, "Coupon codes and the partners that they belong to."),
        "fx": _names(
            {"type": "array", "items": _fx_rate()},
            "Exchange rates by currency; the one with the latest `from` that is not after the order counts.",
        ),
        "key_day": _list(_key_day(), "Key shopping days, which rules may name."),
        "accrual": _list(_accrual(), "What an order earns."),
        "bonus": _list(_bonus(), "What an order earns on top, on key days or always."),
        "budget": _list(_budget(), "Money that rules may spend together."),
        "tiers": _tiers(),
        "referral": _referral(),
        "compliance": _compliance(),
        "goal": _list(_goal(), "What is to be reached in each calendar period."),
        "review": _list(_review(), "When the program is looked at, with the figures since the last time."),
    }
    return {
        "$schema": _DIALECT,
        "$id": f"{SCHEMA_PREFIX}program/v1",
        "title": "Keyday program file",
        **_table(properties, ("program", "markets"), "The rules of a partner loyalty program."),
    }


def _program() -> Schema:
    properties = {
        "id": _about(_TEXT, "Which program this is; the same in all its versions."),
        "version": _about(_whole(1, MOST_COUNT), "Grows with each version.", 1),
        "effective_from": _about(
            _TIME, "This version decides orders from this time on, which has an offset."
        ),
        "currency": _about(
            {"type": "string", "pattern": "^[A-Z]{3}$"}, "ISO 4217. Never changes between versions."
        ),
        "home_tz": _about(
            _ZONE, "IANA zone whose midnights end holds, caps and tiers. Never changes between versions."
        ),
        "rounding": _about(_enum(get_args(Rounding)), "How amounts become whole minor units.", "half_even"),
        "bonus_stacking": _about(
            _choices(Program, "bonus_stacking"), "Grant all bonuses, or only the largest.", "sum"
        ),
        "lookback_days": _about(
            _whole(1, MOST_DAYS), "Clicks count for orders within so many times 24 hours.", 30
        ),
        "attribution": _about(
            _enum(get_args(Attribution)), "Which clicks an order is credited to.", "last_click"
        ),
        "coupon_wins": _about({"type": "boolean"}, "Whether a partner's coupon goes before clicks.", True),
    }
    needed = ("id", "effective_from", "currency", "home_tz")
    return _table(properties, needed, "The head of the file.")


def _market() -> Schema:
    properties = {
        "tz": _about(_ZONE, "IANA zone of the market's key days."),
        "brand_terms": _about(_TEXTS, "Words that partners must not bid on."),
    }
    return _table(properties, ("tz",))


def _fx_rate() -> Schema:
    properties = {
        "from": _about(_TIME, "From this time on."),
        "rate": _about(_DECIMAL, "What 1 unit is worth in the program's currency; above 0."),
    }
    return _table(properties, ("from", "rate"))


def _key_day() -> Schema:
    clock = {"type": "string", "pattern": "^([01][0-9]|2[0-4]):[0-5][0-9]$"}
    properties = {
        "use": _about(_TEXT, "A day of the catalogue, such as black_friday."),
        "id": _about(_TEXT, "The name by which rules know the day; the catalogue's when left out."),
        "name": _about(_TEXT, "For people."),
        "markets": _about(_TEXTS, "Where the day is kept; the catalogue's when left out."),
        "rrule": _about(_TEXT, "RFC 5545 recurrence."),
        "easter": _about(_enum(("western", "orthodox", "julian")), "Relative to Easter of this calendar."),
        "holiday": _about({}, "Relative to a public holiday: its name, or { country, name }."),
        "dates": _about({"type": "object"}, 'Announced dates by year, as { 2026 = ["2026-06-23"] }.'),
        "overrides": _about({"type": "object"}, "Dates of single years instead; [] calls the day off."),
        "offset_days": _about({"type": "integer"}, "Days after (before, when negative) the source."),
        "start": _about(clock, "Local time at which the day starts."),
        "end": _about(clock, 'Local time at which it ends, up to "24:00".'),
        "days": _about(_whole(1, MOST_DAYS), "How many days it lasts.", 1),
        "tz_policy": _about(_enum(("market", "organiser")), "Whose local time counts.", "market"),
        "tz": _about(_ZONE, "Zone of the organiser."),
        "notice_days": _about(
            {"type": "array", "items": _whole(0, 366)}, "How many days before the day partners are told."
        ),
    }
    return {**_table(properties), "anyOf": [{"required": ["use"]}, {"required": ["id"]}]}


def _accrual() -> Schema:
    properties = {
        **_rule(),
        "rate": _about(_DECIMAL, "The share of the basis; in points: points per 1.00 of program currency."),
        "basis": _about(_enum(get_args(Basis)), "What the rate is taken of.", "net"),
        "priority": _about(
            _whole(-MOST_COUNT, MOST_COUNT), "Of the rules with one `exclusive` name the highest stays.", 0
        ),
        "exclusive": _about(_TEXT, "Of the rules with this name only one grants."),
    }
    return _either(_table(properties, ("id", "to", "unit")), "rate")


def _bonus() -> Schema:
    properties = {
        **_rule(),
        "on": _about(_TEXTS, "Key days of this file; empty or left out: always."),
        "multiply": _about(_MULTIPLIER, "Grants the base times (multiply - 1) on top."),
        "share": _about(_SHARE, "Runs for this stable part of the partners; left out: for all."),
    }
    return _either(_table(properties, ("id", "to", "unit")), "multiply")


def _rule() -> Schema:
    return {
        "id": _about(
            {**_TEXT, "pattern": "^[^~]*$", "not": {"enum": ["tier", "tier-points", "referral"]}},
            "One name over all accruals and bonuses, without ~.",
        ),
        "to": _about(_enum(get_args(To)), "Who gets it."),
        "unit": _about(_enum(("money", POINTS)), "What is granted."),
        "flat": _about(_DECIMAL, "The same amount whatever the order is worth."),
        "when": _when(),
        "hold_days": _about(_whole(0, MOST_DAYS), "Home days until it can be spent."),
        "expires_days": _about(_whole(0, MOST_DAYS), "Home days until it is gone; left out: never."),
        "cap": _cap(),
        "budget": _about(_TEXT, "A budget of this file; for money alone."),
    }


def _either(table: Schema, key: str) -> Schema:
    """A rule has ``key`` or flat; points are whole and know no budget; customers are no partners."""
    partner_only = ("partner_group", "partner_id", "tier")
    return {
        **table,
        "oneOf": [{"required": [key]}, {"required": ["flat"]}],
        "allOf": [
            {
                "if": {"properties": {"unit": {"const": POINTS}}, "required": ["unit"]},
                "then": {"properties": {"flat": _POINTS, "budget": False}},
            },
            {
                "if": {"properties": {"to": {"const": "customer"}}, "required": ["to"]},
                "then": {"properties": {"when": {"properties": dict.fromkeys(partner_only, False)}}},
            },
        ],
    }


def _when() -> Schema:
    one_of = "One of these fits: "
    properties = {
        "market": _about(_TEXTS, one_of + "markets of this file."),
        "channel": _about(_TEXTS, one_of + "the order's channel, partner or direct where it has none."),
        "category": _about(_TEXTS, one_of + "categories of lines; an accrual counts these lines alone."),
        "coupon": _about(_TEXTS, one_of + "coupon codes as written."),
        "key_day": _about(_TEXTS, one_of + "key days of this file."),
        "min_order": _about(_DECIMAL, "The whole order is worth this much or more, in program currency."),
        "new_customer": _about({"type": "boolean"}, "Whether it is the customer's first order."),
        "partner_group": _about(_TEXTS, one_of + "groups of partners."),
        "partner_id": _about(_TEXTS, one_of + "partners."),
        "tier": _about(_TEXTS, one_of + "levels of [tiers]."),
    }
    return _table(properties, (), "Conditions that must all hold.")


def _cap() -> Schema:
    properties = {
        "period": _about(_choices(Cap, "period"), "Home days, weeks from Monday, months, or for ever."),
        "amount": _about(_DECIMAL, "In the unit of the rule."),
        "over": _about(
            _choices(Cap, "over"), "Grant what is left, nothing, or the whole while anything is left.", "trim"
        ),
    }
    return _table(properties, ("period", "amount"), "The most that the rule grants one account in a period.")


def _budget() -> Schema:
    properties = {
        "id": _about(_TEXT, "The name by which rules know it."),
        "amount": _about(_DECIMAL, "In program currency."),
        "period": _about(_choices(Budget, "period"), "For ever, or anew each home month.", "lifetime"),
        "alerts": _about({"type": "array", "items": _SHARE}, "Shares of it, ascending, that are told."),
        "over": _about(_choices(Budget, "over"), "Grant what is left, or nothing.", "trim"),
    }
    return _table(properties, ("id", "amount"))


def _tiers() -> Schema:
    level = {
        "id": _about(_TEXT, "The name by which rules know it."),
        "from": _about(_DECIMAL, "Revenue in program currency, or orders; one level starts at 0."),
        "multiply": _about(_MULTIPLIER, "What partners of this level get of their base.", "1"),
    }
    rolling = _table({"rolling_days": _whole(1, MOST_DAYS)}, ("rolling_days",))
    calendar = next(each for each in get_args(get_type_hints(Tiers)["window"]) if each is not int)
    properties = {
        "metric": _about(_choices(Tiers, "metric"), "What counts: credited net revenue, or credited orders."),
        "window": _about({"anyOf": [_enum(get_args(calendar)), rolling]}, "Over which time it counts."),
        "levels": {"type": "array", "minItems": 1, "items": _table(level, ("id", "from"))},
    }
    needed = ("metric", "window", "levels")
    return _table(properties, needed, "Levels of partners by what they brought.")


def _referral() -> Schema:
    properties = {
        "window_days": _about(
            _whole(1, MOST_DAYS), "The friend's order comes within so many times 24 hours.", 30
        ),
        "min_order": _about(_DECIMAL, "The friend's order is worth this much or more."),
        "advocate_points": _about(_POINTS, "Points for who referred.", 0),
        "friend_points": _about(_POINTS, "Points for who was referred.", 0),
        "key_day_multiply": _names(_MULTIPLIER, "Key days of this file that multiply the points."),
        "cap_per_month": _about(
            _whole(0, MOST_COUNT), "Referrals of one advocate in a home month; left out: any."
        ),
        "hold_days": _about(_whole(0, MOST_DAYS), "Home days until the points can be spent.", 0),
        "expires_days": _about(_whole(0, MOST_DAYS), "Home days until they are gone; left out: never."),
    }
    return _table(properties, (), "Points for customers who bring friends, and for these.")


def _goal() -> Schema:
    properties = {
        "id": _about(_NAME, "The name by which it is told."),
        "scope": _about(_choices(Goal, "scope"), "Whose orders count."),
        "group": _about(_TEXT, "With scope group: of this group; left out: of each."),
        "partner_id": _about(_TEXT, "With scope partner: of this partner; left out: of each."),
        "metric": _about(_choices(Goal, "metric"), "What counts: net revenue, orders, or new customers."),
        "period": _about(_choices(Goal, "period"), "Home weeks from Monday, months, quarters or years."),
        "target": _about(_DECIMAL, "Revenue in program currency, or a whole number."),
    }
    return _table(properties, ("id", "scope", "metric", "period", "target"))


def _review() -> Schema:
    day = {"anyOf": [_whole(1, max(LAST_DAYS.values())), _enum(WEEKDAYS)]}
    properties = {
        "id": _about(_NAME, "The name by which it is told."),
        "cadence": _about(_choices(Review, "cadence"), "How often."),
        "day": _about(day, "The day of the week (1 is Monday), of the month, or of the quarter.", 1),
    }
    return _table(properties, ("id", "cadence"))


def _compliance() -> Schema:
    share = {"type": ["string", "number"], "minimum": 0, "maximum": 1}
    own: dict[str, dict[str, Schema]] = {
        "paid_traffic": {
            "params": _about(_TEXTS, "Query parameters of paid clicks, beside the usual ones such as gclid.")
        },
        "click_to_order_time": {
            "min_seconds": _about(_whole(0, MOST_SECONDS), "An order sooner after its click breaks it.", 5)
        },
        "click_flooding": {
            "max_clicks_per_customer_hour": _about(
                _whole(1, MOST_COUNT), "Clicks of a customer on a partner's links in a whole hour UTC.", 30
            ),
            "min_conversion": _about(share, "Orders per click of a home day, at the least.", 0.0005),
            "min_clicks": _about(_whole(1, MOST_COUNT), "Days with fewer clicks are not looked at.", 10_000),
        },
        "disallowed_referrer": {
            "hosts": _about(_TEXTS, "Hosts that clicks must not come from; their subdomains, too.")
        },
        "reversal_rate": {
            "max_rate": _about(share, "Reversed orders of those of 30 home dates, at the most.", 0.4),
            "min_orders": _about(_whole(1, MOST_COUNT), "Partners with fewer are not looked at.", 50),
        },
    }
    due = {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}
    properties = {
        "terms_version": _about(_TEXT, "The current terms; partners with older ones are found."),
        "terms_due": _about(due, "From this home date on; left out: as soon as this version is in force."),
        **{rule: _policy(rule, own.get(rule, {})) for rule in get_args(RuleName)},
    }
    return _table(properties, (), "What partners must not do, and what is done when they do.")


def _policy(rule: RuleName, own: Mapping[str, Schema]) -> Schema:
    properties = {
        "action": _about(_enum(get_args(Action)), "What is done about it beside opening a case.", "flag"),
        "severity": _about(_enum(get_args(Severity)), "Told in the case.", SEVERITIES[rule]),
        **own,
    }
    return _table(properties, (), _RULES_ABOUT[rule])


_RULES_ABOUT: Final[dict[RuleName, str]] = {
    "brand_bidding": "Ads beside searches for a brand term of the market.",
    "paid_traffic": "Clicks that were paid for, by partners who are not allowed paid search.",
    "self_referral": "Orders by the partner's own customers, or from their devices and addresses.",
    "click_to_order_time": "Orders that come too soon after their click.",
    "click_flooding": "Too many clicks of one customer in an hour, or too few orders for a day's clicks.",
    "disallowed_referrer": "Clicks that come from a host of the list.",
    "market_not_agreed": "Clicks and orders from markets that the partner has not agreed to.",
    "reversal_rate": "Too many orders that are cancelled or refunded in full.",
    "terms_outdated": "Records with older terms than the program's.",
}


def _table(properties: Mapping[str, Schema], required: tuple[str, ...] = (), about: str = "") -> Schema:
    described = {"description": about} if about else {}
    needed = {"required": list(required)} if required else {}
    return {
        "type": "object",
        **described,
        "properties": dict(properties),
        **needed,
        "additionalProperties": False,
    }


def _names(values: Schema, about: str) -> Schema:
    return {"type": "object", "description": about, "additionalProperties": values}


def _list(items: Schema, about: str) -> Schema:
    return {"type": "array", "description": about, "items": items}


def _about(schema: Schema, description: str, default: Any = None) -> Schema:
    return {**schema, "description": description} | ({} if default is None else {"default": default})


def _whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _enum(values: tuple[str, ...]) -> Schema:
    return {"enum": list(values)}


def _choices(struct: type, field: str) -> Schema:
    """The values that a field of the model may have."""
    return _enum(get_args(get_type_hints(struct)[field]))
