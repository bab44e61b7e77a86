"""``keyday generate``: a small seeded sample of events to try things with."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from streams.commands.front import as_json, say


@click.command()
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same events.")
@click.option("--orders", type=click.IntRange(1), default=1_000, show_default=True, help="How many orders.")
@click.option(
    "--customers", type=click.IntRange(1), default=200, show_default=True, help="Of how many customers."
)
@click.option(
    "--year",
    type=click.IntRange(1971, 9998),
    default=2025,
    show_default=True,
    help="Around the Black Friday of this year.",
)
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write DIR/orders.ndjson.",
)
@click.option("--json", "json_", is_flag=True, help="Print the counts as JSON.")
def generate(seed: int, orders: int, customers: int, year: int, out: Path, *, json_: bool) -> None:
    """Write orders, refunds, cancels, repeats and a few broken records across a Black Friday."""
    from streams.commands.destinations import Files
    from streams.engine.record import OutRecord
    from streams.generate import sample, start_of

    events = sample(seed, orders, customers, start_of(year))
    counts: Counter[str] = Counter(
        Files(out).write(OutRecord(topic, 0, at, key, value) for topic, key, value, at in events)
    )
    if json_:
        as_json(dict(counts))
    else:
        for topic, count in counts.items():
            say(f"{count:,} events in {out / topic}.ndjson")
