"""``python -m benchmarks``: pass-through, Keyday and stock Faust, interleaved, on one broker per size.

Then the mix with all rules, on a broker of its own. Writes ``build/bench.json`` and prints the tables of
docs/performance.md.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import click

from benchmarks import orders
from benchmarks.contenders import CONTENDERS, PROCESSES, WARM_UP, Bench, Started, again, keyday_worker
from benchmarks.delay import delays
from benchmarks.full_rules import FullRules, Size
from benchmarks.probe import BenchError, Rate, rate
from benchmarks.report import report
from tests.chaos.stock_faust import entries_of, order_of
from tests.kafka.broker import Broker

FOLDER = Path("build/bench").resolve()
RESULT = Path("build/bench.json")
JVM = ("-Xmx1g", "-Xms1g", "-XX:+UseParallelGC")
#: Kafka's default, which tests shorten: members that start together join together.
PROPERTIES = {"group.initial.rebalance.delay.ms": 3_000}
#: Those that go once before the first round, uncounted.
WARMING = ("passthrough", "keyday")
RESTORED = re.compile(r"restored (\d+) records of \S+ in ([\d.]+) s")
RESTORE_TIMEOUT_S = 300.0
POLL_S = 0.2


@click.command()
@click.option("--customers", multiple=True, type=int, default=(10_000, 100_000, 1_000_000), show_default=True)
@click.option("--orders", "count", default=300_000, show_default=True, help="At least one per customer.")
@click.option("--rounds", default=3, show_default=True, help="Times that each contender runs.")
@click.option("--partitions", default=4, show_default=True)
@click.option("--stock-seconds", default=20.0, show_default=True, help="How long stock Faust is watched.")
@click.option("--delay-seconds", default=15.0, show_default=True)
@click.option("--mix-events", default=Size.events, show_default=True, help="Of the mix with all rules.")
@click.option("--only-mix", is_flag=True, help="Only the mix with all rules, on its own broker.")
@click.option("--quick", is_flag=True, help="One small size, one round: does it run?")
def main(
    *,
    customers: tuple[int, ...],
    count: int,
    rounds: int,
    partitions: int,
    stock_seconds: float,
    delay_seconds: float,
    mix_events: int,
    only_mix: bool,
    quick: bool,
) -> None:
    """Measure, write build/bench.json, print a table."""
    if quick:
        customers, count, rounds, stock_seconds, delay_seconds = (2_000,), 40_000, 1, 5.0, 4.0
        mix_events = 40_000
    figures: dict[str, float] = {"keyday_processes": PROCESSES}
    try:
        for size in () if only_mix else customers:
            with fresh_broker() as broker:
                bench = Bench(broker, FOLDER, partitions)
                run = Run(bench, size, max(count, size), stock_seconds)
                figures |= asyncio.run(run.all(rounds, delay_seconds if size == customers[0] else None))
        with fresh_broker() as broker:
            mixed = asyncio.run(full_rules(FullRules(broker, FOLDER, Size(events=mix_events)), rounds))
    except BenchError as error:
        sys.exit(f"bench: {error}")
    if only_mix:
        print(mix_table(mixed))
        return
    figures |= headline(figures, customers[0]) | mixed
    RESULT.write_text(json.dumps(figures, indent=2) + "\n")
    print(table(figures, customers))
    print()
    print(mix_table(mixed))


async def full_rules(run: FullRules, rounds: int) -> dict[str, float]:
    """Load the mix and run it."""
    await run.load()
    return await run.rounds(rounds)


def fresh_broker() -> Broker:
    """A broker without data, with a heap as a small production broker has."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    return Broker(FOLDER / "broker", jvm=JVM, properties=PROPERTIES)


def power(size: int) -> str:
    """``1e4`` for 10,000; other numbers as they are."""
    digits = str(size)
    return f"1e{len(digits) - 1}" if digits[0] == "1" and not digits[1:].strip("0") else digits


class Run:
    """All measurements with one number of customers."""

    def __init__(self, bench: Bench, customers: int, count: int, stock_seconds: float) -> None:
        self.bench = bench
        self.customers = customers
        self.count = count
        self.caps = {"stock_faust": stock_seconds, "stock_faust_thin": stock_seconds}
        self.suffix = f"_{power(customers)}_customers"

    async def all(self, rounds: int, delay_seconds: float | None) -> dict[str, float]:
        """Load, run the contenders in turn, then restore, then (where wanted) the delay."""
        bench = self.bench
        bench.broker.create_topics({orders.TOPIC: bench.partitions})
        report(f"{self.customers} customers: appending {self.count} orders")
        await orders.preload(bench.broker.bootstrap, bench.partitions, self.count, self.customers)
        rates = await self.rounds(rounds)
        figures = {}
        for name, found in rates.items():
            figures[f"{name}_eps{self.suffix}"] = round(median(r.eps for r in found))
            figures[f"{name}_eps_per_core{self.suffix}"] = round(median(r.eps_per_core for r in found))
            figures[f"{name}_rss_mb{self.suffix}"] = round(median(r.rss_mb for r in found), 1)
        figures[f"restore_rps{self.suffix}"] = round(await self.restore())
        if delay_seconds:
            figures |= await self.delay(figures[f"keyday_eps{self.suffix}"] / 2, delay_seconds)
        return figures

    async def rounds(self, rounds: int) -> dict[str, list[Rate]]:
        """Each contender once a round, so that a slow minute of the machine meets all of them."""
        found: dict[str, list[Rate]] = defaultdict(list)
        rewards = self.expected_rewards()
        for name in WARMING:
            one = await self._one(name, WARM_UP, rewards)
            report(f"warm-up {name}: {one.eps:.0f}/s")
        for attempt in range(rounds):
            for name in CONTENDERS:
                one = await self._one(name, attempt, rewards)
                report(f"round {attempt + 1} {name}: {one.eps:.0f}/s, {one.eps_per_core:.0f} per core second")
                found[name].append(one)
        return found

    async def _one(self, name: str, attempt: int, rewards: int) -> Rate:
        started = await CONTENDERS[name](self.bench, attempt)
        try:
            return await rate(
                self.bench.broker.bootstrap,
                started,
                orders=self.count,
                rewards=self.count if name == "passthrough" else rewards,
                cap_s=self.caps.get(name, 600.0),
            )
        finally:
            await started.kill()

    def expected_rewards(self) -> int:
        """How many rewards the orders lead to, by the rules as the stock app has them."""
        data = (order_of(value) for _, _, value in orders.orders(self.count, self.customers))
        return sum(1 for each in data if each is not None for _ in entries_of(each))

    async def restore(self) -> float:
        """Records a second from the changelog into an empty state directory, all partitions at once."""
        bench = self.bench
        shutil.rmtree(bench.folder / "keyday")
        log = bench.folder / "keyday.log"
        log.unlink()
        started = await again(bench, "bench-restore")
        try:
            deadline = time.monotonic() + RESTORE_TIMEOUT_S
            while len(found := RESTORED.findall(log.read_text())) < bench.partitions:
                if started.process.returncode is not None or time.monotonic() > deadline:
                    raise BenchError(f"nothing was restored: see {log}")
                await asyncio.sleep(POLL_S)
        finally:
            await started.kill()
        records, seconds = sum(int(n) for n, _ in found), max(float(s) for _, s in found)
        report(f"restored {records} records in {seconds} s")
        return records / max(seconds, 0.05)

    async def delay(self, eps: float, seconds: float) -> dict[str, float]:
        """p50 and p99 in milliseconds at half of the rate that was measured."""
        bench = self.bench
        started: Started = await keyday_worker(bench, 1_000)
        try:
            await rate(
                bench.broker.bootstrap, started, orders=self.count, rewards=self.expected_rewards(), cap_s=600
            )
            found = await delays(
                bench.broker.bootstrap,
                started,
                bench.partitions,
                customers=self.customers,
                eps=eps,
                seconds=seconds,
            )
        finally:
            await started.kill()
        p50, p99 = found[len(found) // 2], found[len(found) * 99 // 100]
        report(f"delay at {eps:.0f}/s: p50 {p50:.1f} ms, p99 {p99:.1f} ms, {len(found)} samples")
        return {"p50_ms": round(p50, 1), "p99_ms": round(p99, 1), "delay_load_eps": round(eps)}


def headline(figures: dict[str, float], customers: int) -> dict[str, float]:
    """The figures without a size are those of the first one."""
    suffix = f"_{power(customers)}_customers"
    plain = {name.removesuffix(suffix): value for name, value in figures.items() if name.endswith(suffix)}
    plain |= {
        "keyday_to_stock_faust": round(plain["keyday_eps"] / plain["stock_faust_eps"], 1),
        "keyday_to_passthrough": round(plain["keyday_eps"] / plain["passthrough_eps"], 2),
        "keyday_to_stock_faust_per_core": round(
            plain["keyday_eps_per_core"] / plain["stock_faust_eps_per_core"], 1
        ),
    }
    sizes = {
        name.replace("keyday_rss_mb", "rss_mb"): value
        for name, value in figures.items()
        if name.startswith("keyday_rss_mb_")
    }
    return plain | sizes


def table(figures: dict[str, float], sizes: tuple[int, ...]) -> str:
    """The table of docs/performance.md."""
    rows = (
        ("pass-through, orders/s", "passthrough_eps"),
        (f"Keyday, {PROCESSES} processes, orders/s", "keyday_eps"),
        ("Keyday, one process, orders/s", "keyday_one_process_eps"),
        ("stock Faust, orders/s", "stock_faust_eps"),
        ("stock Faust, accruals only, orders/s", "stock_faust_thin_eps"),
        ("pass-through, orders per CPU second", "passthrough_eps_per_core"),
        (f"Keyday, {PROCESSES} processes, orders per CPU second", "keyday_eps_per_core"),
        ("Keyday, one process, orders per CPU second", "keyday_one_process_eps_per_core"),
        ("stock Faust, orders per CPU second", "stock_faust_eps_per_core"),
        ("stock Faust, accruals only, orders per CPU second", "stock_faust_thin_eps_per_core"),
        (f"Keyday, {PROCESSES} processes, RSS in MiB", "keyday_rss_mb"),
        ("Keyday, one process, RSS in MiB", "keyday_one_process_rss_mb"),
        (f"Keyday, {PROCESSES} processes, restore, records/s", "restore_rps"),
    )
    heads = [f"{size:,} customers" for size in sizes]
    lines = [f"| | {' | '.join(heads)} |", f"| --- |{' ---: |' * len(sizes)}"]
    for title, name in rows:
        cells = [f"{figures[f'{name}_{power(size)}_customers']:,.0f}" for size in sizes]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    times = f"{figures['keyday_to_stock_faust']} times by the clock"
    times += f", {figures['keyday_to_stock_faust_per_core']} times per CPU second"
    delay = f"p50 {figures['p50_ms']} ms, p99 {figures['p99_ms']} ms"
    lines += [
        "",
        f"Keyday to stock Faust: {times}; to pass-through: {figures['keyday_to_passthrough']}.",
        f"Delay at {figures['delay_load_eps']:,.0f} orders/s: {delay}.",
    ]
    return "\n".join(lines)


def mix_table(figures: dict[str, float]) -> str:
    """The table of the mix in docs/performance.md."""
    rows = (
        ("pass-through, events/s", "passthrough_full_rules_eps"),
        ("Keyday, events/s", "keyday_full_rules_eps"),
        ("Keyday, slowest round", "keyday_full_rules_eps_min"),
        ("Keyday, fastest round", "keyday_full_rules_eps_max"),
        ("pass-through, events per CPU second", "passthrough_full_rules_eps_per_core"),
        ("Keyday, events per CPU second", "keyday_full_rules_eps_per_core"),
        ("Keyday, RSS in MiB", "keyday_full_rules_rss_mb"),
    )
    lines = ["| all rules, three agents | |", "| --- | ---: |"]
    lines += [f"| {title} | {figures[name]:,.0f} |" for title, name in rows]
    lines.append(f"| Keyday to pass-through | {figures['keyday_full_rules_to_passthrough']} |")
    per_core = figures["keyday_full_rules_to_passthrough_per_core"]
    lines.append(f"| Keyday to pass-through, per CPU second | {per_core} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
