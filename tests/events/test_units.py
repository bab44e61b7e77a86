"""Units of the ledger."""

import pytest

from events.units import POINTS, UNITS, money_unit, unit_scale


def test_money_is_named_by_currency_and_scale() -> None:
    assert [money_unit(code) for code in ("EUR", "JPY", "KWD")] == ["EUR/2", "JPY/0", "KWD/3"]
    assert {POINTS, "EUR/2"} <= UNITS
    assert not {"EUR", "EUR/3", "eur/2", "XXX/2", ""} & UNITS


def test_a_unit_tells_its_digits() -> None:
    assert [unit_scale(unit) for unit in ("EUR/2", "JPY/0", "points")] == [2, 0, 0]
    with pytest.raises(KeyError):
        unit_scale("EUR/3")
    with pytest.raises(KeyError):
        money_unit("XXX")
