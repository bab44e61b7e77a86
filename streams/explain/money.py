"""Money as its reader writes it (CLDR)."""

from __future__ import annotations

import re
from copy import copy
from decimal import Decimal
from typing import Final

from babel import Locale

from events.units import unit_scale

#: The recorded steps have these digits, so that a reader finds the same numbers in both.
DIGITS: Final = "latn"
_CODE_BEFORE_DIGITS: Final = re.compile(r"(?<=[A-Z])(?=\d)")


def money_text(amount: int, unit: str, locale: Locale, digits: int | None = None) -> str:
    """An amount in a unit of money such as ``EUR/2``, with all digits of the unit or with fewer."""
    scale = unit_scale(unit)
    kept = scale if digits is None else digits
    # ISO 4217 says how many digits a currency has; CLDR has fewer for some, and would round.
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (kept, kept)
    text = pattern.apply(
        Decimal(amount).scaleb(-scale),
        locale,
        currency=unit.partition("/")[0],
        currency_digits=False,
        numbering_system=DIGITS,
    )
    # Where the sign comes first, a code instead of a sign is to stand apart from the digits.
    return _CODE_BEFORE_DIGITS.sub("\u00a0", text)
