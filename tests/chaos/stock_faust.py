"""The control: a plain Faust app with the accruals of ``program.toml``, written as Faust's guide shows it.

A table keyed by customer holds balance and known order ids, each reward is sent with ``topic.send``, and
acknowledgement, changelog and commits are Faust's own. Refunds and holds are left out, in its favour.
Run as ``python -m tests.chaos.stock_faust worker``; ``STOCK_BROKERS``, ``STOCK_STATE``, ``STOCK_PARTITIONS``,
``STOCK_PORT`` and ``STOCK_ID`` (app id) say where and as what.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.chaos.stock_app import stock_app

APP_ID = os.environ.get("STOCK_ID", "stock")
TOPIC = f"{APP_ID}-rewards"
ZONES = {"FR": ZoneInfo("Europe/Paris"), "US": ZoneInfo("America/New_York")}
RATES = {"EUR": Decimal(1), "USD": Decimal("0.92")}
CENT = Decimal("0.01")
ONE = Decimal(1)
KNOWN_ORDERS = 500  # per customer; a table's value is sent whole on each change

app = stock_app(APP_ID, "build/stock-faust")
orders = app.topic("orders", key_serializer="raw", value_serializer="raw")
rewards = app.topic(TOPIC, key_serializer="raw", value_serializer="json")
customers = app.Table("customers", key_type=str)


@app.agent(orders)
async def reward(stream: Any) -> None:
    """Points per order, once per order id as far as the table knows."""
    async for value in stream:
        order = order_of(value)
        if order is None:
            continue
        customer = order["customer_id"]
        state = customers.get(customer) or {"balance": 0, "orders": []}
        if order["order_id"] in state["orders"]:
            continue
        for entry in entries_of(order):
            state["balance"] += entry["amount"] if entry["unit"] == "points" else 0
            await rewards.send(key=customer.encode(), value=entry)
        state["orders"] = [*state["orders"][-KNOWN_ORDERS:], order["order_id"]]
        customers[customer] = state


def order_of(value: bytes) -> dict[str, Any] | None:
    """The data of a sound ``order.placed`` event with its time, or ``None``."""
    try:
        event = json.loads(value)
        sound = event["type"] == "order.placed" and event["specversion"] == "1.0"
        data = event["data"] | {"time": event["time"]}
        subtotal = Decimal(data["subtotal"])
    except (ValueError, KeyError, TypeError, ArithmeticError):
        return None
    known = data["market"] in ZONES and data["currency"] in RATES and data.get("program", "chaos") == "chaos"
    return data if sound and known and subtotal >= 0 and subtotal == subtotal.quantize(CENT) else None


def entries_of(order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The accruals and the key-day bonus of one order."""
    net = Decimal(order["subtotal"]) - Decimal(order.get("discount", "0"))
    euros = (net * RATES[order["currency"]]).quantize(CENT, ROUND_HALF_EVEN)
    points = int(euros.quantize(ONE, ROUND_HALF_EVEN))
    if points:
        yield entry_of(order, "base", "points", points)
    cashback = int((euros * 2).quantize(ONE, ROUND_HALF_EVEN))
    if euros >= 50 and cashback:  # the program's min_order
        yield entry_of(order, "cashback", "EUR/2", cashback)
    if points and is_black_friday(order):
        yield entry_of(order, "black-friday-double", "points", points)


def entry_of(order: dict[str, Any], rule: str, unit: str, amount: int) -> dict[str, Any]:
    """A reward under the id that Keyday gives it."""
    account = f"customer:{order['customer_id']}"
    entry_id = f"{order['order_id']}~{rule}~{account}"
    return {"entry_id": entry_id, "account": account, "unit": unit, "amount": amount, "rule": rule}


def is_black_friday(order: dict[str, Any]) -> bool:
    """The day after the fourth Thursday of November, on the market's own calendar."""
    local = datetime.fromisoformat(order["time"]).astimezone(ZONES[order["market"]]).date()
    first = datetime(local.year, 11, 1, tzinfo=UTC).date()
    thursday = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
    return local == thursday + timedelta(days=1)


if __name__ == "__main__":
    app.main()
