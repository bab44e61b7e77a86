"""What the ledger of a crash run must agree with, as pure comparisons."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

SHOWN = 5


@dataclass(frozen=True)
class Entry:
    """One ledger entry as far as two runs must agree on it, and where it was read."""

    entry_id: str
    seq: int
    account: str
    kind: str
    unit: str
    content: tuple[object, ...]
    postings: tuple[tuple[str, str, int], ...]
    where: str = field(default="", compare=False)


@dataclass
class Verdict:
    """The outcome of a run; ``notes`` shows the first of what differs."""

    lost: int = 0
    doubled: int = 0
    changed: int = 0
    gaps: int = 0
    wrong_balances: int = 0
    dead_letters: str = "ok"
    problems: int = 0
    control: object = None
    notes: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return self.same and not self.problems

    @property
    def same(self) -> bool:
        """Whether nothing that was compared differs."""
        counts = (self.lost, self.doubled, self.changed, self.gaps, self.wrong_balances)
        return not any(counts) and self.dead_letters == "ok"

    def problem(self, text: str) -> None:
        """Something that no count says: a worker that would not run, an input that was not worked off."""
        self.problems += 1
        self.notes.append(text)

    def line(self, kills: int, seed: int) -> str:
        """The last line of a run."""
        extra = "".join(
            f" {name}={value}"
            for name, value in (("changed", self.changed), ("gaps", self.gaps), ("problems", self.problems))
            if value
        )
        return (
            f"chaos: kills={kills} lost={self.lost} doubled={self.doubled} "
            f"wrong_balances={self.wrong_balances} dead_letters={self.dead_letters}{extra} seed={seed}"
        )

    def note(self, title: str, items: Sequence[object]) -> None:
        """Keep the first few of ``items`` under a title."""
        if items:
            shown = "".join(f"\n    {item}" for item in items[:SHOWN])
            self.notes.append(f"{title} ({len(items)}):{shown}")


def judge_ledger(verdict: Verdict, found: Sequence[Entry], expected: Mapping[str, Entry]) -> None:
    """Same set of entries and amounts, none twice, seq 1, 2, 3, … per account."""
    by_id: dict[str, list[Entry]] = defaultdict(list)
    for entry in found:
        by_id[entry.entry_id].append(entry)
    lost = [entry for entry_id, entry in expected.items() if entry_id not in by_id]
    invented = [entries[0] for entry_id, entries in by_id.items() if entry_id not in expected]
    twice = [entries for entries in by_id.values() if len(entries) > 1]
    changed = [
        (entry, expected[entry_id])
        for entry_id, (entry, *_) in by_id.items()
        if entry_id in expected and entry.content != expected[entry_id].content
    ]
    gaps = list(gaps_of(found))
    verdict.lost = len(lost)
    verdict.doubled = sum(len(entries) - 1 for entries in twice) + len(invented)
    verdict.changed = len(changed)
    verdict.gaps = len(gaps)
    verdict.note("lost: replay has them, the ledger has not", lost)
    verdict.note("doubled: more than once in the ledger", twice)
    verdict.note("invented: the ledger has them, replay has not", invented)
    verdict.note("changed: ledger, then replay", changed)
    verdict.note("seq with gaps, repeats or out of order", gaps)


def gaps_of(found: Iterable[Entry]) -> Iterable[str]:
    """Accounts whose numbers are not 1, 2, 3, … in the order of their partition."""
    last: dict[str, int] = defaultdict(int)
    for entry in found:
        if entry.seq != last[entry.account] + 1:
            yield f"{entry.account}: {entry.seq} after {last[entry.account]} ({entry.entry_id}, {entry.where})"
        last[entry.account] = entry.seq


def judge_dead_letters(
    verdict: Verdict,
    found: Sequence[tuple[str, bytes, str]],
    poison: Sequence[tuple[str, bytes]],
) -> None:
    """Each poison record is there once, under its code, and nothing else is; ``found`` adds the origin."""
    counts = Counter((code, value) for code, value, _ in found)
    wanted = Counter(poison)
    missing, extra = list((wanted - counts).elements()), list((counts - wanted).elements())
    origins = [origin for origin, count in Counter(origin for *_, origin in found).items() if count > 1]
    if missing or extra or origins:
        verdict.dead_letters = f"missing:{len(missing)},extra:{len(extra)},twice:{len(origins)}"
    verdict.note("poison that is not in dead-letters", missing)
    verdict.note("dead letters that no poison explains", extra)
    verdict.note("origins that are in dead-letters more than once", origins)


def judge_balances(
    verdict: Verdict,
    found: Mapping[tuple[str, str], tuple[int, int, int]],
    expected: Mapping[tuple[str, str], tuple[int, int, int]],
) -> None:
    """The balances over HTTP equal the sum of the ledger, per account and unit."""
    wrong = [
        f"{key}: {found.get(key)} over HTTP, {expected.get(key)} in the ledger"
        for key in sorted(found.keys() | expected.keys())
        if found.get(key) != expected.get(key)
    ]
    verdict.wrong_balances = len(wrong)
    verdict.note("balances (pending, available, held)", wrong)


def balances_of(ledger: Iterable[Entry]) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Pending, available and held per owner account and unit, summed over the postings."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    buckets = {"pending": 0, "available": 1, "held": 2}
    for entry in ledger:
        for source, target, amount in entry.postings:
            for name, sign in ((source, -1), (target, 1)):
                owner, _, bucket = name.rpartition(":")
                if bucket in buckets and owner == entry.account:
                    sums[entry.account, entry.unit][buckets[bucket]] += sign * amount
    return {key: (pending, available, held) for key, (pending, available, held) in sums.items()}
