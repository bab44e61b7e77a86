from __future__ import annotations

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from streams.imports.mapping import MappingError, RowError, mapper, parse_zone
from streams.imports.orders import OrderMapping
from streams.imports.table import Row

COLUMNS = {"order_id": "1", "customer_id": "2", "time": "3", "subtotal": "4"}
FIXED = {"market": "FR", "currency": "EUR"}


def event(cells: list[str], *, line: int = 1, **changes: Any) -> dict[str, Any]:
    mapping = OrderMapping(**({"columns": COLUMNS, "values": FIXED} | changes))
    mapped = mapper(mapping, None, "shop.csv")(Row(line, cells))
    decoded: dict[str, Any] = json.loads(mapped.value)
    return decoded


def occurred(text: str, **changes: Any) -> str:
    time: str = event(["1", "lea", text, "1.00"], **changes)["time"]
    return time


def refusal(cells: list[str], **changes: Any) -> tuple[str, str]:
    with pytest.raises(RowError) as caught:
        event(cells, **changes)
    return caught.value.code, caught.value.detail


def test_a_row_becomes_an_event() -> None:
    assert event(["1001", "lea", "2025-11-28T00:30:00+01:00", "20.00"]) == {
        "specversion": "1.0",
        "id": "1001",
        "source": "import/orders",
        "type": "order.placed",
        "time": "2025-11-27T23:30:00.000Z",
        "data": {
            "order_id": "1001",
            "customer_id": "lea",
            "subtotal": "20.00",
            "market": "FR",
            "currency": "EUR",
        },
    }


def test_no_event_holds_an_e_mail_address() -> None:
    first = event(["1", "Lea@Example.com", "2025-11-28T00:30:00Z", "20.00"])["data"]["customer_id"]
    again = event(["2", "lea@example.com ", "2025-11-29T00:30:00Z", "20.00"])["data"]["customer_id"]
    other = event(["3", "max@example.com", "2025-11-29T00:30:00Z", "20.00"])["data"]["customer_id"]

    assert first == again != other
    assert first.startswith("mail-")
    assert "example" not in first


def test_columns_are_named_or_counted_from_one() -> None:
    mapping = OrderMapping(columns=COLUMNS | {"customer_id": "Who", "subtotal": "4"}, values=FIXED)

    mapped = mapper(mapping, ["Order", " Who ", "When", "Total"], "shop.csv")(
        Row(2, ["1001", "lea", "2025-11-28", "20.00"])
    )

    assert (mapped.key, json.loads(mapped.value)["data"]["subtotal"]) == (b"lea", "20.00")


def test_templates_know_the_line_and_the_file() -> None:
    changes = {
        "columns": {name: at for name, at in COLUMNS.items() if name != "order_id"},
        "values": FIXED | {"order_id": "{file}-{line}"},
    }

    assert event(["", "lea", "2025-11-28", "1.00"], line=17, **changes)["id"] == "shop.csv-17"


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2025-06-01 12:00:00", "Europe/Paris", "2025-06-01T10:00:00.000Z"),
        ("2025-12-01 12:00:00", "Europe/Paris", "2025-12-01T11:00:00.000Z"),
        ("2025-12-01 12:00:00", "-05:00", "2025-12-01T17:00:00.000Z"),
        ("2025-12-01 12:00:00.123456", "UTC", "2025-12-01T12:00:00.123Z"),
        # An offset in the file wins over the zone.
        ("2025-12-01T12:00:00+02:00", "Europe/Paris", "2025-12-01T10:00:00.000Z"),
        # In a gap the offset before it; of a time that occurs twice its first occurrence.
        ("2025-03-30 02:30:00", "Europe/Paris", "2025-03-30T01:30:00.000Z"),
        ("2025-10-26 02:30:00", "Europe/Paris", "2025-10-26T00:30:00.000Z"),
        ("1969-12-31 23:59:59.999", "UTC", "1969-12-31T23:59:59.999Z"),
    ],
)
def test_local_times_are_read_in_their_zone(text: str, zone: str, expected: str) -> None:
    assert occurred(text, zone=parse_zone(zone)) == expected


def test_a_format_and_a_time_of_day_for_dates() -> None:
    when = occurred("28/11/2025", time_format="%d/%m/%Y", at=dt.time(12), zone=ZoneInfo("America/New_York"))

    assert when == "2025-11-28T17:00:00.000Z"


def test_a_date_and_a_time_in_two_columns() -> None:
    columns = COLUMNS | {"date": "3", "time": "5"}

    when = event(["1", "lea", "2025-11-28", "1.00", "14:05"], columns=columns)["time"]

    assert when == "2025-11-28T14:05:00.000Z"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1.234,56", "1234.56"),
        ("12,5", "12.5"),
        ("1234", "1234"),
        ("-3,00", "-3.00"),
        ("1\u00a0234,00", "1234.00"),
    ],
)
def test_decimal_commas(written: str, read: str) -> None:
    assert event(["1", "lea", "2025-11-28", written], decimal_comma=True)["data"]["subtotal"] == read


@pytest.mark.parametrize("written", ["12.50", "1.23,4", "1,234.56", "EUR 5"])
def test_what_is_no_decimal_comma_is_refused_and_not_guessed_at(written: str) -> None:
    assert refusal(["1", "lea", "2025-11-28", written], decimal_comma=True)[0] == "field_invalid"


def test_optional_fields() -> None:
    columns = COLUMNS | {"coupons": "5", "new_customer": "6", "discount": "7"}

    data = event(["1", "lea", "2025-11-28", "9.00", "LEA10, MAX;X", "Yes", ""], columns=columns)["data"]

    assert (data["coupons"], data["new_customer"], "discount" in data) == (["LEA10", "MAX", "X"], True, False)


@pytest.mark.parametrize(
    ("cells", "code", "detail"),
    [
        (["", "lea", "2025-11-28", "1"], "field_missing", "order_id is empty"),
        (["1", "lea", "2025-11-28"], "field_missing", "subtotal: the row has 3 columns and no column 4"),
        (["1", "lea", "28.11.2025", "1"], "field_invalid", "time: '28.11.2025' does not fit ISO 8601"),
        (
            ["1", "l\udce9a", "2025-11-28", "1"],
            "field_invalid",
            "the row does not fit the encoding of the file",
        ),
    ],
)
def test_rows_that_cannot_be_mapped(cells: list[str], code: str, detail: str) -> None:
    assert refusal(cells) == (code, detail)


@pytest.mark.parametrize(
    ("columns", "values", "message"),
    [
        ({"price": "1"}, {}, "'price' is no field of an order"),
        (COLUMNS, FIXED | {"subtotal": "1"}, "subtotal has both a column and a fixed value; give one"),
        (COLUMNS, {"market": "FR"}, "nothing fills currency: name a column or a fixed value for each"),
        (COLUMNS, FIXED | {"channel": "{row}"}, "channel: {row} is no placeholder"),
        (COLUMNS, FIXED | {"channel": "{line.__class__}"}, "is no placeholder"),
        (COLUMNS, FIXED | {"channel": "{"}, "has a brace that is not closed"),
    ],
)
def test_mappings_that_no_file_fits(columns: dict[str, str], values: dict[str, str], message: str) -> None:
    with pytest.raises(MappingError) as caught:
        OrderMapping(columns=columns, values=values)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("column", "header", "message"),
    [
        ("Total", ["Order", "Sum"], "the header has no column 'Total'; it has Order, Sum"),
        ("Total", ["Total", "Total"], "the header has 'Total' more than once; give its position from 1"),
        ("Total", None, "'Total' is no position from 1, and the file is read without a header"),
        ("0", None, "'0' is no position from 1"),
    ],
)
def test_columns_that_are_not_there(column: str, header: list[str] | None, message: str) -> None:
    mapping = OrderMapping(
        columns={"subtotal": column},
        values=FIXED
        | {
            "order_id": "{line}",
            "customer_id": "lea",
            "time": "2025-11-28",
        },
    )

    with pytest.raises(MappingError) as caught:
        mapper(mapping, header, "shop.csv")

    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["Europe/Nowhere", "-25:00", "5", "../etc/passwd", ""])
def test_zones_that_do_not_exist(text: str) -> None:
    with pytest.raises(MappingError):
        parse_zone(text)
