"""What the ledger of a crash run must agree with, as pure comparisons."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    amount: int
    content: str
    postings: tuple[tuple[str, str, int], ...]
    rule: str | None = None
    order_id: str | None = None
    reverses: str | None = None
    available_on: str | None = None
    where: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.where} seq {self.seq}: {self.content}"


@dataclass
class Verdict:
    """The outcome of a run; ``notes`` shows the first of what differs.

    ``limits`` counts what breaks a rule that holds in every order of arrival, ``wrong_rows`` rows of tables; ``compared`` says how many
    entries were compared in which way.
    """

    lost: int = 0
    doubled: int = 0
    changed: int = 0
    gaps: int = 0
    wrong_balances: int = 0
    limits: int = 0
    wrong_rows: int = 0
    dead_letters: str = "ok"
    problems: int = 0
    control: object = None
    notes: list[str] = field(default_factory=list)
    compared: str = ""

    @property
    def good(self) -> bool:
        return self.same and not self.problems

    @property
    def same(self) -> bool:
        """Whether nothing that was compared differs."""
        counts = (self.lost, self.doubled, self.changed, self.gaps, self.wrong_balances, self.limits)
        return not any((*counts, self.wrong_rows)) and self.dead_letters == "ok"

    def problem(self, text: str) -> None:
        """Something that no count says: a worker that would not run, an input that was not worked off."""
        self.problems += 1
        self.notes.append(text)

    def line(self, kills: int, seed: int) -> str:
        """The last line of a run."""
        extra = "".join(
            f" {name}={value}"
            for name in ("changed", "gaps", "limits", "wrong_rows", "problems")
            if (value := getattr(self, name))
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


def judge_ledger(
    verdict: Verdict,
    found: Sequence[Entry],
    expected: Mapping[str, Entry],
    racing: Callable[[Entry], bool] = lambda _: False,
) -> None:
    """Same set of entries, the same content, none twice, seq 1, 2, 3, … per account.

    Entries that the order of arrival decides (``racing``) need not be the same; none of them is there twice.
    """
    by_id: dict[str, list[Entry]] = defaultdict(list)
    for entry in found:
        by_id[entry.entry_id].append(entry)
    lost = [entry for key, entry in expected.items() if key not in by_id and not racing(entry)]
    invented = [one for key, (one, *_) in by_id.items() if key not in expected and not racing(one)]
    twice = [entries for entries in by_id.values() if len(entries) > 1]
    changed = [
        (entry, expected[key])
        for key, (entry, *_) in by_id.items()
        if key in expected and entry.content != expected[key].content and not racing(entry)
    ]
    gaps = list(gaps_of(found))
    raced = sum(racing(one) for one, *_ in by_id.values())
    verdict.compared = f"{len(by_id) - raced} entries one by one with the replay, {raced} by rules and sums"
    verdict.lost += len(lost)
    verdict.doubled += sum(len(entries) - 1 for entries in twice) + len(invented)
    verdict.changed += len(changed)
    verdict.gaps = len(gaps)
    verdict.note("lost: replay has them, the ledger has not", lost)
    verdict.note("doubled: more than once in the ledger", [" and ".join(map(str, each)) for each in twice])
    verdict.note("invented: the ledger has them, replay has not", invented)
    verdict.note("changed: ledger, then replay", [f"{one}\n         {other}" for one, other in changed])
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


def judge_accounts(verdict: Verdict, found: Iterable[Entry]) -> None:
    """What holds of any ledger at every prefix of an owner's entries, and of this one at its end.

    What is pending or held is never below 0 and comes to 0 when all holds have ended; an amount is the sum of
    its postings; all accounts of a unit add up to 0.
    """
    sums: dict[tuple[str, str], int] = defaultdict(int)
    totals: dict[str, int] = defaultdict(int)
    wrong = []
    for entry in found:
        if abs(entry.amount) != sum(amount for *_, amount in entry.postings):
            wrong.append(f"amount is not the sum of the postings: {entry}")
        for source, target, amount in entry.postings:
            sums[source, entry.unit] -= amount
            sums[target, entry.unit] += amount
            if amount <= 0 or (_waits(source) and sums[source, entry.unit] < 0):
                wrong.append(f"{source} has {sums[source, entry.unit]}: {entry}")
    for (account, unit), amount in sums.items():
        totals[unit] += amount
        if _waits(account) and amount:
            wrong.append(f"{account} still has {amount} {unit}")
    wrong += [f"all accounts add up to {total} {unit}" for unit, total in totals.items() if total]
    verdict.limits += len(wrong)
    verdict.note("accounts", wrong)


def _waits(account: str) -> bool:
    return account.endswith((":pending", ":held"))


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
