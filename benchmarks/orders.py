"""The load: orders of a fixed number of customers, made without randomness, appended in whole batches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.preload import preload as append

TOPIC = "orders"
START = int(datetime(2021, 11, 20, tzinfo=UTC).timestamp()) * 1000
#: The orders spread over ten days, Black Friday among them: one order in ten gets a bonus.
SPAN_MS = 10 * 86_400_000


def customer_of(number: int, customers: int) -> str:
    """Each customer once in ``customers`` orders, in an order that no cache likes."""
    # A step without a common divisor visits all of them.
    return f"c{number * 7_919_993 % customers:07}"


def order(number: int, customers: int, time: int, order_id: str) -> tuple[bytes, bytes]:
    """Key and value of an order below the program's cashback, so that it leads to one reward."""
    customer = customer_of(number, customers)
    seconds, ms = divmod(time, 1000)
    when = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{ms:03}Z"
    amount = 200 + number * 37 % 4_700
    value = (
        f'{{"specversion":"1.0","id":"{order_id}","source":"shop","type":"order.placed","time":"{when}",'
        f'"data":{{"order_id":"{order_id}","customer_id":"{customer}","market":"FR","currency":"EUR",'
        f'"subtotal":"{amount // 100}.{amount % 100:02}","discount":"0.50","tax":"2.50","shipping":"0",'
        '"coupons":[],"channel":"web"}}'
    )
    return customer.encode(), value.encode()


def orders(count: int, customers: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Time, key and value of ``count`` orders in the order of time."""
    for number in range(count):
        time = START + number * SPAN_MS // count
        key, value = order(number, customers, time, f"o{number}")
        yield time, key, value


async def preload(bootstrap: str, partitions: int, count: int, customers: int) -> None:
    """Append the orders to the topic, which exists and is empty."""
    records = ((TOPIC, time, key, value) for time, key, value in orders(count, customers))
    await append(bootstrap, partitions, records)
