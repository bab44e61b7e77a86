"""All rules through all three agents: a mix of clicks, orders and others beside the pass-through."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.contenders import WARM_UP, Bench, keyday_worker, passthrough
from benchmarks.mix import mix, program
from benchmarks.preload import preload
from benchmarks.probe import Rate, rate, whole_rate
from benchmarks.report import report
from streams.generator.event import TOPICS
from tests.kafka.broker import Broker


@dataclass(frozen=True)
class Size:
    """How much there is of everything."""

    events: int = 300_000
    customers: int = 100_000
    partners: int = 1_000
    partitions: int = 12


class FullRules:
    """The mix on one broker."""

    def __init__(self, broker: Broker, folder: Path, size: Size) -> None:
        path = folder / "program.toml"
        path.write_text(program(size.partners))
        self.bench = Bench(broker, folder, size.partitions, TOPICS, path)
        self._size = size
        self.events = size.events
        self.orders = 0

    async def load(self) -> None:
        """Append the mix to its topics."""
        bench, size = self.bench, self._size
        report(f"full rules: appending {size.events} events of {size.customers} customers")
        bench.broker.create_topics(dict.fromkeys(TOPICS, bench.partitions))
        events = list(mix(size.events, size.customers, size.partners))
        shares = Counter(event.topic for event in events)
        self.orders = sum(b'"type":"order.placed"' in event.value for event in events)
        report(", ".join(f"{topic} {count / size.events:.1%}" for topic, count in shares.most_common()))
        records = ((event.topic, event.time, event.key, event.value) for event in events)
        await preload(bench.broker.bootstrap, bench.partitions, records)

    async def rounds(self, rounds: int) -> dict[str, float]:
        """Pass-through and Keyday in turn, ``rounds`` times; the figures of docs/performance.md."""
        await self._passthrough(WARM_UP)
        await self.keyday(WARM_UP)
        pairs = []
        for attempt in range(rounds):
            through, ours = await self._passthrough(attempt), await self.keyday(attempt)
            report(
                f"full rules, round {attempt + 1}: pass-through {through.eps:.0f}/s, "
                f"Keyday {ours.eps:.0f}/s, {ours.eps_per_core:.0f} per core second, "
                f"ratio {ours.eps / through.eps:.3f}, per core second {_per_core(through, ours):.3f}"
            )
            pairs.append((through, ours))
        found = [ours for _, ours in pairs]
        return {
            "passthrough_full_rules_eps": round(median(through.eps for through, _ in pairs)),
            "passthrough_full_rules_eps_per_core": round(median(one.eps_per_core for one, _ in pairs)),
            "keyday_full_rules_eps": round(median(one.eps for one in found)),
            "keyday_full_rules_eps_min": round(min(one.eps for one in found)),
            "keyday_full_rules_eps_max": round(max(one.eps for one in found)),
            "keyday_full_rules_eps_per_core": round(median(one.eps_per_core for one in found)),
            "keyday_full_rules_rss_mb": round(median(one.rss_mb for one in found), 1),
            "keyday_full_rules_to_passthrough": round(median(b.eps / a.eps for a, b in pairs), 3),
            "keyday_full_rules_to_passthrough_per_core": round(median(_per_core(a, b) for a, b in pairs), 3),
        }

    async def keyday(self, attempt: int) -> Rate:
        """One worker with all three agents, from nothing to the last commit."""
        started = await keyday_worker(self.bench, attempt)
        try:
            return await whole_rate(
                self.bench.broker.bootstrap, started, events=self._size.events, orders=self.orders
            )
        finally:
            await started.kill()

    async def _passthrough(self, attempt: int) -> Rate:
        started = await passthrough(self.bench, attempt)
        try:
            events = self._size.events
            return await rate(
                self.bench.broker.bootstrap, started, orders=events, rewards=events, cap_s=600.0
            )
        finally:
            await started.kill()


def _per_core(through: Rate, ours: Rate) -> float:
    return ours.eps_per_core / through.eps_per_core
