"""Ledgers to fold: seeded, with every kind, well-formed as DOMAIN section 7 says."""

from __future__ import annotations

import random
from collections import Counter

from events.outputs import Cause, Kind, Posting, Reward, RewardEvent

START_MS = 1_790_000_000_000

GRANTS: tuple[Kind, ...] = ("accrued", "tier", "bonus", "referral")


def entry(
    account: str,
    seq: int,
    kind: Kind,
    amount: int,
    moves: list[tuple[str, str, int]],
    *,
    unit: str = "points",
    time: int = START_MS,
) -> RewardEvent:
    """An entry whose moves name buckets of the account by their bare names, other accounts in full."""
    buckets = {"pending", "available", "held"}
    named = [
        (f"{account}:{a}" if a in buckets else a, f"{account}:{b}" if b in buckets else b, n)
        for a, b, n in moves
    ]
    return RewardEvent(
        time,
        Reward(
            entry_id=f"e{seq}~base~{account}",
            seq=seq,
            program="acme",
            program_version=1,
            account=account,
            kind=kind,
            unit=unit,
            amount=amount,
            postings=tuple(Posting(*move) for move in named),
            caused_by=Cause("shop", f"c{seq}"),
            order_id=f"o{seq}",
            explain=("a step",),
        ),
    )


class Author:
    """Writes entries for some accounts, each with seq 1, 2, 3, …; it never moves what is not there."""

    def __init__(
        self, rng: random.Random, accounts: list[str], units: tuple[str, ...] = ("points", "EUR/2")
    ) -> None:
        self._rng = rng
        self._accounts = accounts
        self._units = units
        self._seq: Counter[str] = Counter()
        self._bucket: Counter[tuple[str, str, str]] = Counter()
        self._time = START_MS

    def write(self, count: int) -> list[RewardEvent]:
        return [self.one() for _ in range(count)]

    def one(self) -> RewardEvent:
        rng = self._rng
        account, unit = rng.choice(self._accounts), rng.choice(self._units)
        kind, amount, moves = self._move(account, unit)
        for source, target, moved in moves:
            self._bucket[account, unit, source] -= moved
            self._bucket[account, unit, target] += moved
        self._seq[account] += 1
        self._time += rng.randrange(-500, 1_000)
        return entry(account, self._seq[account], kind, amount, moves, unit=unit, time=self._time)

    def _move(self, account: str, unit: str) -> tuple[Kind, int, list[tuple[str, str, int]]]:
        rng = self._rng
        pending, available, held = (self._bucket[account, unit, b] for b in ("pending", "available", "held"))
        some = rng.choice([1, 2, 99, 100, rng.randrange(1, 10_000), 10**12])
        choices: list[tuple[Kind, int, list[tuple[str, str, int]]]] = [
            (rng.choice(GRANTS), some, [("program:acme", rng.choice(["pending", "available"]), some)]),
            ("adjusted", some, [("program:acme", "available", some)]),
            ("adjusted", -some, [("available", "program:acme", some)]),
            ("reversed", some, [("available", "budget:q4", some)]),
        ]
        if pending > 0:
            part = rng.randint(1, pending)
            choices.append(("released", pending, [("pending", "available", pending)]))
            choices.append(("held", part, [("pending", "held", part)]))
            split = [("pending", "program:acme", pending), ("available", "program:acme", 3)]
            choices.append(("reversed", pending + 3, split))
        if available > 0:
            part = rng.randint(1, available)
            choices.append(("redeemed", part, [("available", "redeemed:acme", part)]))
            choices.append(("expired", part, [("available", "expired:acme", part)]))
            choices.append(("held", part, [("available", "held", part)]))
        if held > 0:
            part = rng.randint(1, held)
            choices.append(("unheld", part, [("held", rng.choice(["pending", "available"]), part)]))
            choices.append(("reversed", held, [("held", "program:acme", held)]))
        return rng.choice(choices)


def recompute(events: list[RewardEvent]) -> dict[tuple[str, str], dict[str, int]]:
    """Balances by the words of DOMAIN sections 7 and 11, sharing no code with the projection."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    for event in events:
        data = event.data
        row = rows.setdefault((data.account, data.unit), Counter())
        for posting in data.postings:
            for account, sign in ((posting.from_, -1), (posting.to, 1)):
                owner, _, bucket = account.rpartition(":")
                if owner == data.account:
                    row[bucket] += sign * posting.amount
        if data.kind in {"accrued", "tier", "bonus", "referral", "adjusted"}:
            row["earned"] += data.amount
        elif data.kind in {"reversed", "redeemed", "expired"}:
            row[data.kind] += data.amount
    columns = ("pending", "available", "held", "earned", "redeemed", "expired", "reversed")
    return {key: {column: row[column] for column in columns} for key, row in sorted(rows.items())}
