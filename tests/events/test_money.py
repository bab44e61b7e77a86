"""Money: read exactly, rounded once, split without a rest."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.currencies import SCALES
from events.limits import AMOUNT_MAX_MINOR
from events.money import (
    AmountError,
    AmountFault,
    Rounding,
    convert,
    from_integer,
    parse_decimal,
    parse_number,
    round_exact,
    round_ratio,
    split,
)

edges = st.one_of(
    st.sampled_from(
        [0, 1, 2, 9, 10, 99, 100, 101, AMOUNT_MAX_MINOR - 1, AMOUNT_MAX_MINOR, AMOUNT_MAX_MINOR + 1]
    ),
    st.integers(min_value=0, max_value=2 * AMOUNT_MAX_MINOR),
)
scales = st.sampled_from([0, 2, 3, 4])


def fault(text: str, scale: int, *, number: bool = False) -> str:
    with pytest.raises(AmountError) as refused:
        (parse_number if number else parse_decimal)(text, scale)
    return refused.value.fault


@pytest.mark.parametrize(
    ("text", "scale", "minor"),
    [
        ("129.90", 2, 12990),
        ("129.9", 2, 12990),
        ("129", 2, 12900),
        ("007.50", 2, 750),
        ("500", 0, 500),
        ("1.234", 3, 1234),
        ("0", 2, 0),
        ("-0", 2, 0),
        ("-0.00", 2, 0),
        ("10000000000.00", 2, 10**12),
        ("1000000000000", 0, 10**12),
        ("0" * 5000 + "1.50", 2, 150),
    ],
)
def test_a_decimal_string_is_read_exactly(text: str, scale: int, minor: int) -> None:
    assert parse_decimal(text, scale) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".",
        "5.",
        ".5",
        "-.5",
        "+5",
        " 5",
        "5 ",
        "1,5",
        "1e3",
        "1_000",
        "--1",
        "1-",
        "0x10",
        "NaN",
        "Infinity",
        "1.2.3",
        "1.-2",
        "\u0661\u0662",
        "\uff11\uff12",
        "\u00b2",
        "1.\u00b2",
        "5\n",
    ],
)
def test_what_is_no_plain_decimal_is_invalid(text: str) -> None:
    assert fault(text, 2) == AmountFault.INVALID


@pytest.mark.parametrize(
    ("text", "scale", "expected"),
    [
        ("12.500", 2, AmountFault.PRECISION),
        ("12.0", 0, AmountFault.PRECISION),
        ("0.000", 2, AmountFault.PRECISION),
        ("-12.500", 2, AmountFault.PRECISION),  # precision before sign
        ("99999999999999.999", 2, AmountFault.PRECISION),  # and before range
        ("-0.01", 2, AmountFault.NEGATIVE),
        ("-99999999999999", 2, AmountFault.NEGATIVE),  # sign before range
        ("-" + "9" * 5000, 2, AmountFault.NEGATIVE),
        ("10000000000.01", 2, AmountFault.OUT_OF_RANGE),
        ("9" * 5000, 2, AmountFault.OUT_OF_RANGE),
    ],
)
def test_precision_sign_and_range_are_looked_at_in_this_order(
    text: str, scale: int, expected: AmountFault
) -> None:
    assert fault(text, scale) == expected
    assert fault(text, scale, number=True) == expected


@pytest.mark.parametrize(
    ("literal", "scale", "minor"),
    [
        ("1.25e1", 2, 1250),
        ("1.2990E2", 2, 12990),
        ("125e-1", 2, 1250),
        ("12.5e+00", 2, 1250),
        ("1.000e1", 2, 1000),
        ("1e12", 0, 10**12),
        ("0e999999999", 2, 0),
        ("-0.0e5", 2, 0),
        ("0.00000000000000000000000000000000000001e40", 2, 10000),
    ],
)
def test_an_exponent_moves_the_point(literal: str, scale: int, minor: int) -> None:
    assert parse_number(literal, scale) == minor


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("12500e-3", AmountFault.PRECISION),
        ("1.0000e1", AmountFault.PRECISION),
        ("0e-3", AmountFault.PRECISION),
        ("1e-999999999", AmountFault.PRECISION),
        ("1e-" + "9" * 100_000, AmountFault.PRECISION),
        ("-1e999999999", AmountFault.NEGATIVE),
        ("1e11", AmountFault.OUT_OF_RANGE),
        ("1e999999999", AmountFault.OUT_OF_RANGE),
        ("1e" + "9" * 100_000, AmountFault.OUT_OF_RANGE),
    ],
)
def test_no_exponent_makes_a_number_of_its_size(literal: str, expected: AmountFault) -> None:
    assert fault(literal, 2, number=True) == expected


@given(minor=edges, scale=scales, zeros=st.integers(0, 4))
def test_every_amount_in_range_reads_back(minor: int, scale: int, zeros: int) -> None:
    digits = str(minor).rjust(scale + 1, "0")
    text = "0" * zeros + (f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits)

    if minor <= AMOUNT_MAX_MINOR:
        assert parse_decimal(text, scale) == minor
        assert parse_number(text, scale) == minor
    else:
        assert fault(text, scale) == AmountFault.OUT_OF_RANGE


@given(value=st.integers(-(10**14), 10**14), exponent=st.integers(-20, 20), scale=scales)
def test_numbers_with_exponents_agree_with_decimal_arithmetic(value: int, exponent: int, scale: int) -> None:
    exact = Decimal(value).scaleb(exponent, context=None)
    minor = exact.scaleb(scale)
    literal = f"{value}e{exponent}"

    if -exponent > scale:
        assert fault(literal, scale, number=True) == AmountFault.PRECISION
    elif minor < 0:
        assert fault(literal, scale, number=True) == AmountFault.NEGATIVE
    elif minor > AMOUNT_MAX_MINOR:
        assert fault(literal, scale, number=True) == AmountFault.OUT_OF_RANGE
    else:
        assert parse_number(literal, scale) == minor


def test_a_whole_number_is_counted_in_the_currency_not_in_minor_units() -> None:
    assert from_integer(12, 2) == 1200
    assert from_integer(10**10, 2) == 10**12
    for value, expected in [(-1, AmountFault.NEGATIVE), (10**10 + 1, AmountFault.OUT_OF_RANGE)]:
        with pytest.raises(AmountError) as refused:
            from_integer(value, 2)
        assert refused.value.fault == expected


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounding", "expected"),
    [
        (6495, 10, "half_even", 650),  # 649.5: worked example A
        (6505, 10, "half_even", 650),
        (6505, 10, "half_up", 651),
        (6509, 10, "down", 650),
        (650 * 4330, 12990, "half_even", 217),  # worked example B
        (-5, 2, "half_even", -2),
        (-5, 2, "half_up", -3),
        (-5, 2, "down", -2),
        (5, -2, "half_up", -3),
        (0, 7, "half_up", 0),
    ],
)
def test_rounding_is_exact_at_halves(
    numerator: int, denominator: int, rounding: Rounding, expected: int
) -> None:
    assert round_ratio(numerator, denominator, rounding) == expected


@given(
    value=st.integers(-(10**15), 10**15),
    places=st.integers(0, 6),
    mode=st.sampled_from(
        [("half_even", ROUND_HALF_EVEN), ("half_up", ROUND_HALF_UP), ("down", ROUND_DOWN)],
    ),
)
def test_rounding_agrees_with_decimal_arithmetic(value: int, places: int, mode: tuple[Rounding, str]) -> None:
    rounding, decimal_mode = mode
    with localcontext(prec=50):
        expected = int(Decimal(value).scaleb(-places).to_integral_value(decimal_mode))

    assert round_exact(Fraction(value, 10**places), rounding) == expected


def test_conversion_keeps_to_the_digits_of_both_currencies() -> None:
    assert convert(10000, 2, Fraction("0.92"), 2, "half_even") == 9200
    assert convert(1000, 0, Fraction("0.0061"), 2, "half_even") == 610
    assert convert(1234, 3, Fraction("3.0"), 2, "half_even") == 370  # KWD 1.234 is EUR 3.702


def test_the_largest_remainder_gets_the_rest() -> None:
    """Worked example C: weights 80 to 20 of 100.01."""
    assert split(10001, {"lea": 80, "max": 20}) == {"lea": 8001, "max": 2000}


def test_ties_of_remainders_go_to_the_smaller_id() -> None:
    assert split(1, {"b": 1, "a": 1}) == {"b": 0, "a": 1}
    assert split(2, {"c": 1, "b": 1, "a": 1}) == {"a": 1, "b": 1, "c": 0}
    assert split(-1, {"b": 1, "a": 1}) == {"b": 0, "a": -1}


@given(
    amount=st.integers(-(10**12), 10**12),
    weights=st.dictionaries(
        st.text("abc", min_size=1, max_size=3),
        st.one_of(st.integers(0, 100), st.fractions(0, 1, max_denominator=7)),
        min_size=1,
        max_size=8,
    ).filter(lambda weights: any(weights.values())),
)
def test_parts_add_up_and_are_less_than_one_from_their_share(
    amount: int, weights: dict[str, Fraction | int]
) -> None:
    parts = split(amount, weights)

    assert sum(parts.values()) == amount
    assert list(parts) == list(weights)
    for id_, part in parts.items():
        assert abs(part - Fraction(amount) * weights[id_] / sum(weights.values())) < 1
    assert split(-amount, weights) == {id_: -part for id_, part in parts.items()}


@pytest.mark.parametrize("weights", [{}, {"a": 0}, {"a": -1, "b": 2}])
def test_weights_that_cannot_be_split_by_are_an_error(weights: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split(5, weights)


def test_currencies_have_their_digits_and_what_is_no_money_is_not_listed() -> None:
    assert {code: SCALES[code] for code in ("EUR", "USD", "JPY", "KWD", "CLF", "HRK", "BGN", "TWD")} == {
        "EUR": 2,
        "USD": 2,
        "JPY": 0,
        "KWD": 3,
        "CLF": 4,
        "HRK": 2,
        "BGN": 2,
        "TWD": 2,
    }
    assert not {"XAU", "XXX", "XTS", "eur", "", "BTC"} & SCALES.keys()
    assert all(len(code) == 3 and code.isalpha() and code.isupper() for code in SCALES)
    assert len(SCALES) == 174
