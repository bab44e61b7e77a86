"""Exports that are known, and how an unknown one may be read by the names in its header."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from streams.imports.orders import OrderMapping
from streams.imports.table import WHITESPACE, Table

#: The public CDNOW research data set (Fader and Hardie): it has dates only, so noon in New York.
CDNOW: Final = OrderMapping(
    columns={"customer_id": "1", "time": "2", "subtotal": "4"},
    values={"order_id": "cdnow-{line}", "market": "US", "currency": "USD"},
    time_format="%Y%m%d",
    zone=dt.timezone(dt.timedelta(hours=-5)),
    at=dt.time(12),
    source="import/cdnow",
)

#: Names that shops and exports give to a field, as ``_plain`` has them; the first that is there is taken.
SYNONYMS: Final = {
    "order_id": ("orderid", "ordernumber", "orderno", "order", "name", "invoice", "invoiceno", "id"),
    "customer_id": ("customerid", "customer", "customeremail", "email", "userid", "buyerid", "clientid"),
    "time": (
        "createdat",
        "orderdate",
        "ordertime",
        "orderedat",
        "paidat",
        "processedat",
        "invoicedate",
        "datetime",
        "timestamp",
        "date",
        "time",
    ),
    "subtotal": ("subtotal", "amount", "net", "revenue", "total", "ordertotal", "value", "price"),
    "discount": ("discount", "discountamount"),
    "tax": ("tax", "taxes", "vat"),
    "shipping": ("shipping", "shippingcost"),
    "currency": ("currency", "currencycode"),
    "market": ("market", "country", "countrycode", "shippingcountry", "billingcountry"),
    "coupons": ("coupons", "coupon", "couponcode", "discountcode"),
    "channel": ("channel",),
}

_SNIFFED_LINES: Final = 5
#: The unit separator of ASCII, which no text holds: each line is one cell.
_NO_SEPARATOR: Final = "\x1f"
_CDNOW_LINE: Final = re.compile(r"\s*\d+\s+\d{8}\s+\d+\s+\d+\.\d\d\s*")


@dataclass(frozen=True, kw_only=True)
class Guess:
    """How a file may be read; ``profile`` names a known export."""

    separator: str
    profile: str | None = None
    columns: dict[str, str]


def guess(path: Path, encoding: str, synonyms: Mapping[str, Sequence[str]] = SYNONYMS) -> Guess:
    """Tell from the first lines of a file what it is; ``columns`` holds what the header's names reveal."""
    lines = [
        " ".join(row.cells) for row in islice(Table(path, _NO_SEPARATOR, encoding).rows(), _SNIFFED_LINES)
    ]
    if synonyms is SYNONYMS and lines and all(_CDNOW_LINE.fullmatch(line) for line in lines):
        return Guess(separator=WHITESPACE, profile="cdnow", columns={})
    separator = max(",;\t|", key=lines[0].count) if lines else ","
    header = next((row.cells for row in Table(path, separator, encoding).rows()), [])
    return Guess(separator=separator, columns=_by_name(header, synonyms))


def _by_name(header: Sequence[str], synonyms: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The columns whose names are synonyms of a field; a name that stands there twice is nobody's."""
    names = [cell.strip() for cell in header]
    plain = {_plain(name): name for name in names if names.count(name) == 1}
    return {
        field: plain[found]
        for field, known in synonyms.items()
        if (found := next((each for each in known if each in plain), None)) is not None
    }


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())
