"""Events that are read, and one code for each that is not."""

from __future__ import annotations

from typing import Any

import pytest

from events import inputs, limits
from schemas.codec import Decoded, Decoder
from schemas.errors import Code, DecodeError
from tests.schemas.examples import DECODER, INPUTS, TIME_MS, Programs, Tree, code, decode, example, wire


def event(tree: Tree | bytes, topic: str = "orders") -> inputs.InputEvent:
    outcome = decode(tree, topic)
    assert isinstance(outcome, Decoded), outcome
    return outcome.event


def order(**changes: Any) -> Tree:
    """An order with some of its data changed; ``...`` leaves a field out."""
    tree = example()
    tree["data"] = {name: value for name, value in (tree["data"] | changes).items() if value is not ...}
    return tree


def money(**changes: Any) -> Tree:
    """An order of the given amounts alone."""
    return order(**({"discount": ..., "tax": ..., "shipping": ..., "lines": ...} | changes))


def account_request(type_: str, **changes: Any) -> Tree:
    tree = example("account-requests", type_)
    tree["data"].update(changes)
    return tree


def number(tree: Tree, literal: str) -> bytes:
    """The event with the string ``@`` replaced by a JSON literal."""
    text = wire(tree)
    assert b'"@"' in text
    return text.replace(b'"@"', literal.encode())


# What is read


def test_an_order_becomes_a_fact_with_its_net_and_gross() -> None:
    assert event(example()) == inputs.OrderPlaced(
        source="shop/acme",
        id="e-1",
        time=TIME_MS,
        program="acme",
        order_id="o-1",
        customer_id="c-1",
        market="FR",
        currency="EUR",
        subtotal=12990,
        discount=1000,
        tax=2400,
        shipping=490,
        net=11990,
        gross=14880,
        coupons=("LEA10",),
        channel="email",
        click_id="k-1",
        partner_id="lea",
        new_customer=True,
        device_id="d-1",
        ip_hash="h-1",
        lines=(
            inputs.Line("1", "s-1", "shoes", 2, 10000),
            inputs.Line("2", "s-2", "hats", 1, 2990),
        ),
    )


@pytest.mark.parametrize(("topic", "type_"), INPUTS)
def test_every_field_of_every_input_event_arrives(topic: str, type_: str) -> None:
    tree = example(topic, type_)
    if type_ == "program.published":
        return
    fact = event(tree, topic)

    for name, value in tree["data"].items():
        if name in {"subtotal", "discount", "tax", "shipping", "lines"} or (
            name == "amount" and type_ == "order.refunded"
        ):
            continue
        expected = tuple(value) if isinstance(value, list) else value
        assert getattr(fact, name) == expected, name
    assert (fact.source, fact.id, fact.time, fact.program) == ("shop/acme", "e-1", TIME_MS, "acme")


def test_a_refund_is_counted_in_its_own_currency() -> None:
    tree = example("orders", "order.refunded")
    tree["data"] |= {"currency": "JPY", "amount": 500}
    fact = event(tree)

    assert isinstance(fact, inputs.OrderRefunded)
    assert (fact.amount, fact.currency) == (500, "JPY")


def test_an_optional_field_that_is_null_is_absent() -> None:
    names = ["discount", "tax", "shipping", "coupons", "channel", "click_id", "partner_id", "new_customer"]
    names += ["device_id", "ip_hash", "lines", "program"]

    assert event(order(**dict.fromkeys(names))) == event(order(**dict.fromkeys(names, ...)))


def test_markets_that_are_absent_are_not_markets_that_are_none() -> None:
    tree = example("partner-events", "partner.updated")
    none = event(tree, "partner-events")
    del tree["data"]["markets"]
    absent = event(tree, "partner-events")

    assert isinstance(none, inputs.PartnerUpdated)
    assert isinstance(absent, inputs.PartnerUpdated)
    assert (none.markets, absent.markets) == ((), None)


def test_unknown_fields_are_ignored() -> None:
    tree = order(colour="red", program="acme") | {"traceparent": "00-1", "subject": 5}
    tree["data"]["lines"][0]["colour"] = "red"

    assert event(tree) == event(example())


def test_numbers_are_read_as_they_are_written() -> None:
    for literal in ("129.90", "129.9", "1.299e2", "12990e-2"):
        fact = event(number(money(subtotal="@"), literal))
        assert isinstance(fact, inputs.OrderPlaced)
        assert fact.net == 12990


def test_ten_to_the_twelve_minor_units_are_allowed_and_minus_zero_is_zero() -> None:
    fact = event(money(subtotal="10000000000.00", tax="-0"))

    assert isinstance(fact, inputs.OrderPlaced)
    assert (fact.net, fact.tax) == (10**12, 0)


def test_a_program_is_kept_as_it_was_published() -> None:
    text = wire(example("programs", "program.published")).replace(b"0.92", b"0.9200")
    fact = event(text, "programs")

    assert isinstance(fact, inputs.ProgramPublished)
    assert fact.program == "acme"
    assert fact.content == b'{"program":{"id":"acme","version":3},"fx":{"USD":0.9200}}'


def test_a_program_can_be_published_before_any_is_loaded() -> None:
    outcome = decode(example("programs", "program.published"), "programs", Decoder(Programs()))

    assert isinstance(outcome, Decoded)


def test_decoding_twice_gives_equal_results() -> None:
    assert decode(example()) == decode(example())


def test_of_a_key_written_twice_the_last_value_counts() -> None:
    twice = b'{"type":"order.lost","specversion":"0.3","data":5,' + wire(example())[1:]

    assert decode(twice) == decode(example())
    assert code(wire(example())[:-1] + b',"type":"order.refunded"}') == Code.FIELD_MISSING


# json_invalid


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"   ",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{",
        b"{}x",
        b"\xef\xbb\xbf{}",
        b'{"id":"\xff"}',
        b'{"x":"\xc3"}',
        b'{"x":"\\ud800"}',
        b'{"x":NaN}',
        b'{"x":Infinity}',
        b'{"x":-Infinity}',
        b'{"x":01}',
        b'{"x":1.}',
        b"{'x':1}",
        b'{"x":' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"x":' + b"9" * 5_000 + b"}",
    ],
)
def test_json_invalid_is_what_is_no_json_object_in_utf_8(value: bytes) -> None:
    assert code(value) == Code.JSON_INVALID


def test_json_invalid_is_a_record_without_a_value() -> None:
    assert DECODER.decode("orders", b"c-1", None, ()) == DecodeError(Code.JSON_INVALID, "no value")


@pytest.mark.parametrize("fragment", [b'"x":NaN', b'"x":"\xff"', b'"x":"\\udc00"', b'"x":1e' + b"9" * 5_000])
def test_json_invalid_is_found_in_fields_that_nobody_reads(fragment: bytes) -> None:
    assert code(wire(example())[:-1] + b"," + fragment + b"}") == Code.JSON_INVALID


def test_json_invalid_is_a_message_above_the_limit_of_its_size() -> None:
    text = wire(example())
    fits = text[:-1] + b" " * (limits.MESSAGE_MAX_BYTES - len(text)) + b"}"

    assert isinstance(decode(fits), Decoded)
    assert code(fits + b" ") == Code.JSON_INVALID


def test_nesting_is_refused_at_one_level_on_every_stack() -> None:
    def nested(levels: int) -> bytes:
        inner = b"[" * (levels - 1) + b"]" * (levels - 1)
        return wire(example())[:-1] + b',"x":' + inner + b"}"

    assert isinstance(decode(nested(limits.NESTING_MAX_LEVELS)), Decoded)
    assert code(nested(limits.NESTING_MAX_LEVELS + 1)) == Code.JSON_INVALID


def test_many_lines_are_not_deep() -> None:
    line = example()["data"]["lines"][0]

    assert isinstance(decode(order(lines=[line] * limits.ORDER_MAX_LINES)), Decoded)


# specversion_unknown, type_unknown


@pytest.mark.parametrize("specversion", ["0.3", "1", "1.1", "2.0", ""])
def test_specversion_unknown_is_every_version_but_one(specversion: str) -> None:
    assert code(example() | {"specversion": specversion}) == Code.SPECVERSION_UNKNOWN


@pytest.mark.parametrize("type_", ["order.shipped", "Order.placed", "order.placed.v2", "reward.accrued"])
def test_type_unknown_is_a_type_that_is_not_listed(type_: str) -> None:
    assert code(example() | {"type": type_}) == Code.TYPE_UNKNOWN


def test_type_unknown_is_a_known_type_on_another_topic() -> None:
    topics = sorted({topic for topic, _ in INPUTS})
    for topic, type_ in INPUTS:
        for other in topics:
            if other != topic:
                assert code(example(topic, type_), other) == Code.TYPE_UNKNOWN
    assert code(example(), "rewards") == Code.TYPE_UNKNOWN


# field_missing, field_invalid

REQUIRED = {
    "order.placed": ["order_id", "customer_id", "market", "currency", "subtotal"],
    "order.refunded": ["order_id", "customer_id", "refund_id", "amount", "currency"],
    "order.cancelled": ["order_id", "customer_id"],
    "link.clicked": ["click_id", "customer_id", "partner_id", "market"],
    "referral.created": ["referral_id", "code", "advocate_id", "friend_id"],
    "partner.enrolled": ["partner_id", "group"],
    "partner.updated": ["partner_id", "group"],
    "partner.suspended": ["partner_id"],
    "partner.reinstated": ["partner_id"],
    "ad.observed": ["partner_id", "engine", "keyword", "market"],
    "compliance.case_resolved": ["case_id", "partner_id", "decision", "actor"],
    "redemption.requested": ["redemption_id", "account", "unit", "amount"],
    "adjustment.requested": ["adjustment_id", "account", "unit", "amount", "reason", "actor"],
    "program.published": ["program"],
}


@pytest.mark.parametrize(("topic", "type_"), INPUTS)
def test_field_missing_is_a_required_field_absent_or_null_and_no_other(topic: str, type_: str) -> None:
    for name in example(topic, type_)["data"]:
        absent, null = example(topic, type_), example(topic, type_)
        del absent["data"][name]
        null["data"][name] = None
        for tree in (absent, null):
            outcome = decode(tree, topic)
            if name in REQUIRED[type_]:
                assert outcome == DecodeError(Code.FIELD_MISSING, f"data.{name}")
            else:
                assert isinstance(outcome, Decoded), (name, outcome)


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "time", "data"])
def test_field_missing_is_an_attribute_absent_or_null(name: str) -> None:
    absent = example()
    del absent[name]

    assert decode(absent) == decode(example() | {name: None}) == DecodeError(Code.FIELD_MISSING, name)


@pytest.mark.parametrize("name", ["line_id", "sku", "category", "quantity", "amount"])
def test_field_missing_is_a_field_of_a_line(name: str) -> None:
    tree = example()
    del tree["data"]["lines"][1][name]

    assert decode(tree) == DecodeError(Code.FIELD_MISSING, f"data.lines[1].{name}")


def test_field_missing_is_a_program_without_an_id() -> None:
    tree = example("programs", "program.published")
    tree["data"]["program"] = {}

    assert decode(tree, "programs") == DecodeError(Code.FIELD_MISSING, "data.program.id")


WRONG: list[Any] = [True, 5, 1.5, [], {}]
MONEY = {"subtotal", "discount", "tax", "shipping"}


@pytest.mark.parametrize(("topic", "type_"), INPUTS)
def test_field_invalid_is_a_value_of_the_wrong_type(topic: str, type_: str) -> None:
    data = example(topic, type_)["data"]
    for name in data if type_ != "program.published" else ["program"]:
        is_money = name in MONEY or (type_, name) == ("order.refunded", "amount")
        for wrong in WRONG:
            if type(wrong) is type(data[name]) or (is_money and type(wrong) in {int, float}):
                continue
            tree = example(topic, type_)
            tree["data"][name] = wrong
            assert decode(tree, topic) == DecodeError(Code.FIELD_INVALID, f"data.{name}"), (name, wrong)


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "time", "data"])
@pytest.mark.parametrize("wrong", [True, 5, 1.5, []])
def test_field_invalid_is_an_attribute_of_the_wrong_type(name: str, wrong: Any) -> None:
    assert decode(example() | {name: wrong}) == DecodeError(Code.FIELD_INVALID, name)


@pytest.mark.parametrize("name", ["id", "source", "type"])
def test_field_invalid_is_an_empty_attribute(name: str) -> None:
    assert decode(example() | {name: ""}) == DecodeError(Code.FIELD_INVALID, name)


@pytest.mark.parametrize(("topic", "type_"), INPUTS)
def test_field_invalid_is_an_empty_or_too_long_id(topic: str, type_: str) -> None:
    names = [name for name in example(topic, type_)["data"] if name.endswith("_id")]
    for name in [*names, *(["program"] if type_ != "program.published" else [])]:
        for text in ("", "x" * (limits.ID_MAX_CHARS + 1)):
            tree = example(topic, type_)
            tree["data"][name] = text
            assert decode(tree, topic) == DecodeError(Code.FIELD_INVALID, f"data.{name}")


@pytest.mark.parametrize(
    "time",
    [
        "",
        "yesterday",
        "2026-11-27",
        "2026-11-27T12:00:00",
        "2026-02-30T00:00:00Z",
        "2026-11-27 12:00:00Z",
        "2026-11-27T12:00:00." + "0" * 64 + "Z",
    ],
)
def test_field_invalid_is_an_unreadable_time(time: str) -> None:
    assert decode(example() | {"time": time}) == DecodeError(Code.FIELD_INVALID, "time")


@pytest.mark.parametrize("text", ["", "12,50", "1e3", ".5", "5.", "+5", "NaN", "EUR 5"])
def test_field_invalid_is_an_unreadable_decimal(text: str) -> None:
    assert decode(money(subtotal=text)) == DecodeError(Code.FIELD_INVALID, "data.subtotal")


@pytest.mark.parametrize(
    ("name", "items", "limit"),
    [("coupons", ["X"], limits.ORDER_MAX_COUPONS), ("lines", None, limits.ORDER_MAX_LINES)],
)
def test_field_invalid_is_a_list_of_too_many(name: str, items: list[Any] | None, limit: int) -> None:
    items = items or example()["data"]["lines"][:1]

    assert isinstance(decode(order(**{name: items * limit})), Decoded)
    assert decode(order(**{name: items * (limit + 1)})) == DecodeError(Code.FIELD_INVALID, f"data.{name}")


def test_field_invalid_is_text_above_the_limit_of_its_length() -> None:
    tree = example("clicks", "link.clicked")
    tree["data"]["url"] = "é" * limits.TEXT_MAX_CHARS
    assert isinstance(decode(tree, "clicks"), Decoded)
    tree["data"]["url"] += "é"
    assert decode(tree, "clicks") == DecodeError(Code.FIELD_INVALID, "data.url")


@pytest.mark.parametrize("wrong", [None, 5, "shoes", []])
def test_field_invalid_is_a_line_that_is_no_object(wrong: Any) -> None:
    assert decode(order(lines=[wrong])) == DecodeError(Code.FIELD_INVALID, "data.lines[0]")


@pytest.mark.parametrize("quantity", ["1.0", "1e0", "1.5", '"1"', "true"])
def test_field_invalid_is_a_quantity_that_is_not_written_as_an_integer(quantity: str) -> None:
    line = example()["data"]["lines"][0] | {"quantity": "@"}

    assert code(number(order(lines=[line]), quantity)) == Code.FIELD_INVALID


def test_field_invalid_is_a_decision_that_is_neither_of_two() -> None:
    tree = example("partner-events", "compliance.case_resolved")
    tree["data"]["decision"] = "maybe"

    assert decode(tree, "partner-events") == DecodeError(Code.FIELD_INVALID, "data.decision")


@pytest.mark.parametrize("account", ["c-1", "customer:", "partner:", "shop:c-1", "customer:c-1:pending", ""])
def test_field_invalid_is_an_account_that_is_no_owners_or_names_a_bucket(account: str) -> None:
    tree = account_request("redemption.requested", account=account)

    assert decode(tree, "account-requests") == DecodeError(Code.FIELD_INVALID, "data.account")


@pytest.mark.parametrize("kind", ["customer", "partner"])
def test_an_account_may_have_the_longest_id_that_its_owner_may_have(kind: str) -> None:
    longest = f"{kind}:" + "x" * limits.ID_MAX_CHARS
    requests = [account_request("redemption.requested", account=longest + more) for more in ("", "x")]

    assert isinstance(decode(requests[0], "account-requests"), Decoded)
    assert decode(requests[1], "account-requests") == DecodeError(Code.FIELD_INVALID, "data.account")


@pytest.mark.parametrize("type_", ["redemption.requested", "adjustment.requested"])
@pytest.mark.parametrize("literal", ["0", "-0", "5.0", "5e0", '"5"', "true"])
def test_field_invalid_is_a_request_for_zero_or_for_no_integer(type_: str, literal: str) -> None:
    assert code(number(account_request(type_, amount="@"), literal), "account-requests") == Code.FIELD_INVALID


# program_unknown


def test_program_unknown_is_one_that_is_not_loaded() -> None:
    assert code(order(program="other")) == Code.PROGRAM_UNKNOWN


def test_program_unknown_is_one_that_is_not_in_force_yet() -> None:
    assert code(example(), decoder=Decoder(Programs(acme=TIME_MS + 1))) == Code.PROGRAM_UNKNOWN
    assert isinstance(decode(example(), decoder=Decoder(Programs(acme=TIME_MS))), Decoded)


def test_program_unknown_is_a_missing_name_when_several_are_loaded() -> None:
    several = Decoder(Programs(acme=0, other=0))

    assert code(example(), decoder=several) == Code.PROGRAM_UNKNOWN
    outcome = decode(order(program="other"), decoder=several)
    assert isinstance(outcome, Decoded)
    assert outcome.event.program == "other"


# currency_unknown, amounts, unit_unknown


@pytest.mark.parametrize("currency", ["XYZ", "eur", "", "EURO", "XXX", "XAU"])
def test_currency_unknown_is_no_iso_code_of_money(currency: str) -> None:
    assert decode(order(currency=currency)) == DecodeError(Code.CURRENCY_UNKNOWN, "data.currency")


@pytest.mark.parametrize("name", ["subtotal", "discount", "tax", "shipping"])
def test_amount_precision_is_a_digit_more_than_the_currency_has(name: str) -> None:
    assert decode(order(**{name: "12.500"})) == DecodeError(Code.AMOUNT_PRECISION, f"data.{name}")
    assert code(number(order(**{name: "@"}), "12.500")) == Code.AMOUNT_PRECISION
    assert code(money(currency="JPY", **{"subtotal": "100", name: "12.0"})) == Code.AMOUNT_PRECISION


@pytest.mark.parametrize("name", ["subtotal", "discount", "tax", "shipping"])
def test_amount_negative_is_below_zero(name: str) -> None:
    assert decode(order(**{name: "-0.01"})) == DecodeError(Code.AMOUNT_NEGATIVE, f"data.{name}")
    assert code(order(**{name: -1})) == Code.AMOUNT_NEGATIVE


def test_amount_negative_is_a_discount_above_the_subtotal() -> None:
    assert decode(money(subtotal="10.00", discount="10.01")) == DecodeError(Code.AMOUNT_NEGATIVE, "net")
    assert isinstance(decode(money(subtotal="10.00", discount="10.00")), Decoded)


def test_amount_negative_is_a_redemption_below_zero_but_not_an_adjustment() -> None:
    for amount in (-1, -(10**12) - 1):
        redemption = account_request("redemption.requested", amount=amount)
        assert decode(redemption, "account-requests") == DecodeError(Code.AMOUNT_NEGATIVE, "data.amount")
    assert isinstance(decode(account_request("adjustment.requested", amount=-1), "account-requests"), Decoded)


@pytest.mark.parametrize(
    "literal", ['"10000000000.01"', "10000000001", "1e11", "1e999999999", "1" + "0" * 400]
)
def test_amount_out_of_range_is_above_ten_to_the_twelve_minor_units(literal: str) -> None:
    assert decode(number(money(subtotal="@"), literal)) == DecodeError(
        Code.AMOUNT_OUT_OF_RANGE, "data.subtotal"
    )


@pytest.mark.parametrize("amount", [10**12 + 1, -(10**12) - 1])
def test_amount_out_of_range_is_a_request_beyond_it(amount: int) -> None:
    tree = account_request("adjustment.requested", amount=amount)

    assert decode(tree, "account-requests") == DecodeError(Code.AMOUNT_OUT_OF_RANGE, "data.amount")


def test_amounts_of_lines_are_checked_like_others() -> None:
    for amount, expected in [
        ("1.000", Code.AMOUNT_PRECISION),
        ("-1", Code.AMOUNT_NEGATIVE),
        ("99999999999", Code.AMOUNT_OUT_OF_RANGE),
    ]:
        line = example()["data"]["lines"][0] | {"amount": amount}
        assert decode(order(lines=[line])) == DecodeError(expected, "data.lines[0].amount")


@pytest.mark.parametrize("unit", ["EUR", "EUR/3", "eur/2", "point", "", "XXX/2"])
def test_unit_unknown_is_no_unit_of_any_ledger(unit: str) -> None:
    tree = account_request("redemption.requested", unit=unit)

    assert decode(tree, "account-requests") == DecodeError(Code.UNIT_UNKNOWN, "data.unit")


def test_details_never_repeat_what_the_event_says() -> None:
    secret = "anna@example.com"
    for tree in (
        example() | {"time": secret},
        example() | {"type": secret},
        example() | {"specversion": secret},
        order(currency=secret),
        order(program=secret),
        order(subtotal=secret),
        order(lines=secret),
        order(coupons={secret: 1}),
    ):
        outcome = decode(tree)
        assert isinstance(outcome, DecodeError)
        assert secret not in outcome.detail
    unreadable = decode(secret.encode())
    assert isinstance(unreadable, DecodeError)
    assert secret not in unreadable.detail
